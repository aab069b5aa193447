// Initial weights: their distributions, and that each weight draws its own numbers.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "runtime/philox.h"
#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

constexpr int64_t kIn = 300, kOut = 100;

std::vector<float> kernel(const std::string& initializer, uint64_t seed = 1) {
  Sequential model({Input({kIn}), Dense(kOut, {.kernel_initializer = initializer})});
  model.compile({.loss = "mse", .seed = seed, .run = test::interpreter()});
  return test::values(model.get_weights()[0]);
}

struct Moments {
  double mean = 0, deviation = 0, least = INFINITY, most = -INFINITY;
};

Moments moments(const std::vector<float>& v) {
  Moments m;
  for (float x : v) m.mean += x / static_cast<double>(v.size());
  for (float x : v) {
    m.deviation += (x - m.mean) * (x - m.mean) / static_cast<double>(v.size());
    m.least = std::min<double>(m.least, x);
    m.most = std::max<double>(m.most, x);
  }
  m.deviation = std::sqrt(m.deviation);
  return m;
}

TEST(Initializers, Uniform) {
  for (const auto& [name, limit] : {std::pair("glorot_uniform", std::sqrt(6.0 / (kIn + kOut))),
                                    std::pair("he_uniform", std::sqrt(6.0 / kIn))}) {
    const Moments m = moments(kernel(name));
    EXPECT_NEAR(m.mean, 0, 0.02 * limit) << name;
    EXPECT_NEAR(m.deviation, limit / std::sqrt(3.0), 0.01 * limit) << name;
    EXPECT_LE(m.most, limit) << name;
    EXPECT_GE(m.least, -limit) << name;
    EXPECT_GT(m.most, 0.999 * limit) << name;
    EXPECT_LT(m.least, -0.999 * limit) << name;
  }
}

TEST(Initializers, TruncatedNormal) {
  for (const auto& [name, deviation] : {std::pair("glorot_normal", std::sqrt(2.0 / (kIn + kOut))),
                                        std::pair("he_normal", std::sqrt(2.0 / kIn))}) {
    const std::vector<float> v = kernel(name);
    const Moments m = moments(v);
    const double parent = deviation / .87962566103423978;
    EXPECT_NEAR(m.mean, 0, 0.02 * deviation) << name;
    EXPECT_NEAR(m.deviation, deviation, 0.01 * deviation) << name;
    EXPECT_LE(m.most, 2.00001 * parent) << name;
    EXPECT_GE(m.least, -2.00001 * parent) << name;
    EXPECT_GT(m.most, 1.98 * parent) << name;
    // The share within one deviation of the parent: erf(1/sqrt 2) / erf(sqrt 2).
    double within = 0;
    for (float x : v) within += std::abs(x) < parent;
    EXPECT_NEAR(within / static_cast<double>(v.size()),
                std::erf(std::sqrt(0.5)) / std::erf(std::sqrt(2.0)), 0.01)
        << name;
  }
}

// Sorted samples lie where the distribution's quantile function says, far into the tails.
TEST(Initializers, QuantilesOfTheTruncatedNormal) {
  std::vector<float> v = kernel("he_normal");
  std::sort(v.begin(), v.end());
  const double parent = std::sqrt(2.0 / kIn) / .87962566103423978, all = std::erf(std::sqrt(2.0));
  double worst = 0;
  for (size_t i = 0; i < v.size(); ++i) {
    const double below = (1 + std::erf(v[i] / parent / std::sqrt(2.0)) / all) / 2;
    worst = std::max(
        worst, std::abs(below - (static_cast<double>(i) + 0.5) / static_cast<double>(v.size())));
  }
  // Kolmogorov and Smirnov: 1.95 / sqrt(n) is passed by chance once in a thousand seeds.
  EXPECT_LT(worst, 1.95 / std::sqrt(static_cast<double>(v.size())));
}

// Every number is the quantile of the uniform number that its place draws: 1e-6 as a probability,
// which bounds the error of the polynomial far into the tails.
TEST(Initializers, TruncatedNormalsInvertTheDistribution) {
  const std::vector<float> v = kernel("glorot_normal", 3);
  const double parent = std::sqrt(2.0 / (kIn + kOut)) / .87962566103423978;
  double worst = 0;
  for (size_t i = 0; i < v.size(); ++i) {
    const double u = runtime::uniform_at(3, 0, 0, i);
    const double below =
        (1 + std::erf(v[i] / parent / std::sqrt(2.0)) / std::erf(std::sqrt(2.0))) / 2;
    worst = std::max(worst, std::abs(below - u));
  }
  EXPECT_LT(worst, 1e-6);
}

