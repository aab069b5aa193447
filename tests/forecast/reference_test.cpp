// Every baseline and statistic against Python: data/reference.json, made by make_reference.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "lathe/forecast_scores.h"
#include "tests/forecast/forecast_test_util.h"

namespace lathe::test {
namespace {

using Json = nlohmann::json;
using Numbers = std::vector<double>;

/// 1e-9 of the number, or of 1e-3 where it is smaller: a return is some thousandths.
void expect_number(double got, double want, const std::string& what) {
  EXPECT_NEAR(got, want, 1e-9 * std::max(std::abs(want), 1e-3)) << what;
}

void expect_numbers(std::span<const double> got, const Json& want, const std::string& what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  for (size_t i = 0; i < got.size(); ++i)
    expect_number(got[i], want[i], what + " " + std::to_string(i));
}

void expect_interval(const std::optional<Interval>& got, const Json& want,
                     const std::string& what) {
  ASSERT_TRUE(got) << what;
  expect_number(got->low, want.at(0), what + ": low");
  expect_number(got->high, want.at(1), what + ": high");
}

class ForecastReference : public testing::Test {
 protected:
  void SetUp() override {
    const std::string path = std::string(LATHE_FORECAST_FILES) + "/reference.json";
    std::ifstream in(path);
    ASSERT_TRUE(in) << path;
    file_ = Json::parse(in);
    prices_ = {numbers("open"), numbers("close"), numbers("adj_close")};
    train_ = file_.at("train").get<std::vector<int64_t>>();
    test_ = file_.at("test").get<std::vector<int64_t>>();
    columns_ = file_.at("columns");
    train_inputs_ = inputs(train_);
    test_inputs_ = inputs(test_);
  }

  Numbers numbers(const char* column) const { return file_.at("prices").at(column); }

  Numbers inputs(const std::vector<int64_t>& days) const {
    const Numbers all = file_.at("inputs");
    Numbers rows;
    for (int64_t day : days) {
      const auto first = all.begin() + day * columns_;
      rows.insert(rows.end(), first, first + columns_);
    }
    return rows;
  }

  BaselineRows rows() const {
    return {.train = train_,
            .test = test_,
            .window = file_.at("window"),
            .train_inputs = {train_inputs_, columns_},
            .test_inputs = {test_inputs_, columns_}};
  }

