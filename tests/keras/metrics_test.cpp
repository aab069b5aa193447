// Metrics against Keras, over batches of 10, 10 and 5 rows.
#include <gtest/gtest.h>

#include "tests/keras/reference.h"

namespace lathe::test {
namespace {

class KerasMetric : public testing::TestWithParam<Entry> {};

/// One number or several, as Keras gave them.
Numbers figures_of(const Json& value) {
  return value.is_number() ? Numbers{value.get<double>()} : numbers_of(value);
}

Numbers figures_of(const Array& value) {
  return {value.data<float>().begin(), value.data<float>().end()};
}

std::string named(const std::string& metric, const std::string& name) {
  const std::string option = "name=" + name + ")";
  return metric.back() == ')' ? metric.substr(0, metric.size() - 1) + ", " + option
                              : metric + "(" + option;
}

/// The predictions for identity(rows) are the kernel.
Sequential model_of(const std::string& metric, const std::string& weighted, int64_t rows,
                    int64_t units, Backend backend) {
  Sequential model({Input({rows}), Dense(units, {.use_bias = false})});
  std::vector<std::string> of_rows;
  if (!weighted.empty()) of_rows.push_back(weighted);
  model.compile({.loss = "mse",
                 .metrics = {metric},
                 .weighted_metrics = of_rows,
                 .run = {.threads = 1, .backend = backend}});
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
  const Numbers value = figures_of(e["value"]), of_weights = figures_of(e["weighted"]);
  Sequential model = model_of(named(metric, "plain"), named(metric, "weighted"), rows,
                              static_cast<int64_t>(p.size()) / rows, backend);
  const Array predicted = rows_of(p, rows);
  model.set_weights({predicted});
  const Array weights = rows_of(numbers_of(file.at("sample_weight")), rows);
  for (int64_t batch : {10, 25, 7}) {
    SCOPED_TRACE("batches of " + std::to_string(batch));
    const Logs logs = model.evaluate(identity(rows), targets,
                                     {.batch_size = batch, .sample_weight = weights.view()});
    EXPECT_EQ(differences("value", logs.numbers("plain"), value, kCompiled), "");
    EXPECT_EQ(differences("weighted", logs.numbers("weighted"), of_weights, kCompiled), "");
  }
  if (backend != Backend::Interpreter) return;
  const Array alone = compute_metric(metric, targets, predicted);
  EXPECT_EQ(differences("computed", figures_of(alone), value, kCompiled), "");
  const Array weighed = compute_metric(metric, targets, predicted, weights.view());
  EXPECT_EQ(differences("computed, weighted", figures_of(weighed), of_weights, kCompiled), "");
}

TEST_P(KerasMetric, Agrees) {
  const Entry& e = GetParam();
  const std::string metric = e.spec();
  if (const std::string why = not_built("metrics", e); !why.empty()) SKIP_MISSING(e, why);
  try {
    model_of(metric, "", 1, 4, Backend::Interpreter).module();
  } catch (const Error& error) {
    SKIP_MISSING(e, "not built yet: " + metric + " (" + error.what() + ")");
  }
  EXPECT_FALSE(may_be_missing(e)) << "it is built: take it off not_built.txt";
  run(e, metric, Backend::Interpreter);
#ifdef LATHE_LLVM
  run(e, metric, Backend::Llvm);
#endif
}

INSTANTIATE_TEST_SUITE_P(Keras, KerasMetric, testing::ValuesIn(keras_entries("metrics")),
                         [](const auto& i) { return test_name(i.index, i.param); });

}  // namespace
}  // namespace lathe::test
