// Losses and metrics against values worked out by hand, through evaluate on fixed predictions.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

using test::interpreter;

/// The loss and metrics of predictions `p` for targets `y`.
Logs measure(const Array& p, const Array& y, Loss loss, std::vector<std::string> metrics = {}) {
  const int64_t units = p.shape()[1];
  Sequential model({Input({units}), Activation("linear")});
  model.compile({.loss = std::move(loss), .metrics = std::move(metrics), .run = interpreter()});
  return model.evaluate(p, y);
}

const Array kP = Array::from<float>({0.1f, 0.7f, 0.2f, 0.5f, 0.3f, 0.2f}, {2, 3});
const Array kLabels = Array::from<int32_t>({1, 2}, {2});

TEST(Losses, MeansOverUnitsAndRows) {
  // y - p: -.1 .3 -.2 | -.5 -.3 .8
  EXPECT_NEAR(measure(kP, kLabels, "mse").loss(), (0.01 + 0.09 + 0.04 + 0.25 + 0.09 + 0.64) / 6,
              1e-7);
  EXPECT_NEAR(measure(kP, kLabels, "mae").loss(), (0.1 + 0.3 + 0.2 + 0.5 + 0.3 + 0.8) / 6, 1e-7);
}

TEST(Losses, Crossentropies) {
  const double want = -(std::log(0.7) + std::log(0.2)) / 2;
  EXPECT_NEAR(measure(kP, kLabels, "categorical_crossentropy").loss(), want, 1e-6);
  EXPECT_NEAR(measure(kP, to_categorical(kLabels, 3), "cce").loss(), want, 1e-6);
  EXPECT_NEAR(measure(kP, kLabels, "sparse_categorical_crossentropy").loss(), want, 1e-6);
  // Rows that do not sum to 1 are divided by their sum.
  Array twice = kP;
  for (float& v : twice.data<float>()) v *= 2;
  EXPECT_NEAR(measure(twice, kLabels, "cce").loss(), want, 1e-6);
  // As logits the same numbers go through softmax.
  double logits = 0;
  for (int r = 0; r < 2; ++r) {
    const auto row = kP.data<float>().subspan(static_cast<size_t>(3 * r), 3);
    double sum = 0;
    for (float v : row) sum += std::exp(v);
    logits -= row[static_cast<size_t>(kLabels.data<int32_t>()[r])] - std::log(sum);
  }
  EXPECT_NEAR(measure(kP, kLabels, Loss("cce", {{"from_logits", true}})).loss(), logits / 2, 1e-6);
  EXPECT_NEAR(measure(kP, kLabels, Loss("scce", {{"from_logits", true}})).loss(), logits / 2, 1e-6);
}

TEST(Losses, OptionsInTheNameOrBesideIt) {
  const double huber = 0.5 * (0.01 + 0.09 + 0.04) + 0.4 * (0.5 + 0.8) - 2 * 0.08 + 0.5 * 0.09;
  EXPECT_NEAR(measure(kP, kLabels, "huber(delta=0.4)").loss(), huber / 6, 1e-7);
  EXPECT_NEAR(measure(kP, kLabels, Loss("Huber", {{"delta", 0.4}})).loss(), huber / 6, 1e-7);
  EXPECT_NEAR(measure(kP, kLabels, "mae(reduction=sum)").loss(), 2.2 / 3, 1e-6);
}

TEST(Losses, HingeTakesClassesAsSigns) {
  // y = 0 1 0 | 0 0 1 as -1 and 1: 1 - y p = 1.1 0.3 1.2 | 1.5 1.3 0.8
  EXPECT_NEAR(measure(kP, kLabels, "hinge").loss(), 6.2 / 6, 1e-6);
  const Array signs = Array::from<float>({-1, 1, -1, -1, -1, 1}, {2, 3});
  EXPECT_NEAR(measure(kP, signs, "hinge").loss(), 6.2 / 6, 1e-6);
  // Not all of them 0 or 1: taken as they are.
  const Array mixed = Array::from<float>({0, 1, 0, 0, 0, 2}, {2, 3});
  EXPECT_NEAR(measure(kP, mixed, "hinge").loss(), (1 + 0.3 + 1 + 1 + 1 + 0.6) / 6, 1e-6);
}

TEST(Losses, ImageTotalVariation) {
  const Array p = Array::from<float>({1, 2, 4, 0, 0, 1}, {1, 6});
  Sequential model({Input({6}), Reshape({2, 3})});
  model.compile({.loss = "image_total_variation", .run = interpreter()});
  // down: 1 2 3; across: 1 2 0 1
  EXPECT_NEAR(model.evaluate(p, Array(DType::F32, {1, 2, 3})).loss(), 10, 1e-6);
  // The same as a regulariser of a result, over two equal rows.
  Sequential regularized(
      {Input({6}), Reshape({2, 3}), ActivityRegularization("image_total_variation(0.5)")});
  regularized.compile({.loss = "mse", .run = interpreter()});
  const Array two = Array::from<float>({1, 2, 4, 0, 0, 1, 1, 2, 4, 0, 0, 1}, {2, 6});
  const ArrayView same{DType::F32, {2, 2, 3}, two.raw()};
  EXPECT_NEAR(regularized.evaluate(two, same).loss(), 5, 1e-6);
  EXPECT_EQ(test::error_of([&] {
              Sequential flat({Input({6}), ActivityRegularization("image_total_variation")});
              flat.compile({.loss = "mse", .run = interpreter()});
              flat.evaluate(p, p);
            }),
            "image_total_variation takes images [height, width] or [height, width, channels]");
}

