// Small trainings against Keras: 20 rows in batches of 6, so that the last one has 2.
#include <gtest/gtest.h>

#include "tests/keras/reference.h"

namespace lathe::test {
namespace {

/// The case of that name in training.json.
const Json& case_of(const std::string& name) {
  for (const Json& c : keras_file("training").at("entries"))
    if (c.at("case") == name) return c;
  throw Error("training.json has no case '" + name + "'");
}

struct Rows {
  Array x, labels;
};

Rows rows_of_file() {
  const Json& file = keras_file("training");
  const Numbers labels = numbers_of(file.at("labels"));
  const auto n = static_cast<int64_t>(labels.size());
  Rows r{rows_of(numbers_of(file.at("x")), n), Array(DType::I32, {n})};
  for (int64_t i = 0; i < n; ++i) r.labels.data<int32_t>()[i] = static_cast<int32_t>(labels[i]);
  return r;
}

void expect_logs(const std::string& what, const Logs& logs, const Json& loss,
                 const Json& accuracy) {
  EXPECT_EQ(differences(what, {logs.loss(), logs["accuracy"]},
                        {loss.get<double>(), accuracy.get<double>()}, kCompiled),
            "");
}

TEST(KerasTraining, AShortLastBatch) {
  const Json& expected = case_of("short last batch");
  const Rows rows = rows_of_file();
  Sequential model({Input({5}), Dense(4, "tanh"), Dense(3, "softmax")});
  model.compile({.loss = "sparse_categorical_crossentropy",
                 .optimizer = SGD(0.1),
                 .metrics = {"accuracy"},
                 .run = {.threads = 1}});
  const Numbers given = numbers_of(keras_file("training").at("weights"));
  auto next = given.begin();
  std::vector<Array> weights = model.get_weights();
  for (Array& w : weights)
    for (float& v : w.data<float>()) v = static_cast<float>(*next++);
  model.set_weights(weights);

  const EvaluateOptions six{.batch_size = 6};
  const Json& before = expected.at("evaluate_before");
  expect_logs("before", model.evaluate(rows.x, rows.labels, six), before.at("loss"),
              before.at("accuracy"));
  const History h =
      model.fit(rows.x, rows.labels, {.batch_size = 6, .epochs = 2, .shuffle = false});
  for (size_t epoch = 0; epoch < 2; ++epoch)
    expect_logs("epoch " + std::to_string(epoch + 1), h.epochs.at(epoch).logs,
                expected.at("history").at("loss").at(epoch),
                expected.at("history").at("accuracy").at(epoch));
  const Json& after = expected.at("evaluate_after");
  expect_logs("after", model.evaluate(rows.x, rows.labels, six), after.at("loss"),
              after.at("accuracy"));
  Numbers trained;
  for (const Array& w : model.get_weights())
    trained.insert(trained.end(), w.data<float>().begin(), w.data<float>().end());
  EXPECT_EQ(differences("weights", trained, numbers_of(expected.at("weights")), kCompiled), "");
}

}  // namespace
}  // namespace lathe::test
