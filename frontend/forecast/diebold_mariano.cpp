// Is a forecast better than naive? (lathe/forecast_chance.h)
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "frontend/forecast/scored_rows.h"
#include "ir/error.h"
#include "lathe/forecast_chance.h"

namespace lathe {

using detail::check_rows;

namespace {

double mean_of(std::span<const double> values) {
  double sum = 0;
  for (double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

/// Newey and West's variance of the mean, with Bartlett weights over lags below the horizon.
double variance_of_mean(std::span<const double> values, double mean, int64_t horizon) {
  const auto n = static_cast<int64_t>(values.size());
  double sum = 0;
  for (int64_t lag = 0; lag < std::min(horizon, n); ++lag) {
    double product = 0;
    for (int64_t i = lag; i < n; ++i)
      product +=
          (values[static_cast<size_t>(i)] - mean) * (values[static_cast<size_t>(i - lag)] - mean);
    const double weight = 1 - static_cast<double>(lag) / static_cast<double>(horizon);
    sum += (lag == 0 ? 1 : 2) * weight * product;
  }
  return sum / (static_cast<double>(n) * static_cast<double>(n));
}

double loss_of(double error, ForecastLoss loss) {
  switch (loss) {
    case ForecastLoss::Absolute:
      return std::abs(error);
    case ForecastLoss::Squared:
      return error * error;
  }
  internal_error(__FILE__, __LINE__, "no such loss");
}

}  // namespace

std::optional<DieboldMariano> diebold_mariano(std::span<const double> difference, int64_t horizon) {
  if (horizon < 1) throw Error("a horizon must be 1 or more, not " + std::to_string(horizon));
  check_rows(difference, difference.size(), "differences of losses");
  if (static_cast<int64_t>(difference.size()) < kFewestTestedRows) return std::nullopt;
  DieboldMariano test{.mean_difference = mean_of(difference)};
  // All alike have no variance; their mean may be a rounding off, and seem to have one.
  const bool alike = std::ranges::all_of(difference, [&](double d) { return d == difference[0]; });
  const double variance = alike ? 0 : variance_of_mean(difference, test.mean_difference, horizon);
  if (test.mean_difference == 0) return test;
  test.statistic =
      variance > 0 ? test.mean_difference / std::sqrt(variance)
                   : std::copysign(std::numeric_limits<double>::infinity(), test.mean_difference);
  test.p_value = std::erfc(std::abs(test.statistic) / std::numbers::sqrt2);
  return test;
}

std::optional<DieboldMariano> diebold_mariano(std::span<const double> actual,
                                              std::span<const double> forecast,
                                              std::span<const double> naive, int64_t horizon,
                                              ForecastLoss loss) {
  check_rows(actual, actual.size(), "actual values");
  check_rows(forecast, actual.size(), "forecasts");
  check_rows(naive, actual.size(), "naive forecasts");
  std::vector<double> difference;
  for (size_t i = 0; i < actual.size(); ++i)
    difference.push_back(loss_of(forecast[i] - actual[i], loss) -
                         loss_of(naive[i] - actual[i], loss));
  return diebold_mariano(difference, horizon);
}

}  // namespace lathe
