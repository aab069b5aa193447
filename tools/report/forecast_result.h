// Forecasts of one series, made by a model and by what it must beat, on the test part.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lathe/date.h"
#include "lathe/forecast.h"
#include "lathe/forecast_scores.h"
#include "lathe/prices.h"

namespace lathe::report {

/// Of the model, trained from one seed.
struct SeedForecast {
  uint64_t seed = 0;
  std::vector<double> forecast;  ///< a number a row, in the target's units
  std::vector<double> lean;      ///< above 0: up (forecast_lean())
  ForecastScores scores;
};

struct BaselineForecast {
  std::string name;
  std::vector<double> forecast;
  ForecastScores scores;
};

/// A row a day on which a forecast was made, in the order of time.
struct ForecastResult {
  std::string series;
  bool synthetic = false;
  TargetSpec spec;
  std::vector<Date> date;           ///< the day that is forecast
  std::vector<double> actual;       ///< in the target's units
  std::vector<double> naive;        ///< the same; empty for direction, of which there is none
  std::vector<double> actual_rise;  ///< over the last known price, in percent
  std::vector<SeedForecast> model;  ///< one or more
  std::vector<BaselineForecast> baselines;
};

/// Of `model` and `baselines` only names, seeds and forecasts need to be there: the rest is computed
/// from the prices. `days` are rows of the prices on which forecasts were made. Error as
/// score_forecast(), and for no model.
ForecastResult forecast_result(const PriceSeries& prices, const TargetSpec& spec,
                               std::span<const int64_t> days, std::vector<SeedForecast> model,
                               std::vector<BaselineForecast> baselines,
                               const BootstrapOptions& options = {});

/// The seed whose forecasts stand for all where a mean says nothing, as in pictures and verdicts:
/// the one in the middle by MAE, of direction by hits; of an even number the better of the two.
const SeedForecast& judged_seed(const ForecastResult& result);

/// Whether one day ahead some seed's MAE is below kLeakRatio of naive's, or the verdict is suspicious.
bool looks_like_a_leak(const ForecastResult& result);

/// `SPY`, `walk (SYNTHETIC)`: what stands wherever the series is named.
std::string series_label(const std::string& series, bool synthetic);
/// `open, one day ahead`
std::string target_label(const TargetSpec& spec);
/// `SPY, open, one day ahead`
std::string result_label(const ForecastResult& result);
/// `SPY, open, one day ahead: 1133 test days, forecasts of 2018-08-27 to 2023-02-27`
std::string result_title(const ForecastResult& result);
/// `price`, `rise in %`, …
std::string_view target_units(ForecastTarget target);
/// `no better`, `suspicious`, …
std::string_view finding_name(Finding finding);

}  // namespace lathe::report
