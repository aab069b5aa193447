// Forecasts that a model must beat (lathe/forecast.h): forecast_baselines.def, expanded.
#include <string>

#include "frontend/base/table.h"
#include "frontend/forecast/target_row.h"
#include "ir/error.h"
#include "lathe/forecast.h"

namespace lathe {

using detail::price_at, detail::PriceKind, detail::target_row;

namespace {

enum class For { Any, PriceLike, DirectionOnly };

constexpr For kFor[] = {
#define FORECAST_BASELINE(baseline, name, targets, learns, text) For::targets,
#include "frontend/forecast/forecast_baselines.def"
};
constexpr bool Learns = true, Knows = false;
constexpr bool kLearns[] = {
#define FORECAST_BASELINE(baseline, name, targets, learns, text) learns,
#include "frontend/forecast/forecast_baselines.def"
};
constexpr ForecastBaselineText kTexts[] = {
#define FORECAST_BASELINE(baseline, name, targets, learns, text) \
  {ForecastBaseline::baseline, name, text},
#include "frontend/forecast/forecast_baselines.def"
};

/// A forecast of each day: the target's value at the price that `price_of` says.
template <class PriceOf>
std::vector<double> at_prices(const PriceColumns& prices, const TargetSpec& spec,
                              std::span<const int64_t> days, const PriceOf& price_of) {
  std::vector<double> forecasts;
  for (int64_t day : days) forecasts.push_back(target_of_price(prices, spec, day, price_of(day)));
  return forecasts;
}

std::vector<double> at_rise(const PriceColumns& prices, const TargetSpec& spec,
                            std::span<const int64_t> days, double rise) {
  std::vector<double> forecasts;
  for (int64_t day : days) forecasts.push_back(from_rise(prices, spec, day, rise));
  return forecasts;
}

/// As far from the last known price as the open was from the close.
double today_open(const PriceColumns& prices, const TargetSpec& spec, int64_t day) {
  const double open = price_at(prices, PriceKind::Open, day);
  return open * (last_known_price(prices, spec, day) / price_at(prices, PriceKind::Close, day));
}

double mean_rise(const PriceColumns& prices, const TargetSpec& spec,
                 std::span<const int64_t> days) {
  double sum = 0;
  for (int64_t day : days) sum += actual_rise(prices, spec, day);
  return sum / static_cast<double>(days.size());
}

double mean_of_window(const PriceColumns& prices, const TargetSpec& spec, int64_t day,
                      int64_t window) {
  if (window < 1 || window > day + 1)
    throw Error("a window of " + std::to_string(window) + " days to day " + std::to_string(day) +
                " begins before day 0");
  double sum = 0;
  for (int64_t i = day - window + 1; i <= day; ++i)
    sum += price_at(prices, target_row(spec).price, i);
  return sum / static_cast<double>(window);
}

std::vector<double> linear(const PriceColumns& prices, const TargetSpec& spec,
                           const BaselineRows& rows) {
  std::vector<double> targets;
  for (int64_t day : rows.train) targets.push_back(target_value(prices, spec, day));
  const std::vector<double> forecasts =
      fit_linear(rows.train_inputs, {targets}).predict(rows.test_inputs);
  if (forecasts.size() != rows.test.size())
    throw Error("baseline 'linear' has inputs of " + std::to_string(forecasts.size()) +
                " test days, not of " + std::to_string(rows.test.size()));
  return forecasts;
}

}  // namespace

std::span<const ForecastBaselineText> forecast_baselines() {
  return kTexts;
}

std::string_view to_string(ForecastBaseline baseline) {
  return kTexts[static_cast<size_t>(baseline)].name;
}

bool learns(ForecastBaseline baseline) {
  return kLearns[static_cast<size_t>(baseline)];
}

ForecastBaseline forecast_baseline(std::string_view name) {
  return known_row(forecast_baselines(), name, "baseline").baseline;
}

bool applies_to(ForecastBaseline baseline, ForecastTarget target) {
  switch (kFor[static_cast<size_t>(baseline)]) {
    case For::Any:
      return true;
    case For::PriceLike:
      return target != ForecastTarget::Direction;
    case For::DirectionOnly:
      return target == ForecastTarget::Direction;
  }
  internal_error(__FILE__, __LINE__, "no targets of a baseline");
}

std::vector<double> baseline_forecast(ForecastBaseline baseline, const PriceColumns& prices,
                                      const TargetSpec& spec, const BaselineRows& rows) {
  if (!applies_to(baseline, spec.target))
    throw Error("there is no baseline '" + std::string(to_string(baseline)) + "' of target '" +
                std::string(forecast_targets()[static_cast<size_t>(spec.target)].name) + "'");
  if (learns(baseline) && rows.train.empty())
    throw Error("baseline '" + std::string(to_string(baseline)) + "' needs training rows");
  switch (baseline) {
    case ForecastBaseline::Naive:
      return at_prices(prices, spec, rows.test,
                       [&](int64_t day) { return last_known_price(prices, spec, day); });
    case ForecastBaseline::TodayOpen:
      return at_prices(prices, spec, rows.test,
                       [&](int64_t day) { return today_open(prices, spec, day); });
    case ForecastBaseline::Drift:
      return at_rise(prices, spec, rows.test, mean_rise(prices, spec, rows.train));
    case ForecastBaseline::WindowMean:
      return at_prices(prices, spec, rows.test,
                       [&](int64_t day) { return mean_of_window(prices, spec, day, rows.window); });
    case ForecastBaseline::Linear:
      return linear(prices, spec, rows);
    case ForecastBaseline::AlwaysUp:
      return at_rise(prices, spec, rows.test, 1);
  }
  internal_error(__FILE__, __LINE__, "no such baseline");
}

}  // namespace lathe
