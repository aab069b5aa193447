// Scores by hand and what they do not depend on; what is absent, and what is wrong.
#include <gtest/gtest.h>

#include <cmath>

#include "lathe/forecast_scores.h"
#include "tests/forecast/forecast_test_util.h"

namespace lathe::test {
namespace {

using Numbers = std::vector<double>;

TEST(ErrorScores, ByHand) {
  const ErrorScores s =
      error_scores(Numbers{10, 20, 0, 40}, Numbers{11, 18, 2, 40}, Numbers{10, 24, 4, 44});
  EXPECT_EQ(s.rows, 4);
  EXPECT_DOUBLE_EQ(s.mae, 5.0 / 4);
  EXPECT_DOUBLE_EQ(s.rmse, std::sqrt(9.0 / 4));
  EXPECT_DOUBLE_EQ(s.mape.value(), 20.0 / 3);  // 10 %, 10 %, 0 %
  EXPECT_EQ(s.mape_left_out, 1);
  EXPECT_DOUBLE_EQ(s.mae_naive, 3);
  EXPECT_DOUBLE_EQ(s.mae_ratio.value(), 5.0 / 12);
  EXPECT_DOUBLE_EQ(s.rmse_ratio.value(), std::sqrt(9.0 / 48));
  EXPECT_DOUBLE_EQ(s.mape_ratio.value(), (20.0 / 3) / 10);
}

TEST(ErrorScores, HaveNoRatioToNothing) {
  const Numbers actual = {0, 0};
  const ErrorScores s = error_scores(actual, Numbers{1, -1}, actual);
  EXPECT_EQ(s.mae, 1);
  EXPECT_FALSE(s.mape);
  EXPECT_EQ(s.mape_left_out, 2);
  EXPECT_FALSE(s.mae_ratio);
  EXPECT_FALSE(s.rmse_ratio);
  EXPECT_FALSE(s.mape_ratio);
}

TEST(ErrorScores, RatiosAreWithoutUnits) {
  Numbers actual, forecast, naive;
  for (int64_t i = 0; i < 50; ++i) {
    actual.push_back(20 + noise(1, 0, i));
    forecast.push_back(20 + noise(1, 1, i));
    naive.push_back(20 + noise(1, 2, i));
  }
  const ErrorScores s = error_scores(actual, forecast, naive);
  for (Numbers* numbers : {&actual, &forecast, &naive})
    for (double& v : *numbers) v *= 1000;
  const ErrorScores t = error_scores(actual, forecast, naive);
  EXPECT_NEAR(t.mae, 1000 * s.mae, 1e-9);
  EXPECT_NEAR(t.rmse, 1000 * s.rmse, 1e-9);
  EXPECT_NEAR(*t.mape, *s.mape, 1e-11);
  EXPECT_NEAR(*t.mae_ratio, *s.mae_ratio, 1e-12);
  EXPECT_NEAR(*t.rmse_ratio, *s.rmse_ratio, 1e-12);
  EXPECT_NEAR(*t.mape_ratio, *s.mape_ratio, 1e-12);
  EXPECT_GE(s.rmse, s.mae);
}

TEST(RiseR2, ByHand) {
  const Numbers rise = {1, -2, 2};
  EXPECT_DOUBLE_EQ(rise_r2(rise, rise).value(), 1);
  EXPECT_DOUBLE_EQ(rise_r2(rise, Numbers{0, 0, 0}).value(), 0);
  EXPECT_DOUBLE_EQ(rise_r2(rise, Numbers{0, -2, 0}).value(), 1 - 5.0 / 9);
  EXPECT_LT(rise_r2(rise, Numbers{-1, 2, -2}).value(), 0);
  EXPECT_FALSE(rise_r2(Numbers{0, 0}, Numbers{1, 2}));
}

TEST(HitRate, LeavesOutWhatHasNoDirection) {
  const HitRate h = hit_rate(Numbers{1, 2, -1, -3, 0, 0, 4}, Numbers{0.1, -1, -2, 5, 1, 0, 0});
  EXPECT_EQ(h.unchanged, 2);
  EXPECT_EQ(h.undecided, 1);
  EXPECT_EQ(h.decided, 4);
  EXPECT_EQ(h.hits, 2);
  EXPECT_DOUBLE_EQ(h.rate.value(), 0.5);
  EXPECT_DOUBLE_EQ(h.up_share.value(), 0.5);  // of the four decided, not of the five that moved
}

TEST(HitRate, IsAbsentWhereNothingIsDecided) {
  const HitRate never = hit_rate(Numbers{1, -1}, Numbers{0, 0});
  EXPECT_EQ(never.undecided, 2);
  EXPECT_FALSE(never.rate);
  EXPECT_FALSE(never.up_share);
  const HitRate unchanged = hit_rate(Numbers{0, 0}, Numbers{1, -1});
  EXPECT_EQ(unchanged.unchanged, 2);
  EXPECT_FALSE(unchanged.rate);
}

TEST(HitRate, OfAlwaysUpIsTheShareOfUpDays) {
  Numbers rise;
  for (int64_t i = 0; i < 101; ++i) rise.push_back(noise(2, 0, i) + 0.1);
  const HitRate up = hit_rate(rise, Numbers(101, 1.0)), down = hit_rate(rise, Numbers(101, -1.0));
  EXPECT_EQ(up.rate, up.up_share);
  EXPECT_EQ(up.up_share, down.up_share);
  EXPECT_DOUBLE_EQ(*up.rate + *down.rate, 1);
}

TEST(TBrain, ByHand) {
  const Numbers actual = {11, 10, 12, 12, 10}, forecast = {11, 11, 12, 12, 11};
  const TBrainScore s = tbrain_score(Numbers{10}, actual, forecast);
  // Up, down, up, unchanged, down; said: up, unchanged, up, unchanged, down. 10 % off: days 2, 5.
  EXPECT_NEAR(s.direction, 0.5 * (0.1 + 0.2 + 0.25 + 0.3), 1e-15);
  EXPECT_NEAR(s.closeness, 0.5 * (0.1 + 0.15 * 0.9 + 0.2 + 0.25 + 0.3 * 0.9), 1e-15);
  EXPECT_DOUBLE_EQ(s.total, s.direction + s.closeness);
}

TEST(TBrain, IsOneAtBestAndTheMeanOverRows) {
  const Numbers actual = {11, 10, 12, 12, 10, 5, 6, 7, 8, 9};
  const TBrainScore best = tbrain_score(Numbers{10, 5}, actual, actual);
  EXPECT_DOUBLE_EQ(best.total, 1);
  Numbers half = actual;
  for (size_t i = 5; i < 10; ++i) half[i] = 5;  // as today: direction right on the first day alone
  const TBrainScore first = tbrain_score(Numbers{5}, Numbers{5, 6, 7, 8, 9}, Numbers(5, 5.0));
  const TBrainScore both = tbrain_score(Numbers{10, 5}, actual, half);
  EXPECT_NEAR(both.total, (1 + first.total) / 2, 1e-15);
  EXPECT_NEAR(first.direction, 0.05, 1e-15);
  // A price far off costs more than the day can give.
  EXPECT_LT(tbrain_score(Numbers{5}, Numbers(5, 5.0), Numbers(5, 50.0)).closeness, 0);
}

TEST(SeedSpread, ByHand) {
  const SeedSpread s = seed_spread(Numbers{1, 4, 4});
  EXPECT_EQ(s.seeds, 3);
  EXPECT_DOUBLE_EQ(s.mean, 3);
  EXPECT_DOUBLE_EQ(s.deviation.value(), std::sqrt(3.0));
  EXPECT_EQ(s.least, 1);
  EXPECT_EQ(s.most, 4);
  const SeedSpread one = seed_spread(Numbers{0.1});
  EXPECT_EQ(one.mean, 0.1);
  EXPECT_FALSE(one.deviation);
}

TEST(ScoreForecast, OfNaiveIsNaive) {
  const Prices p = random_prices(300, 8);
  const std::vector<int64_t> test = days(100, 290);
  for (const TargetSpec& spec : all_specs()) {
    if (spec.target == ForecastTarget::Direction) continue;
    SCOPED_TRACE(name_of(spec));
    const ForecastScores s = score_forecast(
        p.columns(), spec, test,
        baseline_forecast(ForecastBaseline::Naive, p.columns(), spec, {.test = test}),
        {.resamples = 20});
    EXPECT_EQ(s.rows, 191);
    EXPECT_EQ(s.errors.value().mae_ratio, 1);
    EXPECT_EQ(s.mae_ratio_interval.value().low, 1);
    EXPECT_EQ(s.mae_ratio_interval.value().high, 1);
    EXPECT_EQ(s.test.value().statistic, 0);
    EXPECT_EQ(s.test.value().p_value, 1);
    EXPECT_EQ(s.rise_r2, 0);
    EXPECT_FALSE(s.hits.rate);
    EXPECT_EQ(s.hits.undecided, 191);
    EXPECT_FALSE(s.hit_interval);
  }
}

TEST(ScoreForecast, OfDirectionHasHitsAlone) {
  const Prices p = random_prices(120, 9);
  const std::vector<int64_t> test = days(10, 110);
  const ForecastScores s =
      score_forecast(p.columns(), {ForecastTarget::Direction, 2}, test, Numbers(101, 0.9));
  EXPECT_FALSE(s.errors);
  EXPECT_FALSE(s.mae_ratio_interval);
  EXPECT_FALSE(s.test);
  EXPECT_FALSE(s.rise_r2);
  EXPECT_EQ(s.hits.rate, s.hits.up_share);
  EXPECT_TRUE(s.hit_interval);
}

TEST(ScoreForecast, SaysTheSameOfAPriceAndItsRise) {
  const Prices p = random_prices(200, 10);
  const std::vector<int64_t> test = days(50, 190);
  Numbers opens, rises;
  const TargetSpec open{ForecastTarget::Open}, rise{ForecastTarget::Rise};
  for (int64_t day : test) {
    rises.push_back(noise(3, 0, day));
    opens.push_back(from_rise(p.columns(), open, day, rises.back()));
  }
  const BootstrapOptions few{.resamples = 50};
  const ForecastScores a = score_forecast(p.columns(), open, test, opens, few);
  const ForecastScores b = score_forecast(p.columns(), rise, test, rises, few);
  EXPECT_NEAR(*a.rise_r2, *b.rise_r2, 1e-11);
  EXPECT_EQ(a.hits.hits, b.hits.hits);
  EXPECT_EQ(a.hit_interval->low, b.hit_interval->low);
}

TEST(Scores, SayWhatIsWrong) {
  const Numbers one = {1}, two = {1, 2}, none, bad = {1, std::nan("")};
  EXPECT_EQ(error_of([&] { error_scores(none, none, none); }), "there are no rows to score");
  EXPECT_EQ(error_of([&] { error_scores(two, one, two); }), "there are 1 forecasts for 2 rows");
  EXPECT_EQ(error_of([&] { error_scores(two, bad, two); }), "forecasts: number 1 is nan");
  EXPECT_NE(error_of([&] { error_scores(two, two, one); }), "");
  EXPECT_NE(error_of([&] { rise_r2(none, none); }), "");
  EXPECT_NE(error_of([&] { hit_rate(two, one); }), "");
  EXPECT_NE(error_of([&] { seed_spread(none); }), "");
  EXPECT_NE(error_of([&] { seed_spread(bad); }), "");
  EXPECT_EQ(error_of([&] { tbrain_score(one, two, two); }),
            "there are 2 closes, five a row, for 5 rows");
  EXPECT_EQ(error_of([&] { tbrain_score(one, Numbers{1, 2, 0, 4, 5}, Numbers(5, 1.0)); }),
            "row 0 has a close of 0, not a price above 0");
  const Prices p = random_prices(30, 1);
  EXPECT_EQ(error_of([&] { score_forecast(p.columns(), {}, days(1, 3), two); }),
            "there are 2 forecasts for 3 rows");
  EXPECT_NE(error_of([&] { score_forecast(p.columns(), {}, days(28, 29), two); }), "");
}

}  // namespace
}  // namespace lathe::test