TEST(Losses, SmoothTargetsKeepTheirWeights) {
  const Array y = Array::from<float>({0.2f, 0.8f, 0, 0.5f, 0, 0.5f}, {2, 3});
  const double want =
      -(0.2 * std::log(0.1) + 0.8 * std::log(0.7) + 0.5 * std::log(0.5) + 0.5 * std::log(0.2)) / 2;
  EXPECT_NEAR(measure(kP, y, "cce").loss(), want, 1e-6);
}

TEST(Losses, ProbabilitiesAreClipped) {
  const Array p = Array::from<float>({0, 1}, {1, 2});
  EXPECT_NEAR(measure(p, Array::from<int32_t>({0}, {1}), "cce").loss(), -std::log(1e-7), 1e-4);
  const Array certain = Array::from<float>({0}, {1, 1});
  EXPECT_NEAR(measure(certain, Array::from<float>({1}, {1}), "bce").loss(), -std::log(1e-7), 1e-4);
}

TEST(Losses, BinaryCrossentropy) {
  const Array p = Array::from<float>({0.9f, 0.4f}, {2, 1});
  const Array y = Array::from<float>({1, 0.25f}, {2});
  const double want = -(std::log(0.9) + 0.25 * std::log(0.4) + 0.75 * std::log(0.6)) / 2;
  EXPECT_NEAR(measure(p, y, "binary_crossentropy").loss(), want, 1e-6);
  const Array z = Array::from<float>({90, -90}, {2, 1});
  EXPECT_NEAR(
      measure(z, Array::from<int32_t>({1, 0}, {2}), Loss("bce", {{"from_logits", true}})).loss(), 0,
      1e-6);
  EXPECT_NEAR(
      measure(z, Array::from<int32_t>({0, 1}, {2}), Loss("bce", {{"from_logits", true}})).loss(),
      90, 1e-4);
}

// Through a softmax or sigmoid the logits pass takes over: the same values where nothing is
// clipped, and no bound where the probability underflows.
TEST(Losses, ThroughTheActivationThatMadeTheProbabilities) {
  const Array z = Array::from<float>({1, 2, 0.5f, 300, 0, -300}, {2, 3});
  Sequential model({Input({3}), Activation("softmax")});
  model.compile({.loss = "scce", .run = interpreter()});
  const double first = -(2 - std::log(std::exp(1) + std::exp(2) + std::exp(0.5)));
  EXPECT_NEAR(model.evaluate(z, kLabels).loss(), (first + 600) / 2, 1e-4);
}

TEST(Metrics, AccuracyComparesClasses) {
  EXPECT_NEAR(measure(kP, kLabels, "mse", {"accuracy"})["accuracy"], 0.5, 1e-7);
  EXPECT_NEAR(measure(kP, to_categorical(kLabels), "mse", {"acc"})["accuracy"], 0.5, 1e-7);
  EXPECT_NEAR(measure(kP, kLabels, "scce", {"accuracy"})["accuracy"], 0.5, 1e-7);
}

TEST(Metrics, AccuracyOfOneOutputIsBinary) {
  const Array p = Array::from<float>({0.9f, 0.5f, 0.2f, 0.6f}, {4, 1});
  const Array y = Array::from<int32_t>({1, 0, 1, 0}, {4});
  EXPECT_NEAR(measure(p, y, "bce", {"accuracy"})["accuracy"], 0.5, 1e-7);
}

TEST(Metrics, MseAndMae) {
  const Logs logs = measure(kP, kLabels, "cce", {"mse", "mae"});
  EXPECT_NEAR(logs["mse"], 1.12 / 6, 1e-6);
  EXPECT_NEAR(logs["mae"], 2.2 / 6, 1e-6);
}

TEST(Catalog, ListsEveryTable) {
  for (const std::string& kind : catalog_kinds()) {
    const auto entries = catalog(kind);
    EXPECT_FALSE(entries.empty()) << kind;
    for (const CatalogEntry& e : entries) {
      EXPECT_FALSE(e.name.empty() || e.text.empty()) << kind << " " << e.name;
      EXPECT_EQ(e.text.find('\n'), std::string::npos) << kind << " " << e.name;
    }
  }
}

TEST(ToCategorical, OneHot) {
  EXPECT_EQ(test::values(to_categorical(Array::from<uint8_t>({2, 0}, {2}))),
            (std::vector<float>{0, 0, 1, 1, 0, 0}));
  EXPECT_EQ(to_categorical(kLabels, 10).shape(), (std::vector<int64_t>{2, 10}));
}

}  // namespace
}  // namespace lathe
