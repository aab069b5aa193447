// Trainings of a model with three outputs against Keras: 20 rows in batches of 6, of which each fourth
// has 2.
#include <gtest/gtest.h>

#include <algorithm>

#include "frontend/model/model_impl.h"
#include "tests/keras/exact_step.h"
#include "tests/keras/reference.h"

namespace lathe::test {
namespace {

constexpr int64_t kRows = 20, kBatch = 6, kSteps = 30;

/// How a case of reference/outputs.py is compiled here.
CompileOptions options_of(const std::string& name) {
  const Metrics metrics = {{"mae"}, {"accuracy", "mse"}, {"accuracy"}};
  const Metrics weighted = {{"mse"}, {"binary_accuracy"}, {"sparse_categorical_accuracy"}};
  const Losses losses = {"mse", "binary_crossentropy", "sparse_categorical_crossentropy"};
  CompileOptions o{.loss = losses, .optimizer = "adam(learning_rate=0.01)", .run = {.threads = 1}};
  if (name != "sample_weight by output") o.metrics = metrics;
  if (name.starts_with("sample_weight")) o.weighted_metrics = weighted;
  if (name == "lists") o.loss_weights = {1, 0.5, 2};
  if (name == "sample_weight by output") o.loss_weights = {{"price", 0.25}};
  if (name == "two losses")
    o.loss = {
        {"kind", "sparse_categorical_crossentropy"}, {"rises", std::nullopt}, {"price", "mse"}};
  if (name == "one loss") o.loss = {std::nullopt, "binary_crossentropy", std::nullopt};
  return o;
}

/// Names in logs as Keras has them.
std::string ours(std::string name) {
  const std::string sparse = "sparse_";
  const size_t at = name.find(sparse);
  return at == name.npos ? name : name.erase(at, sparse.size());
}

class KerasOutputs : public testing::TestWithParam<size_t> {
 protected:
  static const Json& file() { return keras_file("outputs"); }
  const Json& entry() const { return file().at("entries").at(GetParam()); }
  static Numbers numbers(const char* key) { return numbers_of(file().at(key)); }

