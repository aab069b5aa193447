// What a report is made of: results from prices and forecasts, and their numbers.
#include "tools/report/forecast_result.h"

#include <gtest/gtest.h>

#include <cmath>

#include "ir/error.h"
#include "tests/report/report_test_util.h"
#include "tools/report/findings.h"
#include "tools/report/score_table.h"

namespace lathe::report::test {
namespace {

SeedForecast of_mae(uint64_t seed, double mae) {
  SeedForecast m{seed};
  m.scores.rows = 500;
  m.scores.errors = ErrorScores{.rows = 500, .mae = mae, .mae_naive = 2, .mae_ratio = mae / 2};
  m.scores.mae_ratio_interval = Interval{mae / 2 - 0.1, mae / 2 + 0.1};
  m.scores.test = DieboldMariano{.p_value = 0.5};
  return m;
}

ForecastResult of_maes(const std::vector<double>& maes) {
  ForecastResult result{"SPY"};
  for (const double mae : maes) result.model.push_back(of_mae(result.model.size() + 1, mae));
  return result;
}

const ScoreColumn& column(std::string_view title) {
  for (const ScoreColumn& c : score_columns())
    if (c.title == title) return c;
  throw std::runtime_error("no such column");
}

TEST(Result, IsComputedFromThePrices) {
  const PriceSeries prices = as_of_a_market("SPY", 4);
  const PriceColumns columns{prices.open, prices.close, prices.adj_close};
  for (const ForecastTargetText& t : forecast_targets()) {
    const TargetSpec spec{t.target, 2};
    const ForecastResult r = made_result(prices, {spec, 2});
    ASSERT_EQ(r.date.size(), 120u);
    EXPECT_EQ(r.date.back(), prices.date.back());
    const int64_t first = prices.rows() - 122;
    EXPECT_EQ(r.actual[0], target_value(columns, spec, first));
    EXPECT_EQ(r.actual_rise[0], actual_rise(columns, spec, first));
    EXPECT_EQ(r.naive.size(), t.target == ForecastTarget::Direction ? 0u : 120u);
    for (const SeedForecast& m : r.model) {
      EXPECT_EQ(m.lean[0], forecast_lean(columns, spec, first, m.forecast[0]));
      EXPECT_EQ(m.scores.rows, 120);
      EXPECT_EQ(m.scores.target, t.target);
    }
    for (const BaselineForecast& b : r.baselines) {
      if (b.name == "naive") {
        EXPECT_EQ(b.scores.errors.value().mae_ratio.value(), 1);
      }
      if (b.name != "drift") continue;
      for (const SeedForecast& m : r.model) {
        ASSERT_EQ(m.scores.drift_test.has_value(), t.target != ForecastTarget::Direction);
        if (!m.scores.drift_test) continue;
        EXPECT_EQ(m.scores.drift_test->statistic,
                  diebold_mariano(r.actual, m.forecast, b.forecast, 2).value().statistic);
      }
    }
  }
}

TEST(Result, NeedsAModelWithAForecastForEachDay) {
  const PriceSeries prices = as_of_a_market("SPY", 4);
  const std::vector<int64_t> days = {30, 31};
  EXPECT_THROW(forecast_result(prices, {}, days, {}, {}), Error);
  EXPECT_THROW(forecast_result(prices, {}, days, {{1, {100}}}, {}), Error);
}

TEST(Result, TheSeedInTheMiddleIsJudged) {
  EXPECT_EQ(judged_seed(of_maes({2})).seed, 1u);
  EXPECT_EQ(judged_seed(of_maes({3, 1, 2})).seed, 3u);
  EXPECT_EQ(judged_seed(of_maes({4, 1, 2, 3})).seed, 3u);  // the better of 2 and 3
  EXPECT_EQ(judged_seed(of_maes({2, 2, 2})).seed, 2u);
}

TEST(Result, ALeakOfOneSeedIsEnoughAndOnlyOneDayAhead) {
  EXPECT_FALSE(looks_like_a_leak(of_maes({2, 1.97})));
  ForecastResult r = of_maes({2, 1.9});
  EXPECT_TRUE(looks_like_a_leak(r));
  r.spec.horizon = 2;
  for (SeedForecast& m : r.model) m.scores.horizon = 2;
  EXPECT_FALSE(looks_like_a_leak(r));
}

TEST(Result, OfSeedsAreMeanAndDeviation) {
  const ForecastResult r = of_maes({1, 2, 3});
  EXPECT_EQ(model_value(r, column("MAE")), 2);
  EXPECT_EQ(model_value(r, column("p")), 0.5);
  EXPECT_EQ(model_value(r, column("MAPE, %")), std::nullopt);
  const ScoreTable table = score_table(r, "-", "spread");
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0].cells[0], "2.000");
  EXPECT_EQ(table.rows[1].name, "spread");
  EXPECT_EQ(table.rows[1].cells[0], "1.000");
  EXPECT_EQ(table.rows[1].cells.back(), "-");
}

