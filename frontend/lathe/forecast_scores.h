// How good forecasts of prices are (forecast.h), beside the naive one.
//
//   const ForecastScores scores = score_forecast(prices, next_open, test_days, forecasts);
//   std::cout << verdict(scores).text << '\n';
//
// A row is a day on which a forecast was made, in the order of time. Numbers that there are not,
// the ratio to a naive forecast without errors for instance, are absent, never NaN. Everywhere an
// error: no rows, spans of different lengths, numbers that are not finite (a model that diverged).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "lathe/forecast.h"
#include "lathe/forecast_chance.h"

namespace lathe {

/// In the target's units: mean absolute error, root of the mean square, mean of |error / actual| in
/// percent.
struct ErrorScores {
  int64_t rows = 0;
  double mae = 0, rmse = 0;
  std::optional<double> mape;
  int64_t mape_left_out = 0;  ///< rows whose actual value is 0
  double mae_naive = 0;
  /// To the naive forecast's on the same rows; absent where that is 0.
  std::optional<double> mae_ratio, rmse_ratio, mape_ratio;
};
ErrorScores error_scores(std::span<const double> actual, std::span<const double> forecast,
                         std::span<const double> naive);

/// 1 - sum (rise - forecast)^2 / sum rise^2: R² against `it stays as it is`. Rises over the last
/// known price. Absent where no price changed.
std::optional<double> rise_r2(std::span<const double> actual_rise,
                              std::span<const double> forecast_rise);

/// Rows of an unchanged price have no direction and are left out. Where the forecast says neither
/// up nor down the row is undecided, and left out too: rate and up_share are of the rows decided,
/// and of a model that never decides there are none.
struct HitRate {
  int64_t decided = 0, hits = 0, undecided = 0, unchanged = 0;
  std::optional<double> rate, up_share;  ///< fractions
};
/// `lean`: forecast_lean(), or any rise.
HitRate hit_rate(std::span<const double> actual_rise, std::span<const double> lean);

/// Of five closes ahead, the score of Trend Micro's T-Brain competition for Taiwan's ETFs (2018,
/// https://tbrain.trendmicro.com.tw/Competitions/Details/2; the formula as competitors quote its
/// rules, github.com/chungkaihsieh/ETF-Prediction in scripts/scores.py and
/// github.com/wjmuse/tbrain_etf_predict in wayne/EvaluateScore_v2.ipynb): day h weighs .1, .15, .2,
/// .25, .3, and gives 0.5 for the right direction and 0.5 * (actual - |forecast - actual|) / actual
/// for closeness. A direction is up, down or unchanged against the close of the day before; the
/// competition asked for it beside the price, here it is that of the forecasts. The best is 1;
/// closeness may be below 0.
struct TBrainScore {
  double total = 0, direction = 0, closeness = 0;  ///< the last two up to 0.5
};
/// The mean over the rows. actual, forecast: [rows, 5].
TBrainScore tbrain_score(std::span<const double> last_close, std::span<const double> actual,
                         std::span<const double> forecast);

/// Of a number over several seeds.
struct SeedSpread {
  int64_t seeds = 0;
  double mean = 0, least = 0, most = 0;
  std::optional<double> deviation;  ///< of the sample (n - 1); absent for one seed
};
SeedSpread seed_spread(std::span<const double> values);

/// All of one series' forecasts of a target. Of direction there are only the hits.
struct ForecastScores {
  ForecastTarget target = ForecastTarget::Open;
  int64_t horizon = 1, rows = 0;
  std::optional<ErrorScores> errors;
  std::optional<Interval> mae_ratio_interval;
  std::optional<DieboldMariano> test;  ///< of absolute errors, against naive's
  /// The same against drift's, which knows nothing but that prices rise; score_forecast leaves it
  /// absent.
  std::optional<DieboldMariano> drift_test;
  std::optional<double> rise_r2;
  HitRate hits;
  std::optional<Interval> hit_interval;
};
/// `forecast`: one for each day, in the target's units.
ForecastScores score_forecast(const PriceColumns& prices, const TargetSpec& spec,
                              std::span<const int64_t> days, std::span<const double> forecast,
                              const BootstrapOptions& options = {});

enum class Finding { TooFewRows, Suspicious, Better, NoBetter, Worse };
struct Verdict {
  Finding finding = Finding::NoBetter;
  std::string text;  ///< one sentence
};
/// What the scores mean, said plainly. The first of these that holds:
/// TooFewRows: less than kFewestJudgedRows for each day of the horizon.
/// Suspicious: one day ahead, and MAE is below kLeakRatio of naive's. Of direction: the rate is
/// more than kLeakHits above the bar, and its interval above it.
/// Better, Worse: MAE's ratio to naive has its interval below (above) 1, and the test has a p-value
/// below 0.05; better, where drift_test is there, than drift too, by a p-value below 0.05. Of
/// direction: the interval is above (below) the bar.
/// NoBetter: chance explains it, or nothing can be better, since naive makes no error.
/// The bar of direction is 0.5 or the share of up days, whichever is more: a coin, or always up.
Verdict verdict(const ForecastScores& scores);

/// Days that count as one test of a forecast, at least, for a verdict.
inline constexpr int64_t kFewestJudgedRows = 30;
/// Without prices of the future hardly anyone gets below this.
inline constexpr double kLeakRatio = 0.98;
/// What kLeakRatio is for hits: of normal rises it takes a correlation of r = sqrt(1 - 0.98^2),
/// with which the direction is right in 1/2 + asin(r) / pi of the cases.
inline constexpr double kLeakHits = 0.0638;

}  // namespace lathe