  Json file_;
  Prices prices_;
  std::vector<int64_t> train_, test_;
  int64_t columns_ = 0;
  Numbers train_inputs_, test_inputs_;
};

TargetSpec spec_of(const Json& entry) {
  return {forecast_target(entry.at("target").get<std::string>()), entry.at("horizon"),
          rise_base(entry.at("rise_over").get<std::string>())};
}

TEST_F(ForecastReference, HasEveryTargetAndBaseline) {
  for (const ForecastTargetText& t : forecast_targets())
    for (const ForecastBaselineText& b : forecast_baselines()) {
      const bool there = std::ranges::any_of(file_.at("targets"), [&](const Json& e) {
        return e.at("target") == t.name && e.at("baselines").contains(b.name);
      });
      EXPECT_EQ(there, applies_to(b.baseline, t.target)) << t.name << ", " << b.name;
    }
}

TEST_F(ForecastReference, TargetsAndBaselinesAgree) {
  for (const Json& e : file_.at("targets")) {
    const TargetSpec spec = spec_of(e);
    Numbers actual, rise;
    for (int64_t day : test_) {
      actual.push_back(target_value(prices_.columns(), spec, day));
      rise.push_back(actual_rise(prices_.columns(), spec, day));
    }
    expect_numbers(actual, e.at("actual"), name_of(spec));
    expect_numbers(rise, e.at("rise"), name_of(spec) + ": rise");
    for (const auto& [name, forecasts] : e.at("baselines").items())
      expect_numbers(baseline_forecast(forecast_baseline(name), prices_.columns(), spec, rows()),
                     forecasts, name_of(spec) + ": " + name);
  }
}

void expect_test(const std::optional<DieboldMariano>& got, const Json& want,
                 const std::string& what) {
  ASSERT_TRUE(got) << what;
  expect_number(got->mean_difference, want.at("mean_difference"), what + ": mean");
  expect_number(got->statistic, want.at("statistic"), what + ": statistic");
  expect_number(got->p_value, want.at("p_value"), what + ": p");
}

void expect_errors(const ForecastScores& s, const Json& want, const std::string& what) {
  ASSERT_TRUE(s.errors) << what;
  const ErrorScores& e = *s.errors;
  const std::pair<const char*, double> figures[] = {
      {"mae", e.mae},
      {"rmse", e.rmse},
      {"mape", e.mape.value()},
      {"mae_naive", e.mae_naive},
      {"mae_ratio", e.mae_ratio.value()},
      {"rmse_ratio", e.rmse_ratio.value()},
      {"mape_ratio", e.mape_ratio.value()},
      {"rise_r2", s.rise_r2.value()},
  };
  for (const auto& [name, value] : figures) expect_number(value, want.at(name), what + ": " + name);
  EXPECT_EQ(e.mape_left_out, want.at("mape_left_out")) << what;
  expect_interval(s.mae_ratio_interval, want.at("mae_ratio_interval"), what + ": MAE");
  expect_test(s.test, want.at("absolute"), what + ": absolute");
}

TEST_F(ForecastReference, ScoresOfTheRegressionAgree) {
  for (const Json& e : file_.at("targets")) {
    const TargetSpec spec = spec_of(e);
    const std::string what = name_of(spec);
    const Numbers forecast = e.at("baselines").at("linear");
    const ForecastScores s = score_forecast(prices_.columns(), spec, test_, forecast);
    const Json& hits = e.at("hits");
    EXPECT_EQ(s.hits.decided, hits.at("decided")) << what;
    EXPECT_EQ(s.hits.hits, hits.at("hits")) << what;
    EXPECT_EQ(s.hits.undecided, hits.at("undecided")) << what;
    EXPECT_EQ(s.hits.unchanged, hits.at("unchanged")) << what;
    expect_number(s.hits.rate.value(), hits.at("rate"), what + ": hits");
    expect_number(s.hits.up_share.value(), hits.at("up_share"), what + ": up");
    expect_interval(s.hit_interval, hits.at("interval"), what + ": hits");
    EXPECT_EQ(s.errors.has_value(), e.contains("scores")) << what;
    if (!e.contains("scores")) continue;
    Numbers lean;
    for (size_t i = 0; i < test_.size(); ++i)
      lean.push_back(to_rise(prices_.columns(), spec, test_[i], forecast[i]));
    expect_numbers(lean, e.at("lean"), what + ": rise of the forecast");
    expect_errors(s, e.at("scores"), what);
    const Numbers actual = e.at("actual"), naive = e.at("baselines").at("naive");
    expect_test(diebold_mariano(actual, forecast, naive, spec.horizon, ForecastLoss::Squared),
                e.at("scores").at("squared"), what + ": squared");
  }
}

TEST_F(ForecastReference, LinearFitsAgree) {
  for (const Json& e : file_.at("linear")) {
    const std::string name = e.at("name");
    const Numbers x = e.at("x"), y = e.at("y");
    const int64_t columns = e.at("columns"), outputs = e.at("outputs");
    const LinearFit fit = fit_linear({x, columns}, {y, outputs});
    EXPECT_EQ(fit.rank, e.at("rank")) << name;
    expect_numbers(fit.coefficients, e.at("coefficients"), name + ": coefficient");
    expect_numbers(fit.intercepts, e.at("intercepts"), name + ": intercept");
    expect_numbers(fit.predict({x, columns}), e.at("predicted"), name + ": prediction");
  }
}

TEST_F(ForecastReference, IntervalsAgree) {
  const Json& part = file_.at("intervals");
  const Numbers above = part.at("numerator"), below = part.at("denominator");
  for (const Json& e : part.at("entries")) {
    const Json& o = e.at("options");
    BootstrapOptions options;
    options.resamples = o.value("resamples", options.resamples);
    options.block = o.value("block", options.block);
    options.level = o.value("level", options.level);
    options.seed = o.value("seed", options.seed);
    expect_interval(ratio_interval(above, below, e.at("horizon"), options), e.at("interval"),
                    e.dump());
  }
}

TEST_F(ForecastReference, TBrainAgrees) {
  const Json& e = file_.at("tbrain");
  Numbers last, actual;
  for (int64_t day : test_) {
    last.push_back(prices_.close[static_cast<size_t>(day)]);
    for (int64_t h = 1; h <= kLongestHorizon; ++h)
      actual.push_back(target_value(prices_.columns(), {ForecastTarget::Close, h}, day));
  }
  const TBrainScore s = tbrain_score(last, actual, e.at("forecast").get<Numbers>());
  expect_number(s.total, e.at("total"), "total");
  expect_number(s.direction, e.at("direction"), "direction");
  expect_number(s.closeness, e.at("closeness"), "closeness");
}

TEST_F(ForecastReference, SeedsAgree) {
  const Json& e = file_.at("seeds");
  const SeedSpread s = seed_spread(e.at("values").get<Numbers>());
  expect_number(s.mean, e.at("mean"), "mean");
  expect_number(s.deviation.value(), e.at("deviation"), "deviation");
}

}  // namespace
}  // namespace lathe::test
