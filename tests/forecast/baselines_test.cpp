// Baselines by hand, without looking ahead; the linear fit; what is wrong.
#include <gtest/gtest.h>

#include <cmath>

#include "lathe/forecast.h"
#include "tests/forecast/forecast_test_util.h"

namespace lathe::test {
namespace {

const Prices kFive{
    .open = {10, 12, 11, 9, 12}, .close = {10, 11, 12, 10, 11}, .adj_close = {5, 5.5, 6, 10, 11}};
const std::vector<int64_t> kTrain = {0, 1}, kTest = {2, 3};
const std::vector<double> kInputs = {1, 2}, kTestInputs = {3, 5};

struct ByHand {
  const char* baseline;
  const char* target;
  RiseBase over;
  std::vector<double> forecasts;
};

class BaselineByHand : public testing::TestWithParam<ByHand> {};

TEST_P(BaselineByHand, Forecasts) {
  const ByHand& c = GetParam();
  const std::vector<double> got = baseline_forecast(forecast_baseline(c.baseline), kFive.columns(),
                                                    {forecast_target(c.target), 1, c.over},
                                                    {.train = kTrain,
                                                     .test = kTest,
                                                     .window = 3,
                                                     .train_inputs = {kInputs, 1},
                                                     .test_inputs = {kTestInputs, 1}});
  ASSERT_EQ(got.size(), c.forecasts.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], c.forecasts[i], 1e-12) << i;
}

// The opens after the training days are 20 % and 0 % above their closes, so drift is 10 %; the
// closes after them 10 % and 9.09 %.
constexpr double kCloseDrift = (10 + 100.0 / 11) / 2;

INSTANTIATE_TEST_SUITE_P(
    Cases, BaselineByHand,
    testing::Values(ByHand{"naive", "open", RiseBase::Close, {12, 10}},
                    ByHand{"naive", "rise", RiseBase::Open, {100.0 / 11, 100.0 / 9}},
                    ByHand{"today_open", "open", RiseBase::Close, {11, 9}},
                    ByHand{"today_open", "rise", RiseBase::Open, {0, 0}},
                    ByHand{"today_open", "rise", RiseBase::Close, {-100.0 / 12, -10}},
                    ByHand{"today_open", "adj_close", RiseBase::Close, {5.5, 9}},
                    ByHand{"today_open", "direction", RiseBase::Close, {0, 0}},
                    ByHand{"drift", "open", RiseBase::Close, {13.2, 11}},
                    ByHand{"drift", "rise", RiseBase::Close, {10, 10}},
                    ByHand{"drift",
                           "return",
                           RiseBase::Close,
                           {std::log1p(kCloseDrift / 100), std::log1p(kCloseDrift / 100)}},
                    ByHand{"drift", "direction", RiseBase::Close, {1, 1}},
                    ByHand{"window_mean", "open", RiseBase::Close, {11, 32.0 / 3}},
                    ByHand{"window_mean", "close", RiseBase::Close, {11, 11}},
                    ByHand{"window_mean", "direction", RiseBase::Close, {0, 1}},
                    // Opens of 12 and 11 for inputs of 1 and 2: 13 - x.
                    ByHand{"linear", "open", RiseBase::Close, {10, 8}},
                    ByHand{"always_up", "direction", RiseBase::Close, {1, 1}}));

TEST(Baseline, KnowsNothingOfLaterDays) {
  const Prices p = random_prices(80, 7);
  const std::vector<int64_t> train = days(10, 40);
  std::vector<double> inputs;
  for (int64_t day : train) inputs.push_back(p.close[static_cast<size_t>(day)]);
  for (int64_t today : {45, 50, 77, 79}) {
    Prices q = p;
    for (auto* column : {&q.open, &q.close, &q.adj_close})
      for (size_t i = static_cast<size_t>(today) + 1; i < column->size(); ++i) (*column)[i] *= 3;
    const std::vector<int64_t> test = {today};
    const std::vector<double> test_inputs = {p.close[static_cast<size_t>(today)]};
    const BaselineRows rows{.train = train,
                            .test = test,
                            .window = 7,
                            .train_inputs = {inputs, 1},
                            .test_inputs = {test_inputs, 1}};
    for (const ForecastBaselineText& b : forecast_baselines())
      for (const TargetSpec& spec : all_specs()) {
        if (!applies_to(b.baseline, spec.target)) continue;
        EXPECT_EQ(baseline_forecast(b.baseline, p.columns(), spec, rows),
                  baseline_forecast(b.baseline, q.columns(), spec, rows))
            << b.name << " of " << name_of(spec);
      }
  }
}

TEST(Baseline, AppliesToItsTargets) {
  for (const ForecastTargetText& t : forecast_targets()) {
    const bool direction = t.target == ForecastTarget::Direction;
    EXPECT_EQ(applies_to(ForecastBaseline::Naive, t.target), !direction);
    EXPECT_EQ(applies_to(ForecastBaseline::AlwaysUp, t.target), direction);
    EXPECT_TRUE(applies_to(ForecastBaseline::Linear, t.target));
  }
  for (const ForecastBaselineText& b : forecast_baselines())
    EXPECT_EQ(forecast_baseline(b.name), b.baseline);
}

TEST(Baseline, SaysWhatIsWrong) {
  const auto error = [&](const char* baseline, const char* target, const BaselineRows& rows) {
    return error_of([&] {
      baseline_forecast(forecast_baseline(baseline), kFive.columns(), {forecast_target(target), 1},
                        rows);
    });
  };
  EXPECT_EQ(error("naive", "direction", {.test = kTest}),
            "there is no baseline 'naive' of target 'direction'");
  EXPECT_EQ(error("always_up", "open", {.test = kTest}),
            "there is no baseline 'always_up' of target 'open'");
  EXPECT_EQ(error("drift", "open", {.test = kTest}), "baseline 'drift' needs training rows");
  EXPECT_EQ(error("linear", "open", {.test = kTest}), "baseline 'linear' needs training rows");
  EXPECT_EQ(error("window_mean", "open", {.test = kTest, .window = 4}),
            "a window of 4 days to day 2 begins before day 0");
  EXPECT_NE(error("window_mean", "open", {.test = kTest, .window = 0}), "");
  const std::vector<int64_t> outside = {5}, last = {4};
  EXPECT_NE(error("always_up", "direction", {.test = outside}), "");
  EXPECT_NE(error("drift", "open", {.train = last, .test = kTest}), "");
  EXPECT_EQ(error("linear", "open",
                  {.train = kTrain,
                   .test = kTest,
                   .train_inputs = {kInputs, 1},
                   .test_inputs = {kTestInputs, 2}}),
            "the regression was fitted to 1 inputs, not to 2");
  EXPECT_EQ(error("linear", "open",
                  {.train = kTrain,
                   .test = kTrain,
                   .train_inputs = {kInputs, 1},
                   .test_inputs = {std::span(kTestInputs).first(1), 1}}),
            "baseline 'linear' has inputs of 1 test days, not of 2");
  EXPECT_EQ(error_of([] { forecast_baseline("driftt"); }),
            "unknown baseline 'driftt'; did you mean 'drift'?");
}

TEST(LinearFit, FindsWhatIsLinear) {
  std::vector<double> x, y;
  for (int64_t i = 0; i < 30; ++i) {
    for (uint32_t c = 0; c < 3; ++c) x.push_back(noise(1, c, i));
    const double* row = &x[x.size() - 3];
    y.insert(y.end(), {2 * row[0] - row[1] + 4, row[2] - 1});
  }
  const LinearFit fit = fit_linear({x, 3}, {y, 2});
  EXPECT_EQ(fit.rank, 3);
  const std::vector<double> coefficients = {2, 0, -1, 0, 0, 1}, intercepts = {4, -1};
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(fit.coefficients[i], coefficients[i], 1e-13);
  for (size_t i = 0; i < 2; ++i) EXPECT_NEAR(fit.intercepts[i], intercepts[i], 1e-13);
  const std::vector<double> predicted = fit.predict({x, 3});
  ASSERT_EQ(predicted.size(), y.size());
  for (size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(predicted[i], y[i], 1e-13);
  EXPECT_TRUE(fit.predict({{}, 3}).empty());
}

TEST(LinearFit, SharesAmongEqualColumns) {
  const std::vector<double> x = {1, 1, 2, 2, 4, 4}, y = {3, 5, 9};  // y = 2 x + 1
  const LinearFit fit = fit_linear({x, 2}, {y, 1});
  EXPECT_EQ(fit.rank, 1);
  EXPECT_NEAR(fit.coefficients[0], 1, 1e-14);
  EXPECT_NEAR(fit.coefficients[1], 1, 1e-14);
  EXPECT_NEAR(fit.intercepts[0], 1, 1e-14);
}

// The third column is the sum of the others, but for its rounding to an f32.
TEST(LinearFit, TakesNoRoundingForAColumn) {
  std::vector<double> x, y;
  for (int64_t i = 0; i < 50; ++i) {
    const float a = static_cast<float>(noise(1, 0, i)), b = static_cast<float>(noise(1, 1, i) / 3);
    x.insert(x.end(), {a, b, a + b});
    y.push_back(a - b + 0.1 * noise(1, 2, i));
  }
  EXPECT_EQ(fit_linear({x, 3}, {y, 1}).rank, 3);
  const LinearFit fit = fit_linear({x, 3}, {y, 1}, 0x1p-24);
  EXPECT_EQ(fit.rank, 2);
  for (const double coefficient : fit.coefficients) EXPECT_LT(std::fabs(coefficient), 1.5);
}

TEST(LinearFit, SaysWhatIsWrong) {
  const std::vector<double> x = {1, 2, 3, 4}, y = {1, 2, 3}, bad = {1, std::nan("")};
  const auto error = [](const NumberRows& a, const NumberRows& b) {
    return error_of([&] { fit_linear(a, b); });
  };
  EXPECT_EQ(error({x, 2}, {y, 1}), "there are inputs of 2 rows, but outputs of 3");
  EXPECT_EQ(error({x, 3}, {y, 1}), "inputs have 4 values, no whole rows of 3");
  EXPECT_EQ(error({x, 0}, {y, 1}), "inputs must have a column or more, not 0");
  EXPECT_EQ(error({{}, 2}, {{}, 1}), "a linear regression needs rows");
  EXPECT_EQ(error({x, 2}, {bad, 1}), "outputs: number 1 is nan");
}

}  // namespace
}  // namespace lathe::test
