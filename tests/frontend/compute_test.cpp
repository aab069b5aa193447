// compute_loss and compute_metric: losses and metrics of arrays, without a model. Figures against
// Keras's are in tests/keras.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

using test::error_of;
using test::values;

const Array kTargets = Array::from<float>({1, 0, 0, 1, 1, 1}, {3, 2});
const Array kGuesses = Array::from<float>({0.5f, 0.5f, 1, 0, 0, 0}, {3, 2});
const Array kWeights = Array::from<float>({1, 2, 0}, {3});

TEST(ComputeLoss, IsANumberOrOneARow) {
  const Array mean = compute_loss("mse", kTargets, kGuesses);
  EXPECT_EQ(mean.shape(), std::vector<int64_t>{});
  EXPECT_FLOAT_EQ(values(mean)[0], 0.75f);
  const Array rows = compute_loss("mse(reduction=none)", kTargets, kGuesses);
  EXPECT_EQ(rows.shape(), std::vector<int64_t>{3});
  EXPECT_EQ(values(rows), (std::vector<float>{0.25f, 1, 1}));
  EXPECT_EQ(values(compute_loss(Loss("mse", {{"reduction", "None"}}), kTargets, kGuesses,
                                kWeights.view())),
            (std::vector<float>{0.25f, 2, 0}));
  EXPECT_FLOAT_EQ(
      values(compute_loss("mse(reduction=sum)", kTargets, kGuesses, kWeights.view()))[0], 2.25f);
}

