// Normalization: what it learns of data, and when. Its outputs and gradients against Keras's are in
// tests/keras.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "frontend/layers/moments.h"
#include "lathe/model_json.h"
#include "tests/frontend/frontend_test_util.h"
#include "tests/temp_folder.h"

namespace lathe::test {
namespace {

const std::vector<double> kRows = {1, 10, 3, 10, 5, 40};  // means 3, 20; variances 8/3, 200

Array table() {
  const std::vector<float> v(kRows.begin(), kRows.end());
  return Array::from(v, {3, 2});
}

Array zeros(int64_t rows) {
  Array y(DType::F32, {rows, 1});
  y.fill(0.0f);
  return y;
}

/// The weights mean, variance, count of a layer adapted to `x`.
std::vector<Array> learned(const ArrayView& x, const NormalizationOptions& options = {}) {
  Normalization norm(options);
  norm.adapt(x);
  Sequential m({Input({x.shape.begin() + 1, x.shape.end()}), norm});
  return m.get_weights();
}

TEST(NormalizationLayer, LearnsMeanAndVarianceOfEachColumn) {
  const std::vector<Array> w = learned(table());
  ASSERT_EQ(w.size(), 3u);
  EXPECT_EQ(values(w[0]), (std::vector<float>{3, 20}));
  EXPECT_EQ(values(w[1]), (std::vector<float>{8.0f / 3, 200}));
  EXPECT_EQ(values(w[2]), std::vector<float>{3});
  EXPECT_EQ(w[2].shape(), std::vector<int64_t>{});
}

TEST(NormalizationLayer, TakesAxesAndAllElementTypes) {
  const std::vector<uint8_t> v = {0, 2, 4, 6, 10, 12, 14, 20};
  const ArrayView x = view(v, {2, 2, 2});
  const auto means = [&](std::vector<int64_t> axis) {
    return values(learned(x, {.axis = std::move(axis)})[0]);
  };
  EXPECT_EQ(means({-1}), (std::vector<float>{7, 10}));
  EXPECT_EQ(means({1}), (std::vector<float>{6, 11}));
  EXPECT_EQ(means({2, 1}), (std::vector<float>{5, 7, 9, 13}));
  EXPECT_EQ(means({}), std::vector<float>{8.5});
  EXPECT_EQ(learned(x, {.axis = {2, 1}})[1].shape(), (std::vector<int64_t>{2, 2}));
}

// In f32 these numbers are 2^-4 apart, and the sum of their squares would lose their differences in
// doubles too.
TEST(NormalizationLayer, IsExactFarFromZero) {
  constexpr int64_t kCount = 100'000;
  std::vector<double> v(kCount);
  for (int64_t i = 0; i < kCount; ++i) v[static_cast<size_t>(i)] = 1e9 + static_cast<double>(i % 5);
  const std::vector<Array> w = learned(view(v, {kCount, 1}));
  EXPECT_EQ(values(w[0])[0], 1e9f);
  EXPECT_EQ(values(w[1])[0], 2.0f);

  detail::Moments moments({0}), pieces({0});
  moments.add(view(v, {kCount, 1}));
  EXPECT_DOUBLE_EQ(moments.mean()[0], 1e9 + 2);
  EXPECT_NEAR(moments.variance()[0], 2, 1e-12);
  const Array all = Array::from(v, {kCount, 1});
  for (int64_t begin = 0, size = 1; begin < kCount; begin += size, size = size * 2 + 1)
    pieces.add(rows(all, begin, std::min(kCount, begin + size)));
  EXPECT_EQ(pieces.rows(), kCount);
  EXPECT_DOUBLE_EQ(pieces.mean()[0], 1e9 + 2);
  EXPECT_NEAR(pieces.variance()[0], 2, 1e-10);
}

TEST(NormalizationLayer, MakesMeanZeroAndDeviationOneAndBack) {
  for (const RunOptions& run : backends()) {
    Normalization norm, back({.invert = true});
    norm.adapt(table());
    back.adapt(table());
    Sequential m({Input({2}), norm}), both({Input({2}), norm, back});
    m.set_run_options(run);
    both.set_run_options(run);
    const std::vector<float> y = values(m.predict(table())), x = values(both.predict(table()));
    for (size_t i = 0; i < y.size(); ++i) {
      const double expected =
          (kRows[i] - (i % 2 ? 20 : 3)) / (i % 2 ? std::sqrt(200) : std::sqrt(8.0 / 3));
      EXPECT_NEAR(y[i], expected, 1e-6) << i;
      EXPECT_NEAR(x[i], kRows[i], 1e-5) << i;
    }
  }
}

// A column of one value has no deviation: Keras divides by 1e-7, so that it becomes 0.
TEST(NormalizationLayer, MakesAConstantColumnZero) {
  Array x(DType::F32, {4, 1});
  x.fill(7.0f);
  Normalization norm;
  norm.adapt(x);
  Sequential m({Input({1}), norm});
  m.set_run_options(interpreter());
  EXPECT_EQ(values(m.predict(x)), (std::vector<float>{0, 0, 0, 0}));
}

TEST(NormalizationLayer, TakesMeanAndVarianceAsGiven) {
  for (const RunOptions& run : backends()) {
    Sequential m({Input({2}), Normalization({.mean = {3, 20}, .variance = {4, 100}}),
                  Normalization({.mean = {1}, .variance = {0.25}})});
    m.set_run_options(run);
    EXPECT_EQ(values(m.predict(table())), (std::vector<float>{-4, -4, -2, -4, 0, 2}));
    EXPECT_TRUE(m.get_weights().empty());
    EXPECT_EQ(m.parameter_count(), 0);
  }
  EXPECT_EQ(error_of([] { Normalization({.mean = {1}}); }),
            "Normalization: mean and variance must be given together, as many of each");
  EXPECT_EQ(error_of([] { Normalization({.mean = {1}, .variance = {-1}}); }),
            "Normalization: variance must be 0 or more, and finite");
  EXPECT_EQ(error_of([] { Normalization({.mean = {INFINITY}, .variance = {1}}); }),
            "Normalization: mean must be finite");
  EXPECT_EQ(error_of([] { Normalization({.axis = {}, .mean = {1, 2}, .variance = {1, 2}}); }),
            "Normalization: without an axis there is one mean and one variance");
  EXPECT_EQ(error_of([] { Normalization({.mean = {1, 2}, .variance = {1, 2}})(Input({3})); }),
            "layer Normalization: mean and variance are 2 numbers, but there are 3 along the axis");
  EXPECT_EQ(error_of([] { Normalization({.mean = {1}, .variance = {1}}).adapt(table()); }),
            "Normalization: its mean is given, so that it does not adapt");
}

TEST(NormalizationLayer, IsNotTrained) {
  Normalization norm;
  norm.adapt(table());
  Sequential m({Input({2}), norm, Dense(1)});
  m.compile({.loss = "mse", .run = interpreter()});
  EXPECT_EQ(m.parameter_count(), 5 + 3);
  EXPECT_EQ(m.trainable_parameter_count(), 3);
  const std::vector<Array> before = m.get_weights();
  m.fit(table(), zeros(3), {.epochs = 2});
  const std::vector<Array> after = m.get_weights();
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(values(before[i]), values(after[i]));
  EXPECT_NE(values(before[3]), values(after[3]));
  EXPECT_EQ(m.weight_names(),
            (std::vector<std::string>{"normalization_mean", "normalization_variance",
                                      "normalization_count", "dense_kernel", "dense_bias"}));
}

TEST(NormalizationLayer, MustHaveBeenAdapted) {
  const std::string expected =
      "layer normalization has no mean and variance yet: adapt it to data, or give them as its "
      "options";
  Normalization norm;
  Sequential m({Input({2}), norm, Dense(1)});
  m.compile({.loss = "mse", .run = interpreter()});
  const Array x = table(), y = zeros(3);
  EXPECT_EQ(error_of([&] { m.fit(x, y); }), expected);
  EXPECT_EQ(error_of([&] { m.evaluate(x, y); }), expected);
  EXPECT_EQ(error_of([&] { m.predict(x); }), expected);
  EXPECT_EQ(error_of([&] { m.train_on_batch(x, y); }), expected);
  norm.adapt(x);
  EXPECT_EQ(error_of([&] { m.fit(x, y); }), "");
  norm.adapt(rows(table(), 0, 2));  // a model that has weights hears of it too
  EXPECT_EQ(values(m.get_weights()[0]), (std::vector<float>{2, 10}));
}

TEST(NormalizationLayer, IsAdaptedInAModelThatHasWeights) {
  Sequential m({Input({2}), Normalization(), Dense(1)});
  m.compile({.loss = "mse", .run = interpreter()});
  const float kernel = values(m.get_weights()[3])[0];
  m.adapt("normalization", table());
  EXPECT_EQ(values(m.get_weights()[0]), (std::vector<float>{3, 20}));
  m.fit(table(), zeros(3));
  const std::vector<float> trained = values(m.get_weights()[3]);
  EXPECT_NE(trained[0], kernel);
  m.adapt("normalization", rows(table(), 0, 2));  // the engine that fit made hears of it
  EXPECT_EQ(values(m.get_weights()[0]), (std::vector<float>{2, 10}));
  EXPECT_EQ(values(m.get_weights()[3]), trained);

  EXPECT_EQ(error_of([&] { m.adapt("normalisation", table()); }),
            "unknown layer 'normalisation'; did you mean 'normalization'?");
  EXPECT_EQ(error_of([&] { m.adapt("dense", table()); }),
            "layer dense learns nothing from data alone: only a Normalization without a given mean "
            "does");
  EXPECT_EQ(error_of([&] { m.adapt("normalization", zeros(3)); }),
            "layer normalization: it takes rows of [2], not an array of shape [3,1]");
  FitOptions options;
  options.on_batch_end = [&](const BatchResult&) { m.adapt("normalization", table()); };
  EXPECT_EQ(error_of([&] { m.fit(table(), zeros(3), options); }),
            "adapt can't be called while fit runs an epoch of the same model");
}

TEST(NormalizationLayer, RefusesDataWithoutAMean) {
  Array x = table();
  for (const auto& [bad, text] : {std::pair{std::nanf(""), "nan"}, {-INFINITY, "-inf"}}) {
    x.data<float>()[3] = bad;
    EXPECT_EQ(error_of([&] { Normalization().adapt(x); }),
              "Normalization: x holds " + std::string(text) + " in row 1, column 1");
  }
  Sequential m({Input({2}), Normalization()});
  EXPECT_EQ(error_of([&] { m.adapt("normalization", x); }),
            "layer normalization: x holds -inf in row 1, column 1");
  EXPECT_EQ(error_of([] { Normalization().adapt(Array(DType::F32, {0, 2})); }),
            "Normalization: there are no rows to adapt to");
  EXPECT_EQ(error_of([] { Normalization().adapt(Array(DType::F32, {})); }),
            "Normalization: data to adapt to are rows, [n, ...], not a single number");
  EXPECT_EQ(error_of([] { Normalization().adapt(Array(DType::F32, {2})); }),
            "Normalization: there is no axis -1 in rows of shape []");
  EXPECT_EQ(error_of([] { Normalization({.axis = {0}})(Input({2})); }),
            "layer Normalization: axis 0 is the batch; axes count from 1, or from the end");
  EXPECT_EQ(error_of([] { Normalization({.axis = {1, -2}})(Input({2, 3})); }),
            "layer Normalization: an axis of rows of [2,3] is named twice");
  Normalization other;
  other.adapt(table());
  EXPECT_EQ(error_of([&] { Sequential({Input({3}), other}); }),
            "layer normalization: its mean has shape [2] already, but this input needs [3]; all "
            "models that are made of a layer share its weights");
}

TEST(NormalizationLayer, IsSavedWithTheModel) {
  const test::TempFolder folder;
  const auto path = folder / "model.lathe";
  Normalization norm;
  norm.adapt(table());
  Sequential m({Input({2}), norm, Normalization({.mean = {1, 2}, .variance = {3, 0.1}}), Dense(1)});
  m.compile({.loss = "mse", .run = interpreter()});
  m.fit(table(), zeros(3));
  m.save(path);
  Model again = Model::load(path, interpreter());
  EXPECT_EQ(again.weights_sha256(), m.weights_sha256());
  EXPECT_EQ(values(again.predict(table())), values(m.predict(table())));
  m.compile({.loss = "mae", .run = interpreter()});  // what is given stays
  EXPECT_EQ(values(again.predict(table())), values(m.predict(table())));
}

TEST(NormalizationLayer, IsWrittenAsJson) {
  const std::string text =
      R"({"layers": [{"type": "Normalization", "axis": [], "name": "all"},)"
      R"({"type": "Normalization", "axis": 1, "mean": 0.5, "variance": [2], "invert": true},)"
      R"({"type": "Normalization", "mean": [1, 2.5], "variance": [1, 3]}]})";
  Model m = model_from_json(text, "text");
  EXPECT_EQ(model_to_json(model_from_json(model_to_json(m), "again")), model_to_json(m));
  m.build({2});
  const std::string keras = m.to_json();
  for (const char* part : {R"("axis":[])", R"("axis":[1],"mean":0.5,"variance":2.0,"invert":true)",
                           R"("axis":[-1],"mean":[1.0,2.5],"variance":[1.0,3.0],"invert":false)",
                           R"("mean":null,"variance":null)"})
    EXPECT_NE(keras.find(part), std::string::npos) << part << " in " << keras;
  EXPECT_EQ(Model::from_json(keras).to_json(), keras);
  const auto error = [](const std::string& mean) {
    return error_of([&] {
      model_from_json(R"({"layers": [{"type": "Normalization", "mean": )" + mean + "}]}", "text");
    });
  };
  EXPECT_EQ(error(R"([1, "a"])"), "text: layers[0].mean[1]: expected a number, not \"a\"");
  EXPECT_EQ(error(R"("a")"),
            "text: layers[0].mean: option 'mean' must be of type reals, not word: expected a "
            "number, or a "
            "list of numbers, found the text 'a'");
}

TEST(NormalizationLayer, IsListedWithItsDefaults) {
  std::string text;
  for (const CatalogEntry& e : catalog("layers"))
    if (e.name == "Normalization") text = e.text;
  EXPECT_NE(text.find("; axis = [-1]; mean = none; variance = none; invert = false"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace lathe::test
