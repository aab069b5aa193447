// Metrics at the edges: weights, batches, NaN, numbers far from 0, names and options that make no
// sense. Their figures against Keras's are in tests/keras.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "frontend/model/step_totals.h"
#include "frontend/train/losses.h"
#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

using test::error_of;

struct Measure {
  std::vector<std::string> metrics = {}, weighted = {};
  std::string loss = "mse";
  int64_t batch = 256;
  std::optional<ArrayView> weights = std::nullopt;
};

/// Of predictions `p`, [n, ...], for targets `y`.
Logs measure(const Array& p, const Array& y, const Measure& o) {
  Sequential model({Input({p.shape().begin() + 1, p.shape().end()}), Activation("linear")});
  model.compile({.loss = o.loss,
                 .metrics = o.metrics,
                 .weighted_metrics = o.weighted,
                 .run = test::interpreter()});
  return model.evaluate(p, y, {.batch_size = o.batch, .sample_weight = o.weights});
}

/// Numbers within 0.1 and 0.9 that sum to 1 over the last axis of 2.
Array shares(const std::vector<int64_t>& shape, int seed) {
  Array a(DType::F32, shape);
  const auto v = a.data<float>();
  for (size_t i = 0; i + 1 < v.size(); i += 2) {
    v[i] = 0.1f + 0.8f * static_cast<float>((i * 37 + static_cast<size_t>(seed) * 11) % 17) / 16;
    v[i + 1] = 1 - v[i];
  }
  return a;
}

TEST(Metrics, AnyLossIsOneWithAndWithoutWeights) {
  Array halves(DType::F32, {6}), ones(DType::F32, {6});
  halves.fill(0.5f);
  ones.fill(1.0f);
  for (const detail::LossRow& row : detail::loss_table()) {
    const std::string name(row.name);
    if (name == "image_total_variation") continue;  // of pictures
    if (row.targets == detail::TargetKind::Classes) continue;
    for (const std::vector<int64_t>& shape : {std::vector<int64_t>{6, 2}, {6, 3, 2}}) {
      SCOPED_TRACE(name + " of rank " + std::to_string(shape.size()));
      const Array p = shares(shape, 1), y = shares(shape, 2);
      double plain = measure(p, y, {.loss = test::loss_text(name)}).loss();
      EXPECT_TRUE(std::isfinite(plain));
      if (name == "cosine_similarity") plain = -plain;  // as in Keras
      const double near = 1e-6 * std::max(1.0, std::fabs(plain));
      const auto value = [&](const Measure& m) { return measure(p, y, m)["m"]; };
      const std::string metric = test::loss_text(name, "name=m");
      EXPECT_NEAR(value({.metrics = {metric}}), plain, near);
      EXPECT_NEAR(value({.metrics = {metric}, .weights = halves}), plain, near);
      if (row.scope == detail::LossScope::Whole) {
        EXPECT_EQ(
            error_of([&] { value({.weighted = {metric}}); }),
            "metric '" + name +
                "' is one number for all rows, which have no weights in it: name it in metrics");
        continue;
      }
      // A weighted mean: the same for any one weight.
      EXPECT_NEAR(value({.weighted = {metric}}), plain, near);
      EXPECT_NEAR(value({.weighted = {metric}, .weights = halves}), plain, near);
      if (row.scope == detail::LossScope::Row) {
        EXPECT_NEAR(value({.metrics = {metric}, .batch = 4}), plain, near);
      }
    }
  }
}

TEST(Metrics, WhatLooksAtABatchIsOfTheBatchThatIsAskedFor) {
  const Array p = shares({6, 2}, 1), y = shares({6, 2}, 2);
  for (int64_t batch : {2, 3, 6}) {
    const double loss = measure(p, y, {.loss = "dice", .batch = batch}).loss();
    EXPECT_NEAR(measure(p, y, {.metrics = {"dice(name=m)"}, .batch = batch})["m"], loss, 1e-6);
  }
}

// Steps of one row that give 20,001 numbers each: more than totals have room for at once.
TEST(Metrics, TotalsOfManyStepsAreFoldedInParts) {
  constexpr int64_t kRows = 2000;
  detail::StepTotals totals({}, {20001}, kRows, 1);
  ASSERT_LT(totals.room(), kRows);
  EXPECT_GE(totals.room(), 1);
  EXPECT_EQ(detail::StepTotals({}, {1}, kRows, 1).room(), kRows);
  EXPECT_EQ(detail::StepTotals({}, {int64_t{1} << 26}, kRows, 1).room(), 1);

  const Array x = shares({kRows, 2}, 1);
  Array y = shares({kRows, 2}, 2);
  for (float& v : y.data<float>()) v = std::round(v);
  Sequential model({Input({2}), Dense(2, "sigmoid")});
  model.compile({.loss = "mse",
                 .optimizer = "sgd(learning_rate=0)",
                 .metrics = {"auc(num_thresholds=10000, name=m)", "mae"},
                 .run = test::backends().back()});
  const Logs whole = model.evaluate(x, y, {.batch_size = 250});
  const Logs single = model.evaluate(x, y, {.batch_size = 1});
  const History trained = model.fit(x, y, {.batch_size = 1, .epochs = 1});
  EXPECT_GT(whole["m"], 0.1);
  EXPECT_LT(whole["m"], 0.9);
  for (const char* name : {"loss", "m", "mae"}) {
    EXPECT_NEAR(single[name], whole[name], 1e-6) << name;
    EXPECT_NEAR(trained[name].at(0), whole[name], 1e-6) << name;
  }
}

