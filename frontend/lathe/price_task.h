// What a model of prices forecasts from what, as it is saved with the model.
//
//   const PriceTask task{.features = {PriceField::Open, PriceField::Close},
//                        .targets = {ForecastTarget::Open, ForecastTarget::Rise},
//                        .series = {"SPY"}};
//
// An example is a day t of a series: the model is shown the `window` days up to and with t, and
// says something of the days t + 1 … t + horizon. price_examples.h makes examples of prices, and
// price_model.h a model of a task; examples/prices.cpp does all of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lathe/forecast.h"
#include "lathe/price_features.h"
#include "lathe/prices.h"

namespace lathe {

struct PriceTask {
  int64_t window = 20;
  std::vector<PriceField> features = {PriceField::Open};
  /// How features are shown, and, with raw, that a price is forecast as such. Otherwise all targets
  /// but direction are learned as the rise over the last known price, in percent (to_rise), so that
  /// their scale does not drift; forecasts are in the target's own units all the same.
  PriceForm form = PriceForm::Log;
  std::vector<ForecastTarget> targets = {ForecastTarget::Open};  ///< an output each
  RiseBase rise_over = RiseBase::Close;
  int64_t horizon = 1;  ///< 1 … kLongestHorizon: of each target so many days ahead
  /// Whose prices are forecast. Several are pooled in one model, each scaled by figures of its own.
  std::vector<std::string> series = {};
  /// Whose windows of the same days are inputs too; of one series only.
  std::vector<std::string> companions = {};

  /// Target number `target`, `ahead` days ahead.
  TargetSpec spec(size_t target, int64_t ahead) const;
  /// Whether the model says a price's rise, to be turned into the target's units.
  bool learns_rise(size_t target) const;
  /// What a window has of each day: the features and, where they are relative to it, the close.
  std::vector<PriceField> columns() const;
  /// The rows of a window: the days and, before them, what the first adjusted close's ratio is to.
  int64_t rows() const { return price_rows(window, features); }
  bool pooled() const { return series.size() > 1; }

  /// Error for a window below 1 or above 10,000, a horizon out of range, no feature, target or
  /// series, one that is named twice, companions of several series, and a raw adjusted close as a
  /// target, since its level knows of later dividends.
  void check() const;
  std::string to_json() const;
  /// Error that begins with `source` for text that to_json did not write.
  static PriceTask from_json(std::string_view text, const std::string& source);
};

}  // namespace lathe
