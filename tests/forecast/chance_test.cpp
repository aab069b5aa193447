// Intervals and the Diebold-Mariano test: by hand, properties, degenerate rows. They are compared
// with Python's in reference_test.cpp.
#include <gtest/gtest.h>

#include <cmath>

#include "lathe/forecast_chance.h"
#include "tests/forecast/forecast_test_util.h"

namespace lathe::test {
namespace {

using Numbers = std::vector<double>;

Numbers noises(int64_t n, uint64_t seed, uint32_t stream = 0) {
  Numbers all;
  for (int64_t i = 0; i < n; ++i) all.push_back(noise(seed, stream, i));
  return all;
}

TEST(Block, HasTheLengthOfItsRule) {
  struct Case {
    int64_t rows, horizon, block;
  };
  for (const Case& c :
       {Case{0, 1, 1}, Case{1, 1, 1}, Case{8, 1, 2}, Case{9, 1, 3}, Case{27, 1, 3},
        Case{1000, 1, 10}, Case{1001, 1, 11}, Case{1000, 5, 10}, Case{27, 5, 5}, Case{3, 5, 3}})
    EXPECT_EQ(bootstrap_block(c.rows, c.horizon), c.block) << c.rows << " at " << c.horizon;
}

TEST(Interval, IsAPointWhereAllRowsAreAlike) {
  const auto interval = ratio_interval(Numbers(40, 3.0), Numbers(40, 4.0), 1);
  ASSERT_TRUE(interval);
  EXPECT_EQ(interval->low, 0.75);
  EXPECT_EQ(interval->high, 0.75);
  EXPECT_EQ(interval->level, 0.95);
}

TEST(Interval, NarrowsAndWidens) {
  const Numbers few = noises(50, 1), many = noises(2000, 1);
  const auto width = [](Numbers n, const BootstrapOptions& options) {
    for (double& v : n) v = v > 0;
    const Interval i = ratio_interval(n, Numbers(n.size(), 1.0), 1, options).value();
    EXPECT_LE(i.low, i.high);
    return i.high - i.low;
  };
  EXPECT_LT(width(many, {}), 0.5 * width(few, {}));
  EXPECT_LT(width(few, {.level = 0.5}), width(few, {}));
  EXPECT_GT(width(few, {.level = 0.99}), width(few, {}));
}

TEST(Interval, HoldsTheTruthAboutAsOftenAsItSays) {
  int held = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const Interval i = hit_rate_interval(noises(250, seed, 1), noises(250, seed, 2), 1,
                                         {.resamples = 400, .seed = seed})
                           .value();
    held += i.low <= 0.5 && 0.5 <= i.high;
  }
  EXPECT_GE(held, 87);
  EXPECT_LE(held, 100);
}

TEST(Interval, SeedsDecide) {
  const Numbers a = noises(60, 4), b = noises(60, 5);
  const auto low = [&](uint64_t seed) { return hit_rate_interval(a, b, 1, {.seed = seed})->low; };
  EXPECT_EQ(low(1), low(1));
  Numbers up;
  for (double v : a) up.push_back(v + 1);
  const auto ratio = [&](uint64_t seed) {
    return ratio_interval(up, Numbers(60, 1.0), 1, {.seed = seed})->low;
  };
  EXPECT_NE(ratio(1), ratio(2));
}

TEST(Interval, OfMaeIsWithoutUnits) {
  const Numbers actual = noises(80, 6), forecast = noises(80, 7), naive = noises(80, 8);
  const auto scaled = [](Numbers n) {
    for (double& v : n) v *= 100;
    return n;
  };
  const Interval one = mae_ratio_interval(actual, forecast, naive, 3).value();
  const Interval other =
      mae_ratio_interval(scaled(actual), scaled(forecast), scaled(naive), 3).value();
  EXPECT_NEAR(one.low, other.low, 1e-12);
  EXPECT_NEAR(one.high, other.high, 1e-12);
  // Between the least and the largest that rows can give.
  EXPECT_GT(one.low, 0);
  EXPECT_TRUE(std::isfinite(one.high));
}

TEST(Interval, HandlesRowsWithoutDenominator) {
  EXPECT_FALSE(ratio_interval(Numbers(40, 1.0), Numbers(40, 0.0), 1));
  // One row alone has a denominator: many resamples miss it.
  Numbers below(40, 0.0);
  below[7] = 1;
  const Interval i = ratio_interval(Numbers(40, 1.0), below, 1).value();
  EXPECT_GT(i.low, 0);
  EXPECT_TRUE(std::isinf(i.high));
  // With neither, a resample counts as 1.
  Numbers above(40, 0.0);
  above[7] = 0.5;
  const Interval j = ratio_interval(above, below, 1).value();
  EXPECT_EQ(j.low, 0.5);
  EXPECT_EQ(j.high, 1);
}

TEST(Interval, IsAbsentForFewRows) {
  EXPECT_FALSE(ratio_interval(Numbers(9, 1.0), Numbers(9, 1.0), 1));
  EXPECT_TRUE(ratio_interval(Numbers(10, 1.0), Numbers(10, 1.0), 1));
  EXPECT_FALSE(ratio_interval(Numbers{}, Numbers{}, 1));
  // Ten rows, one of them undecided.
  Numbers lean(10, 1.0);
  lean[3] = 0;
  EXPECT_FALSE(hit_rate_interval(Numbers(10, 1.0), lean, 1));
}

TEST(Interval, SaysWhatIsWrong) {
  const Numbers n(20, 1.0), fewer(19, 1.0), bad = {-1};
  const auto error = [&](int64_t horizon, const BootstrapOptions& options) {
    return error_of([&] { ratio_interval(n, n, horizon, options); });
  };
  EXPECT_EQ(error(0, {}), "a horizon must be 1 or more, not 0");
  EXPECT_NE(error(1, {.resamples = 0}), "");
  EXPECT_EQ(error(1, {.block = 21}),
            "a block must have 1 to 20 rows, not 21 (0: as many as the rule says)");
  EXPECT_NE(error(1, {.block = -1}), "");
  for (double level : {0.0, 1.0, std::nan("")}) EXPECT_NE(error(1, {.level = level}), "");
  EXPECT_NE(error_of([&] { ratio_interval(n, fewer, 1); }), "");
  EXPECT_EQ(error_of([&] { ratio_interval(Numbers{1}, bad, 1); }), "denominator 0 is negative");
}

TEST(DieboldMariano, ByHand) {
  // Mean 1; the squares of 2, -2, ... add up to 40: variance of the mean 40 / 100.
  const Numbers d = {3, -1, 3, -1, 3, -1, 3, -1, 3, -1};
  const DieboldMariano one = diebold_mariano(d, 1).value();
  EXPECT_DOUBLE_EQ(one.mean_difference, 1);
  EXPECT_DOUBLE_EQ(one.statistic, 1 / std::sqrt(0.4));
  EXPECT_NEAR(one.p_value, std::erfc(1 / std::sqrt(0.8)), 1e-14);
  // One lag of weight 1/2, twice: 40 - 9 * 4 = 4.
  EXPECT_DOUBLE_EQ(diebold_mariano(d, 2)->statistic, 1 / std::sqrt(0.04));
}

TEST(DieboldMariano, TakesSidesAndNoUnits) {
  const Numbers actual = noises(90, 1), a = noises(90, 2), b = noises(90, 3);
  for (ForecastLoss loss : {ForecastLoss::Absolute, ForecastLoss::Squared})
    for (int64_t h = 1; h <= 5; ++h) {
      const DieboldMariano ab = diebold_mariano(actual, a, b, h, loss).value();
      const DieboldMariano ba = diebold_mariano(actual, b, a, h, loss).value();
      EXPECT_NEAR(ab.statistic, -ba.statistic, 1e-12);
      EXPECT_NEAR(ab.p_value, ba.p_value, 1e-12);
      EXPECT_GE(ab.p_value, 0);
      EXPECT_LE(ab.p_value, 1);
    }
  Numbers d = noises(90, 4);
  const double before = diebold_mariano(d, 3)->statistic;
  for (double& v : d) v *= 1e-6;
  EXPECT_NEAR(diebold_mariano(d, 3)->statistic, before, 1e-10);
}

TEST(DieboldMariano, HasANumberWithoutVariance) {
  const DieboldMariano equal = diebold_mariano(Numbers(20, 0.0), 3).value();
  EXPECT_EQ(equal.statistic, 0);
  EXPECT_EQ(equal.p_value, 1);
  for (double d : {0.1, -0.1}) {  // of which the mean is not exact
    const DieboldMariano always = diebold_mariano(Numbers(30, d), 1).value();
    EXPECT_TRUE(std::isinf(always.statistic));
    EXPECT_EQ(always.statistic > 0, d > 0);
    EXPECT_EQ(always.p_value, 0);
  }
  Numbers balanced;
  for (int i = 0; i < 20; ++i) balanced.push_back(i % 2 == 0 ? 1 : -1);
  EXPECT_EQ(diebold_mariano(balanced, 1)->p_value, 1);
}

TEST(DieboldMariano, IsAbsentForFewRows) {
  EXPECT_FALSE(diebold_mariano(noises(9, 1), 1));
  EXPECT_TRUE(diebold_mariano(noises(10, 1), 1));
  EXPECT_TRUE(diebold_mariano(noises(10, 1), 50));  // lags beyond the rows have no product
  EXPECT_NE(error_of([] { diebold_mariano(Numbers(20, 1.0), 0); }), "");
  EXPECT_NE(error_of([] { diebold_mariano(Numbers(20, NAN), 1); }), "");
}

}  // namespace
}  // namespace lathe::test
