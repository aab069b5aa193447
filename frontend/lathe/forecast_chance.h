// What chance has to do with a score (forecast_scores.h): intervals and a test.
//
// A row is a day on which a forecast was made, in the order of time. There is no interval and no
// test (they are absent) of less than kFewestTestedRows rows. Everywhere an error: spans of
// different lengths, numbers that are not finite, a horizon below 1.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace lathe {

inline constexpr int64_t kFewestTestedRows = 10;

struct Interval {
  double low = 0, high = 0;
  double level = 0.95;
};
/// Circular moving blocks (Politis and Romano, 1992; Künsch, 1989): a resample of n rows is blocks
/// of rows that follow each other, row 0 after row n - 1, from starts drawn at random, the last
/// block cut off. Percentile interval: the quantiles (1 - level) / 2 and (1 + level) / 2 of the
/// resamples, between two of them in a straight line (numpy's `linear`).
///
/// Block k of resample r begins at row (bits * n) >> 32, where bits are bits_at(seed,
/// kBootstrapStream, r, k) of runtime/philox.h. So an interval is the same everywhere.
struct BootstrapOptions {
  int64_t resamples = 2000;
  int64_t block = 0;  ///< rows a block; 0: bootstrap_block(rows, horizon)
  double level = 0.95;
  uint64_t seed = 0;
};
inline constexpr uint32_t kBootstrapStream = 0xFFFFFFFEu;
/// The least b with b^3 >= rows (Hall, Horowitz and Jing, 1995: n^(1/3)), at least the horizon,
/// since forecasts of that many days share days.
int64_t bootstrap_block(int64_t rows, int64_t horizon);

/// Of sum numerator / sum denominator. A row may be the sum of a day's forecasts of several ETFs,
/// which go up and down together. A resample without denominator counts as infinite, without both
/// as 1. Absent with less than kFewestTestedRows rows or where all denominators are 0; Error for
/// negative ones.
std::optional<Interval> ratio_interval(std::span<const double> numerator,
                                       std::span<const double> denominator, int64_t horizon,
                                       const BootstrapOptions& options = {});
/// Of HitRate::rate, over the rows decided.
std::optional<Interval> hit_rate_interval(std::span<const double> actual_rise,
                                          std::span<const double> lean, int64_t horizon,
                                          const BootstrapOptions& options = {});
/// Of ErrorScores::mae_ratio.
std::optional<Interval> mae_ratio_interval(std::span<const double> actual,
                                           std::span<const double> forecast,
                                           std::span<const double> naive, int64_t horizon,
                                           const BootstrapOptions& options = {});

/// Diebold and Mariano (1995): is the mean loss another than naive's? Below 0 the model is better.
/// The variance of the mean is Newey and West's (1987) with Bartlett weights 1 - l / h over lags l
/// < h; the p-value is two-sided, of the normal distribution: statsmodels' OLS on a constant with
/// cov_type='HAC', maxlags=h-1, use_correction=False. Without variance the statistic is 0 (p 1)
/// where the losses are equal, and otherwise infinite (p 0).
struct DieboldMariano {
  double mean_difference = 0, statistic = 0, p_value = 1;
};
enum class ForecastLoss { Absolute, Squared };
/// Absent with less than kFewestTestedRows rows.
std::optional<DieboldMariano> diebold_mariano(std::span<const double> actual,
                                              std::span<const double> forecast,
                                              std::span<const double> naive, int64_t horizon,
                                              ForecastLoss loss = ForecastLoss::Absolute);
/// Of the model's loss less naive's, a row.
std::optional<DieboldMariano> diebold_mariano(std::span<const double> difference, int64_t horizon);

}  // namespace lathe
