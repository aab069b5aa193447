// Errors, R² of the rise, hits, seeds (lathe/forecast_scores.h).
#include <algorithm>
#include <cmath>
#include <vector>

#include "frontend/forecast/scored_rows.h"
#include "ir/error.h"
#include "lathe/forecast_scores.h"

namespace lathe {

using detail::check_rows;

namespace {

struct Errors {
  double mae = 0, rmse = 0;
  std::optional<double> mape;
};

Errors errors_of(std::span<const double> actual, std::span<const double> forecast,
                 int64_t mape_rows) {
  const auto rows = static_cast<double>(actual.size());
  double absolute = 0, squared = 0, relative = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    const double error = forecast[i] - actual[i];
    absolute += std::abs(error);
    squared += error * error;
    if (actual[i] != 0) relative += std::abs(error / actual[i]);
  }
  Errors errors{absolute / rows, std::sqrt(squared / rows), {}};
  if (mape_rows > 0) errors.mape = 100 * relative / static_cast<double>(mape_rows);
  return errors;
}

std::optional<double> ratio(double ours, double naive) {
  if (naive == 0) return std::nullopt;
  return ours / naive;
}

}  // namespace

ErrorScores error_scores(std::span<const double> actual, std::span<const double> forecast,
                         std::span<const double> naive) {
  if (actual.empty()) throw Error("there are no rows to score");
  check_rows(actual, actual.size(), "actual values");
  check_rows(forecast, actual.size(), "forecasts");
  check_rows(naive, actual.size(), "naive forecasts");
  ErrorScores scores{.rows = static_cast<int64_t>(actual.size())};
  scores.mape_left_out = std::ranges::count(actual, 0.0);
  const int64_t mape_rows = scores.rows - scores.mape_left_out;
  const Errors ours = errors_of(actual, forecast, mape_rows);
  const Errors naives = errors_of(actual, naive, mape_rows);
  scores.mae = ours.mae;
  scores.rmse = ours.rmse;
  scores.mape = ours.mape;
  scores.mae_naive = naives.mae;
  scores.mae_ratio = ratio(ours.mae, naives.mae);
  scores.rmse_ratio = ratio(ours.rmse, naives.rmse);
  if (ours.mape) scores.mape_ratio = ratio(*ours.mape, *naives.mape);
  return scores;
}

std::optional<double> rise_r2(std::span<const double> actual_rise,
                              std::span<const double> forecast_rise) {
  if (actual_rise.empty()) throw Error("there are no rises to score");
  check_rows(actual_rise, actual_rise.size(), "rises");
  check_rows(forecast_rise, actual_rise.size(), "forecasts of rises");
  double left = 0, all = 0;
  for (size_t i = 0; i < actual_rise.size(); ++i) {
    const double error = actual_rise[i] - forecast_rise[i];
    left += error * error;
    all += actual_rise[i] * actual_rise[i];
  }
  if (all == 0) return std::nullopt;
  return 1 - left / all;
}

HitRate hit_rate(std::span<const double> actual_rise, std::span<const double> lean) {
  if (actual_rise.empty()) throw Error("there are no directions to score");
  check_rows(actual_rise, actual_rise.size(), "rises");
  check_rows(lean, actual_rise.size(), "forecasts of directions");
  HitRate hits;
  int64_t up = 0;
  for (size_t i = 0; i < actual_rise.size(); ++i) {
    if (actual_rise[i] == 0) {
      ++hits.unchanged;
    } else if (lean[i] == 0) {
      ++hits.undecided;
    } else {
      ++hits.decided;
      hits.hits += (actual_rise[i] > 0) == (lean[i] > 0);
      up += actual_rise[i] > 0;
    }
  }
  if (hits.decided > 0) {
    hits.rate = static_cast<double>(hits.hits) / static_cast<double>(hits.decided);
    hits.up_share = static_cast<double>(up) / static_cast<double>(hits.decided);
  }
  return hits;
}

SeedSpread seed_spread(std::span<const double> values) {
  if (values.empty()) throw Error("there are no seeds to take the mean of");
  check_rows(values, values.size(), "numbers of seeds");
  const auto n = static_cast<double>(values.size());
  const auto [least, most] = std::ranges::minmax(values);
  SeedSpread spread{.seeds = static_cast<int64_t>(values.size()), .least = least, .most = most};
  for (double v : values) spread.mean += v / n;
  if (values.size() > 1) {
    double squares = 0;
    for (double v : values) squares += (v - spread.mean) * (v - spread.mean);
    spread.deviation = std::sqrt(squares / (n - 1));
  }
  return spread;
}

}  // namespace lathe
