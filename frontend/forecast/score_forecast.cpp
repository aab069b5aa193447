// All scores of one series' forecasts (lathe/forecast_scores.h).
#include <vector>

#include "frontend/forecast/scored_rows.h"
#include "lathe/forecast_scores.h"

namespace lathe {

ForecastScores score_forecast(const PriceColumns& prices, const TargetSpec& spec,
                              std::span<const int64_t> days, std::span<const double> forecast,
                              const BootstrapOptions& options) {
  detail::check_rows(forecast, days.size(), "forecasts");
  std::vector<double> rise, lean, actual, naive;
  const bool priced = spec.target != ForecastTarget::Direction;
  for (size_t i = 0; i < days.size(); ++i) {
    rise.push_back(actual_rise(prices, spec, days[i]));
    lean.push_back(forecast_lean(prices, spec, days[i], forecast[i]));
    if (!priced) continue;
    actual.push_back(target_value(prices, spec, days[i]));
    naive.push_back(naive_forecast(prices, spec, days[i]));
  }
  ForecastScores scores{.target = spec.target,
                        .horizon = spec.horizon,
                        .rows = static_cast<int64_t>(days.size()),
                        .hits = hit_rate(rise, lean),
                        .hit_interval = hit_rate_interval(rise, lean, spec.horizon, options)};
  if (!priced) return scores;
  scores.errors = error_scores(actual, forecast, naive);
  scores.mae_ratio_interval = mae_ratio_interval(actual, forecast, naive, spec.horizon, options);
  scores.test = diebold_mariano(actual, forecast, naive, spec.horizon);
  scores.rise_r2 = rise_r2(rise, lean);  // of a price the lean is the rise
  return scores;
}

}  // namespace lathe