TEST(ComputeLoss, TakesWhatAModelTakes) {
  const Array labels = Array::from<int32_t>({0, 1, 1}, {3});
  const Array p = Array::from<double>({0.5, 0.5, 0.25, 0.75, 0, 1}, {3, 2});
  const Array loss = compute_loss("scce(reduction=none)", labels, p);
  EXPECT_NEAR(values(loss)[1], -std::log(0.75), 1e-6);
  // A row of rows: a loss for each.
  const Array images = Array::from<float>({1, 2, 3, 4, 5, 6, 7, 8}, {2, 2, 2});
  Array zeros(DType::F32, {2, 2, 2});
  zeros.fill(0.0f);
  const Array each = compute_loss("mae(reduction=none)", zeros, images);
  EXPECT_EQ(each.shape(), (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(values(each), (std::vector<float>{1.5f, 3.5f, 5.5f, 7.5f}));
  // One number a row.
  const Array column = Array::from<float>({1, 2, 3}, {3});
  EXPECT_EQ(values(compute_loss("mae(reduction=none)", kWeights, column)),
            (std::vector<float>{0, 0, 3}));
}

TEST(ComputeLoss, OverlapsAreOfTheBatchOrOfAxes) {
  const Array whole = compute_loss("dice(reduction=none)", kTargets, kGuesses);
  EXPECT_EQ(whole.shape(), std::vector<int64_t>{});
  EXPECT_NEAR(values(whole)[0], 1 - 2 * 0.5 / 6, 1e-6);
  // Weights count it once each, as Keras's do.
  EXPECT_EQ(compute_loss("dice(reduction=none)", kTargets, kGuesses, kWeights.view()).shape(),
            std::vector<int64_t>{3});
  EXPECT_NEAR(values(compute_loss("dice", kTargets, kGuesses, kWeights.view()))[0], 1 - 2 * 0.5 / 6,
              1e-6);  // their mean is 1
  for (const char* axis : {"1", "[1]", "-1"}) {
    const std::string loss = "dice(reduction=none, axis=" + std::string(axis) + ")";
    const std::vector<float> rows = values(compute_loss(loss, kTargets, kGuesses));
    ASSERT_EQ(rows.size(), 3u) << loss;
    EXPECT_NEAR(rows[0], 1 - 2 * 0.5 / 2, 1e-6);
    EXPECT_NEAR(rows[1], 1, 1e-6);
  }
  const Loss columns("tversky", {{"axis", 0}, {"reduction", "none"}});
  EXPECT_EQ(compute_loss(columns, kTargets, kGuesses).shape(), std::vector<int64_t>{2});
  EXPECT_EQ(error_of([&] { compute_loss(columns, kTargets, kGuesses, kWeights.view()); }),
            "losses that sum over the batch have no rows that weights could count");
}

// What looks at rows alone is no other number in another batch, and counts rows by their weights.
TEST(ComputeLoss, AModelTrainsOnOverlapsOfRows) {
  const Array x = kTargets;
  for (const RunOptions& run : test::backends()) {
    Sequential model({Input({2}), Dense(2, "sigmoid")});
    model.compile({.loss = "dice(axis=1)",
                   .metrics = {"tversky(axis=-1)"},
                   .weighted_metrics = {"dice(name=weighed, axis=1)"},
                   .run = run});
    const Array p = model.predict(x);
    const double mean = values(compute_loss("dice(axis=1)", kTargets, p))[0];
    for (int64_t batch : {1, 2, 3}) {
      const Logs logs =
          model.evaluate(x, kTargets, {.batch_size = batch, .sample_weight = kWeights.view()});
      const std::vector<float> rows =
          values(compute_loss("dice(axis=1, reduction=none)", kTargets, p));
      EXPECT_NEAR(logs["weighed"], (rows[0] + 2 * rows[1]) / 3, 1e-6);
      EXPECT_NEAR(logs["tversky"], mean, 1e-6);  // of alpha = beta = 0.5 it is dice
    }
    const double before = model.evaluate(x, kTargets).loss();
    model.fit(x, kTargets, {.batch_size = 3, .epochs = 20});
    EXPECT_LT(model.evaluate(x, kTargets).loss(), before);
  }
}

TEST(ComputeLoss, SaysWhatIsWrong) {
  const auto computed = [](const Loss& loss, const ArrayView& y = kTargets,
                           const ArrayView& p = kGuesses) {
    return error_of([&] { compute_loss(loss, y, p); });
  };
  EXPECT_EQ(computed("msee"), "unknown loss 'msee'; did you mean 'mse'?");
  EXPECT_EQ(computed("mse(reduction=nonee)"),
            "loss 'mse': unknown reduction 'nonee'; did you mean 'none'?");
  EXPECT_EQ(computed("dice(axis=2)"),
            "the loss's axis must be -2 to 1 of predictions f32[B,2], not 2");
  EXPECT_EQ(computed("dice(axis=[1, -1])"), "the loss's axis names 1 twice");
  EXPECT_EQ(computed("dice(axis=1000)"), "loss 'dice': axis 1000 is none of any predictions");
  EXPECT_EQ(computed("mse", Array(DType::F32, {2, 2})),
            "targets are f32[2,2] and predictions f32[3,2]: there must be as many rows");
  EXPECT_EQ(computed("mse", kTargets, Array(DType::F32, {})),
            "predictions are f32[], expected one row or more");
  EXPECT_EQ(error_of([] { compute_loss("mse", kTargets, kGuesses, kTargets.view()); }),
            "sample_weight is f32[3,2], but there are 3 rows");
  Sequential model({Input({2}), Dense(2)});
  EXPECT_EQ(
      error_of([&] { model.compile({.loss = "mse(reduction=none)"}); }),
      "loss 'mse': reduction none gives a number a row, and a model follows one: take "
      "sum_over_batch_size, sum or mean_with_sample_weight; compute_loss gives those of rows");
}

TEST(ComputeMetric, IsANumberSeveralOrATable) {
  const Array labels = Array::from<int32_t>({0, 2, 2}, {3});
  const Array p = Array::from<float>({0.5f, 0.25f, 0.25f, 0, 1, 0, 0, 0.25f, 0.75f}, {3, 3});
  const Array accuracy = compute_metric("accuracy", labels, p);
  EXPECT_EQ(accuracy.shape(), std::vector<int64_t>{});
  EXPECT_FLOAT_EQ(values(accuracy)[0], 2 / 3.0f);
  EXPECT_FLOAT_EQ(values(compute_metric("accuracy", labels, p, kWeights.view()))[0], 1 / 3.0f);
  const Array scores = compute_metric("recall(thresholds=[0.3, 0.6])", labels, p);
  EXPECT_EQ(scores.shape(), std::vector<int64_t>{2});
  EXPECT_FLOAT_EQ(values(scores)[1], 1 / 3.0f);
  const Array table = compute_metric("confusion_matrix", labels, p, kWeights.view());
  EXPECT_EQ(table.shape(), (std::vector<int64_t>{3, 3}));
  EXPECT_EQ(values(table), (std::vector<float>{1, 0, 0, 0, 0, 0, 0, 2, 0}));
  EXPECT_FLOAT_EQ(values(compute_metric("mean", labels, p))[0], 3 / 9.0f);
  // Of no rows it is 0, as Keras's.
  const Array none = Array::from<float>({0, 0, 0}, {3});
  for (const char* metric : {"accuracy", "rmse", "mse", "auc"})
    EXPECT_EQ(values(compute_metric(metric, kTargets, kGuesses, none.view()))[0], 0) << metric;
  EXPECT_EQ(error_of([&] { compute_metric("acuracy", labels, p); }),
            "unknown metric 'acuracy'; did you mean 'accuracy'?");
  EXPECT_EQ(error_of([&] { compute_metric("dice", kTargets, kGuesses, kWeights.view()); }),
            "metric 'dice' is one number for all rows, which have no weights in it: name it in "
            "metrics");
}

}  // namespace
}  // namespace lathe
