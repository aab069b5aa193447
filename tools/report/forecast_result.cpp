#include "tools/report/forecast_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "ir/error.h"

namespace lathe::report {
namespace {

/// What seeds are put in order by, the best first. Of a forecast that decides nothing: as a coin.
double badness(const ForecastScores& scores) {
  return scores.errors ? scores.errors->mae : -scores.hits.rate.value_or(0.5);
}

}  // namespace

ForecastResult forecast_result(const PriceSeries& prices, const TargetSpec& spec,
                               std::span<const int64_t> days, std::vector<SeedForecast> model,
                               std::vector<BaselineForecast> baselines,
                               const BootstrapOptions& options) {
  if (model.empty()) throw Error(fmt::format("no forecasts of {} to report", prices.name));
  const PriceColumns columns{prices.open, prices.close, prices.adj_close};
  ForecastResult result{prices.name, prices.synthetic, spec};
  // First, since it checks days and forecasts.
  for (SeedForecast& m : model) m.scores = score_forecast(columns, spec, days, m.forecast, options);
  for (BaselineForecast& b : baselines)
    b.scores = score_forecast(columns, spec, days, b.forecast, options);
  const auto drift = std::find_if(baselines.begin(), baselines.end(), [](const auto& b) {
    return b.name == to_string(ForecastBaseline::Drift);
  });
  for (size_t i = 0; i < days.size(); ++i) {
    const int64_t day = days[i];
    result.date.push_back(prices.date[static_cast<size_t>(day + spec.horizon)]);
    result.actual.push_back(target_value(columns, spec, day));
    if (spec.target != ForecastTarget::Direction)
      result.naive.push_back(naive_forecast(columns, spec, day));
    result.actual_rise.push_back(actual_rise(columns, spec, day));
    for (SeedForecast& m : model)
      m.lean.push_back(forecast_lean(columns, spec, day, m.forecast[i]));
  }
  if (drift != baselines.end() && spec.target != ForecastTarget::Direction)
    for (SeedForecast& m : model)
      m.scores.drift_test =
          diebold_mariano(result.actual, m.forecast, drift->forecast, spec.horizon);
  result.model = std::move(model);
  result.baselines = std::move(baselines);
  return result;
}

const SeedForecast& judged_seed(const ForecastResult& result) {
  LATHE_CHECK(!result.model.empty(), "a result without a forecast");
  std::vector<size_t> order(result.model.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&result](size_t a, size_t b) {
    return badness(result.model[a].scores) < badness(result.model[b].scores);
  });
  return result.model[order[(order.size() - 1) / 2]];
}

bool looks_like_a_leak(const ForecastResult& result) {
  return std::any_of(result.model.begin(), result.model.end(), [&result](const SeedForecast& m) {
    const bool low = result.spec.horizon == 1 && m.scores.errors && m.scores.errors->mae_ratio &&
                     *m.scores.errors->mae_ratio < kLeakRatio;
    return low || verdict(m.scores).finding == Finding::Suspicious;
  });
}

std::string series_label(const std::string& series, bool synthetic) {
  return synthetic ? series + " (SYNTHETIC)" : series;
}

std::string target_label(const TargetSpec& spec) {
  std::string name(forecast_targets()[static_cast<size_t>(spec.target)].name);
  if (spec.target == ForecastTarget::Rise && spec.rise_over == RiseBase::Open)
    name += " over the open";
  return spec.horizon == 1 ? name + ", one day ahead"
                           : fmt::format("{}, {} days ahead", name, spec.horizon);
}

std::string result_label(const ForecastResult& result) {
  return fmt::format("{}, {}", series_label(result.series, result.synthetic),
                     target_label(result.spec));
}

std::string result_title(const ForecastResult& result) {
  return fmt::format("{}: {} test days, forecasts of {} to {}", result_label(result),
                     result.date.size(), result.date.front().to_string(),
                     result.date.back().to_string());
}

std::string_view target_units(ForecastTarget target) {
  switch (target) {
    case ForecastTarget::Open:
    case ForecastTarget::Close:
    case ForecastTarget::AdjClose:
      return "price";
    case ForecastTarget::Rise:
      return "rise in %";
    case ForecastTarget::Return:
      return "log return";
    case ForecastTarget::Direction:
      return "down 0, up 1";
  }
  internal_error(__FILE__, __LINE__, "a target that is none");
}

std::string_view finding_name(Finding finding) {
  switch (finding) {
    case Finding::TooFewRows:
      return "too few days";
    case Finding::Suspicious:
      return "suspicious";
    case Finding::Better:
      return "better";
    case Finding::NoBetter:
      return "no better";
    case Finding::Worse:
      return "worse";
  }
  internal_error(__FILE__, __LINE__, "a finding that is none");
}

}  // namespace lathe::report
