// Targets: values by hand, naive forecasts, rises and back, what is wrong.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lathe/forecast.h"
#include "tests/forecast/forecast_test_util.h"

namespace lathe::test {
namespace {

const Prices kFour{.open = {10, 11, 12, 9}, .close = {10.5, 11, 8, 8}, .adj_close = {5, 6, 4, 4}};

struct ByHand {
  const char* target;
  int64_t horizon;
  RiseBase over;
  int64_t day;
  double value, rise;
};

class TargetByHand : public testing::TestWithParam<ByHand> {};

TEST_P(TargetByHand, HasItsValue) {
  const ByHand& c = GetParam();
  const TargetSpec spec{forecast_target(c.target), c.horizon, c.over};
  EXPECT_DOUBLE_EQ(target_value(kFour.columns(), spec, c.day), c.value);
  EXPECT_DOUBLE_EQ(actual_rise(kFour.columns(), spec, c.day), c.rise);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, TargetByHand,
    testing::Values(ByHand{"open", 1, RiseBase::Close, 1, 12, 100.0 / 11},
                    ByHand{"open", 3, RiseBase::Open, 0, 9, -100 * 1.5 / 10.5},
                    ByHand{"close", 2, RiseBase::Close, 0, 8, -100 * 2.5 / 10.5},
                    ByHand{"adj_close", 1, RiseBase::Close, 0, 6, 20},
                    ByHand{"rise", 1, RiseBase::Close, 2, 12.5, 12.5},
                    ByHand{"rise", 1, RiseBase::Open, 2, -25, 12.5},  // 9 over 12, and over 8
                    ByHand{"return", 1, RiseBase::Close, 1, std::log(8.0 / 11), -300.0 / 11},
                    ByHand{"direction", 1, RiseBase::Close, 0, 1, 100 * 0.5 / 10.5},
                    ByHand{"direction", 1, RiseBase::Close, 1, 0, -300.0 / 11},
                    ByHand{"direction", 1, RiseBase::Close, 2, 0, 0}));  // unchanged is not up

TEST(Target, NaiveIsTheLastKnownPrice) {
  const auto naive = [](const char* target, RiseBase over) {
    return naive_forecast(kFour.columns(), {forecast_target(target), 1, over}, 2);
  };
  EXPECT_EQ(naive("open", RiseBase::Close), 8);  // the close, not the open of today
  EXPECT_EQ(naive("close", RiseBase::Close), 8);
  EXPECT_EQ(naive("adj_close", RiseBase::Close), 4);
  EXPECT_EQ(naive("rise", RiseBase::Close), 0);
  EXPECT_DOUBLE_EQ(naive("rise", RiseBase::Open), -100.0 / 3);
  EXPECT_EQ(naive("return", RiseBase::Close), 0);
  EXPECT_NE(error_of([&] { naive("direction", RiseBase::Close); }), "");
  // It needs no day that is yet to come.
  EXPECT_EQ(naive_forecast(kFour.columns(), {ForecastTarget::Open, 5}, 3), 8);
}

TEST(Target, NaiveHasNoRiseToTheLastBit) {
  const Prices p = random_prices(200, 3);
  for (const TargetSpec& spec : all_specs()) {
    if (spec.target == ForecastTarget::Direction) continue;
    for (int64_t day = 0; day < 200; ++day) {
      const double naive = naive_forecast(p.columns(), spec, day);
      ASSERT_EQ(to_rise(p.columns(), spec, day, naive), 0) << name_of(spec);
      ASSERT_EQ(from_rise(p.columns(), spec, day, 0), naive) << name_of(spec);
    }
  }
}

TEST(Target, RisesAndValuesGoBothWays) {
  const Prices p = random_prices(100, 4);
  for (const TargetSpec& spec : all_specs()) {
    if (spec.target == ForecastTarget::Direction) continue;
    for (int64_t day = 0; day < 95; ++day) {
      SCOPED_TRACE(name_of(spec) + " of day " + std::to_string(day));
      const double value = target_value(p.columns(), spec, day);
      const double rise = to_rise(p.columns(), spec, day, value);
      ASSERT_NEAR(rise, actual_rise(p.columns(), spec, day), 1e-11);
      ASSERT_NEAR(from_rise(p.columns(), spec, day, rise), value, 1e-11);
    }
  }
}

TEST(Target, KeepsTheOrderOfPrices) {
  const Prices p = random_prices(20, 5);
  for (const TargetSpec& spec : all_specs()) {
    const double last = last_known_price(p.columns(), spec, 9);
    double below = -std::numeric_limits<double>::infinity();
    for (double price : {0.5 * last, last, 2 * last}) {
      const double value = target_of_price(p.columns(), spec, 9, price);
      EXPECT_GT(value, below) << name_of(spec);
      const double lean = forecast_lean(p.columns(), spec, 9, value);
      EXPECT_EQ((lean > 0) - (lean < 0), (price > last) - (price < last)) << name_of(spec);
      below = value;
    }
  }
}

TEST(Target, DoesNotDependOnTheCurrency) {
  const Prices p = random_prices(60, 6);
  Prices q = p;
  for (auto* column : {&q.open, &q.close, &q.adj_close})
    for (double& price : *column) price *= 32.5;
  for (const TargetSpec& spec : all_specs())
    for (int64_t day = 0; day < 55; ++day) {
      EXPECT_NEAR(actual_rise(q.columns(), spec, day), actual_rise(p.columns(), spec, day), 1e-11);
      const bool price = spec.target == ForecastTarget::Open ||
                         spec.target == ForecastTarget::Close ||
                         spec.target == ForecastTarget::AdjClose;
      EXPECT_NEAR(target_value(q.columns(), spec, day),
                  target_value(p.columns(), spec, day) * (price ? 32.5 : 1), 1e-9);
    }
}

TEST(Target, DirectionHasSides) {
  const TargetSpec spec{ForecastTarget::Direction};
  const PriceColumns p = kFour.columns();
  EXPECT_EQ(from_rise(p, spec, 0, 0.1), 1);
  EXPECT_EQ(from_rise(p, spec, 0, -0.1), 0);
  EXPECT_EQ(from_rise(p, spec, 0, 0), 0.5);
  EXPECT_EQ(forecast_lean(p, spec, 0, 0.75), 0.25);
  EXPECT_EQ(forecast_lean(p, spec, 0, 0.5), 0);
  EXPECT_NE(error_of([&] { to_rise(p, spec, 0, 0.7); }).find("stands for no price"),
            std::string::npos);
}

TEST(Target, IsThereAsLongAsTheDayForecastIs) {
  for (int64_t day = -1; day < 6; ++day)
    for (int64_t h = 1; h <= kLongestHorizon; ++h)
      EXPECT_EQ(has_target(kFour.columns(), {ForecastTarget::Close, h}, day),
                day >= 0 && day + h <= 3);
}

TEST(Target, SaysWhatIsWrong) {
  Prices p = kFour;
  p.open[2] = 0;
  p.close[3] = std::nan("");
  p.adj_close.clear();
  const auto error = [&](TargetSpec spec, int64_t day) {
    return error_of([&] { target_value(p.columns(), spec, day); });
  };
  EXPECT_EQ(error({ForecastTarget::Open, 1}, 1), "the open of day 2 is 0, not a price above 0");
  EXPECT_EQ(error({ForecastTarget::Close, 2}, 1), "the close of day 3 is nan, not a price above 0");
  EXPECT_EQ(error({ForecastTarget::Close, 1}, 3),
            "there is no close of day 4: the prices have days 0 to 3");
  EXPECT_EQ(error({ForecastTarget::Rise, 1}, -1),
            "there is no close of day -1: the prices have days 0 to 3");
  EXPECT_EQ(error({ForecastTarget::AdjClose, 1}, 0), "these prices have no adjusted close");
  for (int64_t horizon : {-1, 0, 6})
    EXPECT_EQ(error({ForecastTarget::Open, horizon}, 0),
              "a horizon must be 1 to 5 days, not " + std::to_string(horizon));
}

TEST(Target, IsFoundByItsName) {
  for (const ForecastTargetText& t : forecast_targets()) {
    EXPECT_EQ(forecast_target(t.name), t.target);
    EXPECT_FALSE(t.formula.empty());
  }
  for (const RiseBaseText& b : rise_bases()) {
    EXPECT_EQ(rise_base(b.name), b.base);
    EXPECT_EQ(to_string(b.base), b.name);
  }
  EXPECT_EQ(rise_base("open"), RiseBase::Open);
  EXPECT_EQ(error_of([] { forecast_target("adjclose"); }),
            "unknown target 'adjclose'; did you mean 'adj_close'?");
  EXPECT_EQ(error_of([] { rise_base("opne"); }),
            "unknown base of a rise 'opne'; did you mean 'open'?");
}

}  // namespace
}  // namespace lathe::test