  /// Begins with Keras's weights.
  Model model() const {
    const Tensor x = Input({5});
    const Tensor h = Dense(6, {.activation = "tanh", .kernel_regularizer = "l2(0.01)"})(x);
    Model model({x}, {Dense(1, {.name = "price"})(h),
                      Dense(1, {.activation = "sigmoid", .name = "rises"})(h),
                      Dense(3, {.activation = "softmax", .name = "kind"})(h)});
    model.compile(options_of(entry().at("case")));
    const Numbers given = numbers("weights");
    auto next = given.begin();
    std::vector<Array> weights = model.get_weights();
    for (Array& w : weights)
      for (float& v : w.data<float>()) v = static_cast<float>(*next++);
    model.set_weights(weights);
    return model;
  }
  /// Of each output; empty where rows have none.
  std::vector<Numbers> sample_weights() const {
    if (entry().at("weighs").is_null()) return {};
    const Numbers all = numbers("sample_weight");
    std::vector<Numbers> of_outputs;
    for (int64_t i = 0; i < 3; ++i) {
      const auto begin = all.begin() + (entry().at("weighs") == "all" ? 0 : i * kRows);
      of_outputs.emplace_back(begin, begin + kRows);
    }
    return of_outputs;
  }
};

struct Arrays {
  Array x = rows_of(numbers_of(keras_file("outputs").at("x")), kRows),
        price = rows_of(numbers_of(keras_file("outputs").at("price")), kRows),
        rises = rows_of(numbers_of(keras_file("outputs").at("rises")), kRows),
        kind = Array(DType::I32, {kRows});
  std::vector<Array> weights;
  explicit Arrays(const std::vector<Numbers>& sample_weights) {
    const Numbers kinds = numbers_of(keras_file("outputs").at("kind"));
    std::copy(kinds.begin(), kinds.end(), kind.data<int32_t>().begin());
    for (const Numbers& w : sample_weights) weights.push_back(rows_of(w, kRows));
  }
  Targets y(int64_t begin, int64_t end) const {
    return {rows(price, begin, end), rows(rises, begin, end), rows(kind, begin, end)};
  }
  SampleWeights sample_weight(int64_t begin, int64_t end) const {
    SampleWeights all;
    for (const Array& w : weights) all.entries().emplace_back(rows(w, begin, end));
    return all;
  }
};

struct Batch {
  int64_t begin, end;
};
Batch batch_of(int64_t step) {
  const int64_t begin = step * kBatch % (4 * kBatch);
  return {begin, std::min(begin + kBatch, kRows)};
}

TEST_P(KerasOutputs, TrainsAlike) {
  for (const Backend backend : {Backend::Interpreter, Backend::Auto}) {
    Model trained = model();
    trained.set_run_options({.threads = 1, .backend = backend});
    const Arrays data(sample_weights());
    for (int64_t step = 0; step < kSteps; ++step) {
      const auto [begin, end] = batch_of(step);
      const Logs logs = trained.train_on_batch(rows(data.x, begin, end), data.y(begin, end),
                                               {.sample_weight = data.sample_weight(begin, end)});
      EXPECT_EQ(logs.size(), entry().at("steps").size());
      for (const auto& [name, values] : entry().at("steps").items())
        EXPECT_EQ(differences(name + ", step " + std::to_string(step), {logs[ours(name)]},
                              {values.at(static_cast<size_t>(step)).get<double>()}, kCompiled),
                  "");
    }
    const Logs logs =
        trained.evaluate(data.x, data.y(0, kRows),
                         {.batch_size = kBatch, .sample_weight = data.sample_weight(0, kRows)});
    for (const auto& [name, value] : entry().at("evaluate").items())
      EXPECT_EQ(
          differences("evaluate " + name, {logs[ours(name)]}, {value.get<double>()}, kCompiled),
          "");
    Numbers weights;
    for (const Array& w : trained.get_weights())
      weights.insert(weights.end(), w.data<float>().begin(), w.data<float>().end());
    EXPECT_EQ(differences("weights", weights, numbers_of(entry().at("weights")), kCompiled), "");
  }
}

/// Columns of a row each, begin to end - 1.
Numbers part(const Numbers& all, Batch batch) {
  const auto width = static_cast<int64_t>(all.size()) / kRows;
  return {all.begin() + batch.begin * width, all.begin() + batch.end * width};
}

TEST_P(KerasOutputs, TrainsAlikeInDoubles) {
  Model built = model();
  built.impl().form = {{DType::F32}, {}, !sample_weights().empty()};
  for (const detail::ModelTargets::Target& t : built.impl().targets().all)
    built.impl().form.y.push_back(t.output == 2 ? DType::I32 : DType::F32);
  ExactStep exact(built);
  const std::vector<std::string> names = built.weight_names();
  const std::vector<Array> weights = built.get_weights();
  for (size_t i = 0; i < names.size(); ++i) {
    const auto values = weights[i].data<float>();
    exact.set(names[i], {values.begin(), values.end()});
  }
  for (int64_t step = 0; step < kSteps; ++step) {
    const Batch batch = batch_of(step);
    interp::Interpreter::ValueInputs inputs = {{"x", part(numbers("x"), batch)},
                                               {"y0", part(numbers("price"), batch)},
                                               {"y1", part(numbers("rises"), batch)},
                                               {"y2", part(numbers("kind"), batch)}};
    for (size_t i = 0; i < sample_weights().size(); ++i)
      inputs["weight" + std::to_string(i)] = part(sample_weights()[i], batch);
    const auto results = exact.step("train_step", inputs, batch.end - batch.begin);
    for (const auto& [name, values] : entry().at("steps").items()) {
      if (!name.ends_with("loss") && !name.ends_with("mae")) continue;  // others are totals
      EXPECT_EQ(differences(name + ", step " + std::to_string(step), results.at(name),
                            {values.at(static_cast<size_t>(step)).get<double>()}, kExact),
                "");
    }
  }
  Numbers trained;
  for (const std::string& name : names) {
    const Numbers& values = exact.get(name);
    trained.insert(trained.end(), values.begin(), values.end());
  }
  EXPECT_EQ(differences("weights", trained, numbers_of(entry().at("weights")), kExact), "");
}

INSTANTIATE_TEST_SUITE_P(All, KerasOutputs,
                         testing::Range(size_t{0}, keras_file("outputs").at("entries").size()),
                         [](const auto& info) {
                           std::string name =
                               keras_file("outputs").at("entries").at(info.param).at("case");
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

}  // namespace
}  // namespace lathe::test
