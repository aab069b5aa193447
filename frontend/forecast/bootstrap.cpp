// Intervals by a block bootstrap (lathe/forecast_chance.h).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "frontend/forecast/scored_rows.h"
#include "ir/error.h"
#include "lathe/forecast_chance.h"
#include "runtime/philox.h"

namespace lathe {

using detail::check_rows;

namespace {

void check_options(const BootstrapOptions& o, int64_t rows) {
  if (o.resamples < 1 || o.resamples > 10'000'000)
    throw Error(fmt::format("a bootstrap takes 1 to 10000000 resamples, not {}", o.resamples));
  if (o.block < 0 || (o.block > rows && rows >= kFewestTestedRows))
    throw Error(fmt::format("a block must have 1 to {} rows, not {} (0: as many as the rule says)",
                            rows, o.block));
  if (!(o.level > 0 && o.level < 1))
    throw Error(
        fmt::format("the level of an interval must be above 0 and below 1, not {}", o.level));
}

/// Sums of rows that follow each other, in a circle.
class CircleSums {
 public:
  CircleSums(std::span<const double> values, int64_t longest) : before_{0} {
    for (size_t i = 0; i < values.size() + static_cast<size_t>(longest); ++i)
      before_.push_back(before_.back() + values[i % values.size()]);
  }
  double sum(int64_t start, int64_t rows) const {
    return before_[static_cast<size_t>(start + rows)] - before_[static_cast<size_t>(start)];
  }

 private:
  std::vector<double> before_;  ///< of the rows before each
};

double ratio_of(double numerator, double denominator) {
  if (denominator > 0) return numerator / denominator;
  return numerator > 0 ? std::numeric_limits<double>::infinity() : 1;
}

double quantile(const std::vector<double>& sorted, double share) {
  const double at = static_cast<double>(sorted.size() - 1) * share;
  const auto below = static_cast<size_t>(at);
  const double low = sorted[below], high = sorted[std::min(below + 1, sorted.size() - 1)];
  if (low == high) return low;  // both may be infinite
  return low + (at - std::floor(at)) * (high - low);
}

std::vector<double> absolute_errors(std::span<const double> actual,
                                    std::span<const double> forecast, const char* what) {
  check_rows(actual, actual.size(), "actual values");
  check_rows(forecast, actual.size(), what);
  std::vector<double> errors;
  for (size_t i = 0; i < actual.size(); ++i) errors.push_back(std::abs(forecast[i] - actual[i]));
  return errors;
}

}  // namespace

int64_t bootstrap_block(int64_t rows, int64_t horizon) {
  if (horizon < 1) throw Error("a horizon must be 1 or more, not " + std::to_string(horizon));
  int64_t block = 1;
  while (block * block * block < rows) ++block;
  return std::min(std::max(block, horizon), std::max<int64_t>(rows, 1));
}

std::optional<Interval> ratio_interval(std::span<const double> numerator,
                                       std::span<const double> denominator, int64_t horizon,
                                       const BootstrapOptions& options) {
  check_rows(numerator, numerator.size(), "numerators");
  check_rows(denominator, numerator.size(), "denominators");
  const auto negative = std::ranges::find_if(denominator, [](double d) { return d < 0; });
  if (negative != denominator.end())
    throw Error("denominator " + std::to_string(negative - denominator.begin()) + " is negative");
  const auto rows = static_cast<int64_t>(numerator.size());
  const int64_t rule = bootstrap_block(rows, horizon);
  check_options(options, rows);
  if (rows < kFewestTestedRows) return std::nullopt;
  if (std::ranges::all_of(denominator, [](double d) { return d == 0; })) return std::nullopt;
  const int64_t block = options.block > 0 ? options.block : rule;
  const CircleSums above(numerator, block), below(denominator, block);
  std::vector<double> ratios;
  for (int64_t r = 0; r < options.resamples; ++r) {
    double a = 0, b = 0;
    for (int64_t done = 0, k = 0; done < rows; done += block, ++k) {
      const uint32_t bits = runtime::bits_at(options.seed, kBootstrapStream,
                                             static_cast<uint32_t>(r), static_cast<uint64_t>(k));
      const auto start = static_cast<int64_t>((uint64_t{bits} * static_cast<uint64_t>(rows)) >> 32);
      const int64_t length = std::min(block, rows - done);
      a += above.sum(start, length);
      b += below.sum(start, length);
    }
    ratios.push_back(ratio_of(a, b));
  }
  std::ranges::sort(ratios);
  return Interval{quantile(ratios, (1 - options.level) / 2),
                  quantile(ratios, (1 + options.level) / 2), options.level};
}

std::optional<Interval> hit_rate_interval(std::span<const double> actual_rise,
                                          std::span<const double> lean, int64_t horizon,
                                          const BootstrapOptions& options) {
  check_rows(actual_rise, actual_rise.size(), "rises");
  check_rows(lean, actual_rise.size(), "forecasts of directions");
  std::vector<double> hits;
  for (size_t i = 0; i < actual_rise.size(); ++i)
    if (actual_rise[i] != 0 && lean[i] != 0) hits.push_back((actual_rise[i] > 0) == (lean[i] > 0));
  return ratio_interval(hits, std::vector<double>(hits.size(), 1.0), horizon, options);
}

std::optional<Interval> mae_ratio_interval(std::span<const double> actual,
                                           std::span<const double> forecast,
                                           std::span<const double> naive, int64_t horizon,
                                           const BootstrapOptions& options) {
  return ratio_interval(absolute_errors(actual, forecast, "forecasts"),
                        absolute_errors(actual, naive, "naive forecasts"), horizon, options);
}

}  // namespace lathe
