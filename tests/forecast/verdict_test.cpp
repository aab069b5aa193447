// What the scores mean: every finding, its sentence, and the limits between them.
#include <gtest/gtest.h>

#include <algorithm>

#include "lathe/forecast_scores.h"
#include "tests/forecast/forecast_test_util.h"

namespace lathe::test {
namespace {

/// Of a forecast of the open: MAE's ratio, its interval, p-value.
ForecastScores of_errors(double ratio, Interval interval, double p, int64_t horizon = 1,
                         int64_t rows = 500) {
  ForecastScores s{.target = ForecastTarget::Open, .horizon = horizon, .rows = rows};
  s.errors = ErrorScores{.rows = rows, .mae = ratio, .mae_naive = 1, .mae_ratio = ratio};
  s.mae_ratio_interval = interval;
  s.test = DieboldMariano{.mean_difference = ratio - 1, .p_value = p};
  return s;
}

ForecastScores of_hits(double rate, double up_share, Interval interval, int64_t horizon = 1,
                       int64_t rows = 500) {
  ForecastScores s{.target = ForecastTarget::Direction, .horizon = horizon, .rows = rows};
  s.hits = {.decided = rows, .rate = rate, .up_share = up_share};
  s.hit_interval = interval;
  return s;
}

/// The same, with a test against drift.
ForecastScores beside_drift(ForecastScores s, double difference, double p) {
  s.drift_test = DieboldMariano{.mean_difference = difference, .p_value = p};
  return s;
}

struct Judged {
  const char* name;
  ForecastScores scores;
  Finding finding;
  std::string text;
};

const std::vector<Judged>& judged() {
  static const std::vector<Judged> all = {
      {"NoBetter", of_errors(0.998, {0.991, 1.004}, 0.41), Finding::NoBetter,
       "No better than naive: MAE is 0.998 times naive's one day ahead (95 % interval 0.991 to "
       "1.004, Diebold-Mariano p = 0.41, 500 days), which chance explains."},
      {"Better", of_errors(0.985, {0.978, 0.993}, 0.004), Finding::Better,
       "Better than naive beyond chance: MAE is 0.985 times naive's one day ahead (95 % interval "
       "0.978 to 0.993, Diebold-Mariano p = 0.004, 500 days)."},
      {"BetterThanDriftToo", beside_drift(of_errors(0.985, {0.978, 0.993}, 0.004), -0.01, 0.01),
       Finding::Better, ""},
      {"Drift", beside_drift(of_errors(0.985, {0.978, 0.993}, 0.004), -0.01, 0.2),
       Finding::NoBetter,
       "No better than drift: MAE is 0.985 times naive's one day ahead (95 % interval 0.978 to "
       "0.993, Diebold-Mariano p = 0.004, 500 days); but against drift, the mean rise of the "
       "training part, p = 0.2: it knows little more than that prices rise."},
      {"WorseThanDrift", beside_drift(of_errors(0.985, {0.978, 0.993}, 0.004), 0.01, 0.001),
       Finding::NoBetter, ""},
      {"WorseBesideDrift", beside_drift(of_errors(1.3, {1.2, 1.4}, 0.01), 0.3, 0.5), Finding::Worse,
       ""},
      {"Worse", of_errors(1.3, {1.2, 1.4}, 1e-9, 5), Finding::Worse,
       "Worse than naive beyond chance: MAE is 1.300 times naive's 5 days ahead (95 % interval "
       "1.200 to 1.400, Diebold-Mariano p < 0.001, 500 days)."},
      {"Suspicious", of_errors(0.612, {0.5, 0.7}, 0), Finding::Suspicious,
       "Suspicious: MAE is 0.612 times naive's one day ahead (95 % interval 0.500 to 0.700, "
       "Diebold-Mariano p < 0.001, 500 days); below 0.98 hardly anyone gets without prices of the "
       "future, so look for a leak among the inputs."},
      {"OneOfBothIsNotEnough", of_errors(0.985, {0.978, 0.993}, 0.06), Finding::NoBetter, ""},
      {"NorTheOther", of_errors(0.985, {0.97, 1.001}, 0.01), Finding::NoBetter, ""},
      {"AtTheLimit", of_errors(0.98, {0.97, 0.99}, 0.01), Finding::Better, ""},
      {"JustBelowIt", of_errors(0.9799, {0.97, 0.99}, 0.01), Finding::Suspicious, ""},
      {"SuspiciousWithoutATest", of_errors(0.97, {0.9, 1.1}, 0.7), Finding::Suspicious, ""},
      {"FurtherAhead", of_errors(0.97, {0.96, 0.99}, 0.01, 2), Finding::Better, ""},
      {"TooFew", of_errors(0.5, {0.4, 0.6}, 0, 1, 29), Finding::TooFewRows,
       "Too few days to tell a forecast one day ahead from chance: 29, and it takes 30."},
      {"TooFewFurtherAhead", of_errors(0.5, {0.4, 0.6}, 0, 5, 149), Finding::TooFewRows,
       "Too few days to tell a forecast 5 days ahead from chance: 149, and it takes 150."},
      {"Enough", of_errors(0.9, {0.8, 0.95}, 0, 5, 150), Finding::Better, ""},
      {"NoHits", of_hits(0.51, 0.54, {0.48, 0.56}), Finding::NoBetter,
       "No better than always up: the direction one day ahead is right on 51.0 % of 500 days (95 % "
       "interval 48.0 to 56.0 %), of which 54.0 % are up, which chance explains."},
      {"NoHitsInAFall", of_hits(0.51, 0.44, {0.48, 0.56}), Finding::NoBetter,
       "No better than a coin: the direction one day ahead is right on 51.0 % of 500 days (95 % "
       "interval 48.0 to 56.0 %), of which 44.0 % are up, which chance explains."},
      {"AlwaysUp", of_hits(0.56, 0.56, {0.52, 0.60}), Finding::NoBetter, ""},
      {"Hits", of_hits(0.59, 0.54, {0.55, 0.63}), Finding::Better,
       "Better than always up beyond chance: the direction one day ahead is right on 59.0 % of 500 "
       "days (95 % interval 55.0 to 63.0 %), of which 54.0 % are up."},
      {"Misses", of_hits(0.4, 0.5, {0.35, 0.45}), Finding::Worse, ""},
      {"AllHits", of_hits(0.93, 0.54, {0.9, 0.95}), Finding::Suspicious, ""},
      {"ManyHitsByChance", of_hits(0.63, 0.5, {0.49, 0.75}, 1, 40), Finding::NoBetter, ""},
      {"ManyHitsFurtherAhead", of_hits(0.7, 0.5, {0.6, 0.8}, 3), Finding::Better, ""},
      {"FewHits", of_hits(1, 0.5, {1, 1}, 1, 20), Finding::TooFewRows,
       "Too few days to tell a forecast one day ahead from chance: 20, and it takes 30."},
  };
  return all;
}

class VerdictOf : public testing::TestWithParam<Judged> {};

TEST_P(VerdictOf, IsPlain) {
  const Verdict v = verdict(GetParam().scores);
  EXPECT_EQ(v.finding, GetParam().finding) << v.text;
  if (!GetParam().text.empty()) {
    EXPECT_EQ(v.text, GetParam().text);
  }
  EXPECT_EQ(v.text.back(), '.');
  EXPECT_EQ(v.text.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Cases, VerdictOf, testing::ValuesIn(judged()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Verdict, OfAnExactNaiveForecast) {
  ForecastScores s = of_errors(1, {1, 1}, 1);
  s.errors->mae_ratio.reset();
  s.mae_ratio_interval.reset();
  EXPECT_EQ(verdict(s).finding, Finding::NoBetter);
  EXPECT_NE(verdict(s).text.find("makes no error"), std::string::npos);
}

TEST(Verdict, OfWhatNeverSaysADirection) {
  ForecastScores s{.target = ForecastTarget::Direction, .rows = 100};
  s.hits = {.undecided = 100};
  EXPECT_EQ(verdict(s).text, "No better than a coin: it never says a direction.");
  s.hits = {.unchanged = 100};  // nobody asked it
  EXPECT_EQ(verdict(s).finding, Finding::TooFewRows);
}

/// Opens of a random walk, said with an error of `size` (in percent) beside the truth.
Finding finding_of_truth(double size, int64_t horizon) {
  const Prices p = random_prices(400, 12);
  const TargetSpec spec{ForecastTarget::Open, horizon};
  const std::vector<int64_t> test = days(50, 390);
  std::vector<double> forecast;
  for (int64_t day : test)
    forecast.push_back(from_rise(p.columns(), spec, day,
                                 actual_rise(p.columns(), spec, day) + size * noise(5, 0, day)));
  return verdict(score_forecast(p.columns(), spec, test, forecast, {.resamples = 200})).finding;
}

TEST(Verdict, FollowsFromScores) {
  EXPECT_EQ(finding_of_truth(0.01, 1), Finding::Suspicious);
  EXPECT_EQ(finding_of_truth(0.01, 2), Finding::Better);
  EXPECT_EQ(finding_of_truth(10, 1), Finding::Worse);
}

TEST(Verdict, OnRandomWalksIsSeldomMoreThanChance) {
  int better = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    const Prices p = random_prices(300, seed);
    const TargetSpec spec{ForecastTarget::Open, 1};
    const std::vector<int64_t> test = days(20, 290);
    std::vector<double> forecast;  // guesses
    for (int64_t day : test)
      forecast.push_back(from_rise(p.columns(), spec, day, 0.02 * noise(seed, 9, day)));
    const Finding f =
        verdict(score_forecast(p.columns(), spec, test, forecast, {.resamples = 200})).finding;
    better += f == Finding::Better || f == Finding::Suspicious;
  }
  EXPECT_LE(better, 4);
}

}  // namespace
}  // namespace lathe::test