TEST(Result, NumbersAreShownAsTheirColumnHasThem) {
  const auto text = [](double v, NumberKind kind) { return number_text(v, kind, "-", 1); };
  EXPECT_EQ(text(12.345, NumberKind::Units), "12.3");
  EXPECT_EQ(text(1.0034, NumberKind::Ratio), "1.003");
  EXPECT_EQ(text(0.5123, NumberKind::Rate), "51.2");
  EXPECT_EQ(text(-0.00123, NumberKind::R2), "-0.0012");
  EXPECT_EQ(text(-0.00001, NumberKind::R2), "0.0000");
  EXPECT_EQ(text(0.4131, NumberKind::P), "0.413");
  EXPECT_EQ(text(0.0001, NumberKind::P), "<0.001");
  EXPECT_EQ(text(0, NumberKind::P), "<0.001");
  EXPECT_EQ(text(std::nan(""), NumberKind::Ratio), "-");
  EXPECT_EQ(number_text(std::nullopt, NumberKind::Ratio, "-"), "-");
}

TEST(Result, DigitsFitTheSmallestOfAColumn) {
  const auto mae = [](double value) {
    return score_table(of_maes({value}), "-", "").rows[0].cells[0];
  };
  EXPECT_EQ(mae(412.345), "412.3");
  EXPECT_EQ(mae(0.0083456), "0.008346");
  EXPECT_EQ(mae(0), "0.000");
  EXPECT_EQ(mae(123456), "123456");
  ForecastResult r = of_maes({1.2345});
  r.baselines.push_back({"bad", {}, of_mae(1, 56.789).scores});
  EXPECT_EQ(score_table(r, "-", "").rows[1].cells[0], "56.789");
}

TEST(Result, LabelsSayWhatItIs) {
  EXPECT_EQ(series_label("walk", true), "walk (SYNTHETIC)");
  EXPECT_EQ(target_label({ForecastTarget::AdjClose, 1}), "adj_close, one day ahead");
  EXPECT_EQ(target_label({ForecastTarget::Rise, 3, RiseBase::Open}),
            "rise over the open, 3 days ahead");
  for (const ForecastTargetText& t : forecast_targets())
    EXPECT_FALSE(target_units(t.target).empty());
}

TEST(Findings, AreCountedOverSeriesAndSeeds) {
  const std::vector<ForecastResult> results = {of_maes({2, 2, 1.5}), of_maes({1.9}),
                                               of_maes({2.1})};
  EXPECT_EQ(findings_summary(results), "Of 3 forecasts: 1 suspicious, 2 no better.");
  std::vector<ForecastResult> other = {of_maes({2.1}), of_maes({1.97})};
  other[1].model[0].scores.mae_ratio_interval = Interval{0.98, 0.99};
  other[1].model[0].scores.test = DieboldMariano{.mean_difference = -0.03, .p_value = 0.001};
  EXPECT_EQ(
      findings_summary(other),
      "Of 2 forecasts: 1 better, 1 no better. Of 40 where nothing is to be found, chance makes "
      "one better.");
  const auto texts = verdict_texts(results[0]);
  ASSERT_EQ(texts.size(), 2u);
  EXPECT_EQ(texts[1],
            "That is seed 1, the one in the middle. Of 3 seeds: 1 suspicious, 2 no better.");
  EXPECT_EQ(verdict_texts(results[1]).size(), 1u);
}

TEST(Findings, OfManyLeaksThereIsOneWarning) {
  const ForecastResult leak = of_maes({1.5});
  EXPECT_EQ(leak_warnings(std::vector{leak, leak}).size(), 2u);
  const auto one = leak_warnings(std::vector{leak, leak, leak, leak, of_maes({2})});
  ASSERT_EQ(one.size(), 1u);
  EXPECT_TRUE(one[0].starts_with("Warning: 4 forecasts look too good")) << one[0];
}

TEST(Findings, TBrainScoresAreAveraged) {
  const std::vector<TBrainScore> scores = {{0.7, 0.3, 0.4}, {0.8, 0.3, 0.5}};
  const TBrainSpread s = tbrain_spread(scores);
  EXPECT_DOUBLE_EQ(s.mean.total, 0.75);
  EXPECT_DOUBLE_EQ(s.mean.closeness, 0.45);
  EXPECT_NEAR(s.deviation.value(), std::sqrt(0.005), 1e-12);
  EXPECT_THROW(tbrain_spread({}), Error);
}

}  // namespace
}  // namespace lathe::report::test
