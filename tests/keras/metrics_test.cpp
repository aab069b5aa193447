// Metrics against Keras, over batches of 10, 10 and 5 rows.
#include <gtest/gtest.h>

#include "tests/keras/reference.h"

namespace lathe::test {
namespace {

class KerasMetric : public testing::TestWithParam<Entry> {};

/// What `accuracy` means for targets of several classes, in Keras too.
bool is_accuracy(const Entry& e) {
  return e.name() == "categorical_accuracy" || e.name() == "sparse_categorical_accuracy";
}

/// The predictions for identity(rows) are the kernel.
Sequential model_of(const std::string& metric, int64_t rows, int64_t units, Backend backend) {
  Sequential model({Input({rows}), Dense(units, {.use_bias = false})});
  model.compile({.loss = "mse", .metrics = {metric}, .run = {.threads = 1, .backend = backend}});
  return model;
}

void run(const Entry& e, const std::string& metric, Backend backend) {
  const Json& file = keras_file("metrics");
  const int64_t rows = file.at("rows");
  const std::string data = e["data"];
  const Numbers y = numbers_of(file.at("data").at(data).at("y"));
  const Numbers p = numbers_of(file.at("data").at(data).at("p"));
  Array targets = rows_of(y, rows);
  if (data == "classes") {
    targets = Array(DType::I32, {rows});
    for (int64_t i = 0; i < rows; ++i) targets.data<int32_t>()[i] = static_cast<int32_t>(y[i]);
  }
  Sequential model = model_of(metric, rows, static_cast<int64_t>(p.size()) / rows, backend);
  model.set_weights({rows_of(p, rows)});
  const Logs logs = model.evaluate(identity(rows), targets, {.batch_size = 10});
  // The loss comes first.
  ASSERT_EQ(logs.size(), 2u) << "not one number";
  EXPECT_EQ(differences("value", {logs.begin()[1].second}, {e["value"].get<double>()}, kCompiled),
            "");
}

TEST_P(KerasMetric, Agrees) {
  const Entry& e = GetParam();
  std::string metric = e.spec();
  if (const std::string why = not_built("metrics", e); !why.empty()) {
    if (!is_accuracy(e)) GTEST_SKIP() << why;
    metric = "accuracy";
  }
  if (!e["value"].is_number()) GTEST_SKIP() << "not built yet: several numbers, " << e;
  try {
    model_of(metric, 1, 1, Backend::Interpreter);
  } catch (const Error& error) {
    if (!e.has_options()) throw;
    GTEST_SKIP() << "not built yet: " << e << " (" << error.what() << ")";
  }
  run(e, metric, Backend::Interpreter);
#ifdef LATHE_LLVM
  run(e, metric, Backend::Llvm);
#endif
}

INSTANTIATE_TEST_SUITE_P(Keras, KerasMetric, testing::ValuesIn(keras_entries("metrics")),
                         [](const auto& i) { return test_name(i.index, i.param); });

}  // namespace
}  // namespace lathe::test