TEST(Metrics, R2KeepsItsDigitsFarFromZero) {
  Array y(DType::F32, {100, 1}), p(DType::F32, {100, 1}), mean(DType::F32, {100, 1});
  for (size_t i = 0; i < 100; ++i) {
    y.data<float>()[i] = 100000 + static_cast<float>(i);
    p.data<float>()[i] = y.data<float>()[i] + (i % 2 ? 1.0f : -1.0f);
  }
  mean.fill(100049.5f);
  // The squares of y - mean sum to 100 (100^2 - 1) / 12.
  for (int64_t batch : {100, 30, 7, 1}) {
    EXPECT_NEAR(measure(p, y, {.metrics = {"r2"}, .batch = batch})["r2"], 1 - 100 / 83325.0, 1e-6);
    EXPECT_NEAR(measure(mean, y, {.metrics = {"r2"}, .batch = batch})["r2"], 0, 1e-6);
  }
  Array none(DType::F32, {100});
  none.fill(0.0f);
  EXPECT_EQ(measure(p, y, {.weighted = {"r2"}, .weights = none})["r2"], 0);
  EXPECT_EQ(
      error_of([] { measure(shares({4, 3, 2}, 1), shares({4, 3, 2}, 2), {.metrics = {"r2"}}); }),
      "metric 'r2': takes rows of numbers");
}

TEST(Metrics, NaNIsNeverAmongTheTop) {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  const Array p =
      Array::from<float>({kNaN, kNaN, kNaN, 0.1f, kNaN, 0.3f, 0.1f, 0.2f, 0.3f}, {3, 3});
  const Array y = Array::from<int32_t>({0, 2, 2}, {3});
  const auto top = [&](int k) {
    return measure(
        p, y,
        {.metrics = {"top_k_categorical_accuracy(name=top, k=" + std::to_string(k) + ")"},
         .loss = "cce"})["top"];
  };
  EXPECT_NEAR(top(1), 1 / 3.0, 1e-6);  // behind the NaN in the second row
  EXPECT_NEAR(top(2), 2 / 3.0, 1e-6);
  EXPECT_NEAR(top(9), 2 / 3.0, 1e-6);
}

TEST(Metrics, OptionsAndNamesAreCheckedWhenAModelIsCompiled) {
  const auto compile = [](const std::string& metric) {
    return error_of([&] { test::small_model().compile({.loss = "cce", .metrics = {metric}}); });
  };
  for (const auto& [metric, error] : std::vector<std::pair<std::string, std::string>>{
           {"f1(average=macr)", "metric 'f1': unknown average 'macr'; did you mean 'macro'?"},
           {"auc(num_thresholds=1)", "metric 'auc': num_thresholds must be 2 to 10000, not 1"},
           {"auc(curve=RC)", "metric 'auc': unknown curve 'RC'; did you mean 'ROC'?"},
           {"precision(thresholds=nan)", "metric 'precision': thresholds must be finite"},
           {"recall(class_id=-2)", "metric 'recall': class_id must be a class, or -1 for all"},
           {"binary_accuracy(threshold=inf)", "metric 'binary_accuracy': threshold must be finite"},
           {"top_k_categorical_accuracy(k=0)",
            "metric 'top_k_categorical_accuracy': k must be 1 or more"},
           {"r2(num_regressors=-4)", "metric 'r2': num_regressors must be 0 or more"},
           {"mse(reduction=sum)", "metric 'mse' takes no reduction: it is the mean over all rows"},
           {"mae(name=epoch)", "metric: name 'epoch' is taken by what is written beside it"},
           {"mae(name=loss)", "metric: name 'loss' is taken by what is written beside it"},
           {"mae(name=val_loss)",
            "metric: names that begin with val_, as 'val_loss', are the validation's"},
           {"mae(name=\"a b\")",
            "metric: name 'a b' must be a letter or underscore, then letters, digits and any of _ "
            ". -"},
       })
    EXPECT_EQ(compile(metric), error) << metric;
  EXPECT_EQ(compile("mae(name=mine)"), "");
}

TEST(ClassWeights, NameClassesThatThereAre) {
  const test::Points points = test::bunches(30);
  Sequential model = test::small_model();
  model.compile({.loss = "scce", .run = test::interpreter()});
  const auto fit = [&](std::map<int64_t, double> weights) {
    return error_of([&] { model.fit(points.x, points.y, {.class_weight = std::move(weights)}); });
  };
  EXPECT_EQ(fit({{2, 0.5}}), "");
  EXPECT_EQ(fit({{3, 0.5}}), "class_weight names class 3, but classes are 0 to 2");
  EXPECT_EQ(fit({{-1, 0.5}}), "class_weight names class -1, but classes are 0 to 2");
  EXPECT_EQ(fit({{1, std::nan("")}}), "the class_weight of class 1 is not finite");
  // One output: 0.7 is no class.
  Sequential one({Input({2}), Dense(1)});
  one.compile({.loss = "mse", .optimizer = SGD(0.0), .run = test::interpreter()});
  Array y(DType::F32, {30, 1});
  y.fill(0.7f);
  const double plain = one.evaluate(points.x, y).loss();
  EXPECT_NEAR(one.fit(points.x, y, {.batch_size = 30, .class_weight = {{0, 0}}}).last().logs.loss(),
              plain, 1e-6);
}

}  // namespace
}  // namespace lathe