TEST(Initializers, Constants) {
  EXPECT_EQ(moments(kernel("zeros")).most, 0);
  EXPECT_EQ(moments(kernel("ones")).least, 1);
  EXPECT_EQ(moments(kernel("constant(-0.25)")).most, -0.25);
  EXPECT_EQ(kernel(Initializer::constant(0.1).text)[7], 0.1f);
}

/// The largest difference of w' w, or of w w' where w is wider than high, from square times identity.
double away_from_orthogonal(const std::vector<float>& w, int64_t rows, int64_t columns,
                            double square) {
  const int64_t n = std::min(rows, columns), long_side = std::max(rows, columns);
  const auto at = [&](int64_t vector, int64_t i) -> double {
    return w[static_cast<size_t>(rows >= columns ? i * columns + vector : vector * columns + i)];
  };
  double worst = 0;
  for (int64_t a = 0; a < n; ++a)
    for (int64_t b = 0; b < n; ++b) {
      double sum = a == b ? -square : 0;
      for (int64_t i = 0; i < long_side; ++i) sum += at(a, i) * at(b, i);
      worst = std::max(worst, std::abs(sum));
    }
  return worst;
}

TEST(Initializers, OrthogonalWeightsAre) {
  EXPECT_LT(away_from_orthogonal(kernel("orthogonal"), kIn, kOut, 1), 1e-6);
  EXPECT_LT(away_from_orthogonal(kernel("OrthogonalInitializer(gain=0.5)"), kIn, kOut, 0.25), 1e-6);
  for (const auto& [rows, columns] : {std::pair(40, 90), std::pair(70, 70), std::pair(1, 1)}) {
    Sequential model(
        {Input({rows}), Dense(columns, {.use_bias = false, .kernel_initializer = "orthogonal"})});
    EXPECT_LT(away_from_orthogonal(test::values(model.get_weights()[0]), rows, columns, 1), 1e-6)
        << rows << " x " << columns;
  }
  EXPECT_EQ(kernel("orthogonal", 5), kernel("orthogonal", 5));
  EXPECT_NE(kernel("orthogonal", 5), kernel("orthogonal", 6));
}

// All directions are alike: no sign is preferred, as it would be if the method's own signs stayed.
TEST(Initializers, OrthogonalWeightsPointEverywhere) {
  int positive = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Sequential model({Input({3}), Dense(3, {.kernel_initializer = "orthogonal"})});
    model.compile({.loss = "mse", .seed = seed, .run = test::interpreter()});
    positive += model.get_weights()[0].data<float>()[0] > 0;
  }
  EXPECT_NEAR(positive, 100, 40);
}

TEST(Initializers, IdentityHasOnesOnItsDiagonal) {
  const std::vector<float> w = kernel("identity(gain=2)");
  for (int64_t i = 0; i < kIn; ++i)
    for (int64_t j = 0; j < kOut; ++j)
      ASSERT_EQ(w[static_cast<size_t>(i * kOut + j)], i == j ? 2.0f : 0.0f) << i << ", " << j;
}

TEST(Initializers, SomeAreForMatricesAlone) {
  for (const auto& [name, is_for] : {std::pair("orthogonal", "2 dimensions or more, not 1"),
                                     std::pair("identity", "2 dimensions, not 1")}) {
    const std::string what = test::error_of(
        [&] { Sequential({Input({4}), Dense(3, {.bias_initializer = std::string(name)})}); });
    EXPECT_EQ(what, "layer Dense, weight bias: initializer '" + std::string(name) +
                        "' is for weights of " + is_for);
  }
}

TEST(Initializers, KerassNamesMeanTheSame) {
  for (const auto& [alias, name] :
       {std::pair("Zero", "zeros"), std::pair("One", "ones"), std::pair("normal", "random_normal"),
        std::pair("uniform", "random_uniform"), std::pair("OrthogonalInitializer", "orthogonal"),
        std::pair("IdentityInitializer", "identity")})
    EXPECT_EQ(kernel(alias), kernel(name)) << alias;
}

TEST(Initializers, SeedsAndWeightsDrawTheirOwn) {
  EXPECT_EQ(kernel("he_normal", 1), kernel("he_normal", 1));
  EXPECT_NE(kernel("he_normal", 1), kernel("he_normal", 2));
  Sequential model({Input({10}), Dense(10), Dense(10)});
  const std::vector<Array> w = model.get_weights();
  EXPECT_NE(test::values(w[0]), test::values(w[2]));
}

}  // namespace
}  // namespace lathe
