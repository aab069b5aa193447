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

/// `expected` has a number a name, or a list of which `at` is meant.
void expect_logs(const std::string& what, const Logs& logs, const Json& expected, int at = -1) {
  Numbers got, want;
  for (const auto& [ours, keras] :
       {std::pair{"loss", "loss"}, std::pair{"accuracy", "accuracy"},
        std::pair{"categorical_accuracy", "sparse_categorical_accuracy"}}) {
    got.push_back(logs[ours]);
    want.push_back(at < 0 ? expected.at(keras).get<double>()
                          : expected.at(keras).at(at).get<double>());
  }
  EXPECT_EQ(differences(what, got, want, kCompiled), "");
}

/// Two epochs of the case of that name, with these weights of rows or classes.
void train_like_keras(const std::string& name, const std::optional<ArrayView>& sample_weight = {},
                      const std::map<int64_t, double>& class_weight = {},
                      const DenseOptions& first = {}, const Optimizer& optimizer = SGD(0.1)) {
  const Json& expected = case_of(name);
  const Rows rows = rows_of_file();
  DenseOptions tanh = first;
  tanh.activation = "tanh";
  Sequential model({Input({5}), Dense(4, tanh), Dense(3, "softmax")});
  model.compile({.loss = "sparse_categorical_crossentropy",
                 .optimizer = optimizer,
                 .metrics = {"accuracy"},
                 .weighted_metrics = {"sparse_categorical_accuracy"},
                 .run = {.threads = 1}});
  const Numbers given = numbers_of(keras_file("training").at("weights"));
  auto next = given.begin();
  std::vector<Array> weights = model.get_weights();
  for (Array& w : weights)
    for (float& v : w.data<float>()) v = static_cast<float>(*next++);
  model.set_weights(weights);

  const EvaluateOptions six{.batch_size = 6, .sample_weight = sample_weight};
  expect_logs("before", model.evaluate(rows.x, rows.labels, six), expected.at("evaluate_before"));
  const History h = model.fit(rows.x, rows.labels,
                              {.batch_size = 6,
                               .epochs = 2,
                               .shuffle = false,
                               .sample_weight = sample_weight,
                               .class_weight = class_weight});
  for (int epoch = 0; epoch < 2; ++epoch)
    expect_logs("epoch " + std::to_string(epoch + 1), h.epochs.at(epoch).logs,
                expected.at("history"), epoch);
  expect_logs("after", model.evaluate(rows.x, rows.labels, six), expected.at("evaluate_after"));
  Numbers trained;
  for (const Array& w : model.get_weights())
    trained.insert(trained.end(), w.data<float>().begin(), w.data<float>().end());
  EXPECT_EQ(differences("weights", trained, numbers_of(expected.at("weights")), kCompiled), "");
}

TEST(KerasTraining, AShortLastBatch) {
  train_like_keras("short last batch", std::nullopt, {});
}

TEST(KerasTraining, WeightsOfRows) {
  const Numbers weights = numbers_of(keras_file("training").at("sample_weight"));
  const Array rows = rows_of(weights, static_cast<int64_t>(weights.size()));
  train_like_keras("sample_weight", rows.view(), {});
}

/// The cases of the file whose names begin with the name of an option of Dense.
TEST(KerasTraining, RegularizersAndConstraints) {
  const std::map<std::string, std::string DenseOptions::*> options = {
      {"kernel_regularizer", &DenseOptions::kernel_regularizer},
      {"bias_regularizer", &DenseOptions::bias_regularizer},
      {"activity_regularizer", &DenseOptions::activity_regularizer},
      {"kernel_constraint", &DenseOptions::kernel_constraint}};
  const Numbers of_rows = numbers_of(keras_file("training").at("sample_weight"));
  const Array weights = rows_of(of_rows, static_cast<int64_t>(of_rows.size()));
  int cases = 0;
  for (const Json& entry : keras_file("training").at("entries")) {
    const std::string name = entry.at("case");
    const auto option = options.find(name.substr(0, name.find(' ')));
    if (option == options.end()) continue;
    SCOPED_TRACE(name);
    const size_t comma = name.find(", sample_weight");
    DenseOptions first;
    first.*option->second = name.substr(name.find(' ') + 1, comma - name.find(' ') - 1);
    train_like_keras(name, comma == name.npos ? std::nullopt : std::optional(weights.view()), {},
                     first);
    ++cases;
  }
  EXPECT_EQ(cases, 16);
}

TEST(KerasTraining, ALayerThatIsNotTrained) {
  train_like_keras("trainable=false", {}, {}, {.trainable = false});
}

// The averages of weights are what a training ends with.
TEST(KerasTraining, AveragesOfWeights) {
  int cases = 0;
  for (const Json& entry : keras_file("training").at("entries")) {
    const std::string name = entry.at("case");
    if (name.find("use_ema=true") == name.npos) continue;
    SCOPED_TRACE(name);
    Optimizer optimizer(name);
    optimizer.learning_rate = 0.1;
    train_like_keras(name, {}, {}, {}, optimizer);
    ++cases;
  }
  EXPECT_EQ(cases, 2);
}

TEST(KerasTraining, WeightsOfClasses) {
  train_like_keras("class_weight", std::nullopt, {{0, 1.0}, {1, 2.5}, {2, 0.25}});
}

}  // namespace
}  // namespace lathe::test
