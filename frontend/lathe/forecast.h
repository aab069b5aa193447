// Forecasts of daily prices: what is forecast, and the forecasts that a model must beat. How good a
// forecast is says forecast_scores.h.
//
//   const PriceColumns prices{open, close, adj_close};
//   const TargetSpec next_open{.target = ForecastTarget::Open, .horizon = 1};
//   std::vector<double> naive = baseline_forecast(ForecastBaseline::Naive, prices, next_open,
//                                                 {.train = train_days, .test = test_days});
//
// Days are rows of the prices, numbered from 0, oldest first. The forecast of day t is made after
// its close, for the day `horizon` trading days later. The price that is known then, the *last
// known price*, is the close C[t]; of the adjusted close it is A[t], whose level means nothing
// beside C[t]. Rises are in percent. An error, everywhere: a day or its target that is not there, a
// horizon other than 1 to 5, a price that is needed and not above 0, no adjusted close where one is
// asked for.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace lathe {

/// Of one series. Nothing is copied.
struct PriceColumns {
  std::span<const double> open, close;
  std::span<const double> adj_close;  ///< may be empty
};

/// Formulas: forecast_targets.def, or forecast_targets().
enum class ForecastTarget {
#define FORECAST_TARGET(target, name, price, form, formula) target,
#include "frontend/forecast/forecast_targets.def"
};
/// What a rise is over: the close of day t, so that it can still be earned when the forecast is
/// made, or the open of day t. Other targets take no notice.
enum class RiseBase { Close, Open };

inline constexpr int64_t kLongestHorizon = 5;

struct TargetSpec {
  ForecastTarget target = ForecastTarget::Open;
  int64_t horizon = 1;  ///< trading days ahead, 1 … kLongestHorizon
  RiseBase rise_over = RiseBase::Close;
};

struct ForecastTargetText {
  ForecastTarget target;
  std::string_view name, formula;
};
struct RiseBaseText {
  RiseBase base;
  std::string_view name;
};
/// All, in the order of the enumeration.
std::span<const ForecastTargetText> forecast_targets();
std::span<const RiseBaseText> rise_bases();
std::string_view to_string(ForecastTarget target);
std::string_view to_string(RiseBase base);
/// By name; the base of a rise is `close` or `open`. Error with the nearest for an unknown one.
ForecastTarget forecast_target(std::string_view name);
RiseBase rise_base(std::string_view name);

/// Whether the prices have that day and the one that is forecast on it.
bool has_target(const PriceColumns& prices, const TargetSpec& spec, int64_t day);
/// What comes true.
double target_value(const PriceColumns& prices, const TargetSpec& spec, int64_t day);
double last_known_price(const PriceColumns& prices, const TargetSpec& spec, int64_t day);
/// The target's value, should its price become `price`. Of direction: 1 up, 0 down, 0.5 neither.
double target_of_price(const PriceColumns& prices, const TargetSpec& spec, int64_t day,
                       double price);
/// The last known price in the target's units: an open is C[t], a close C[t], a rise 0, over the
/// open 100 * (C[t] / O[t] - 1), a return 0. Error for direction, of which there is none.
double naive_forecast(const PriceColumns& prices, const TargetSpec& spec, int64_t day);

/// 100 * (price / last known price - 1) of the price that a value of the target stands for: in this
/// all targets compare. Exactly 0 of the naive forecast. Error for direction, which says no price.
double to_rise(const PriceColumns& prices, const TargetSpec& spec, int64_t day, double value);
/// The way back. Of direction: 1 for a rise, 0 for a fall, 0.5 for neither.
double from_rise(const PriceColumns& prices, const TargetSpec& spec, int64_t day, double rise);
/// The rise that comes true, of direction too: that of the close. Exactly 0 for an unchanged price.
double actual_rise(const PriceColumns& prices, const TargetSpec& spec, int64_t day);
/// Above 0 where a forecast says up, below where it says down, 0 where neither: its rise, and of
/// direction the value less 0.5.
double forecast_lean(const PriceColumns& prices, const TargetSpec& spec, int64_t day, double value);

/// Texts: forecast_baselines.def, or forecast_baselines().
enum class ForecastBaseline {
#define FORECAST_BASELINE(baseline, name, targets, learns, text) baseline,
#include "frontend/forecast/forecast_baselines.def"
};
struct ForecastBaselineText {
  ForecastBaseline baseline;
  std::string_view name, text;
};
/// All, in the order of the enumeration.
std::span<const ForecastBaselineText> forecast_baselines();
std::string_view to_string(ForecastBaseline baseline);
/// By name. Error with the nearest one for an unknown one.
ForecastBaseline forecast_baseline(std::string_view name);
/// Whether it learns from training rows, and needs some.
bool learns(ForecastBaseline baseline);
/// Whether there is such a forecast: naive of all but direction, always_up of direction alone, the
/// others of everything.
bool applies_to(ForecastBaseline baseline, ForecastTarget target);

/// Rows of numbers, one behind the other.
struct NumberRows {
  std::span<const double> values;
  int64_t columns = 1;
};

/// It is the caller's to see that the training days' targets were known on the first test day.
struct BaselineRows {
  std::span<const int64_t> train;  ///< days that drift and linear learn from, and their targets
  std::span<const int64_t> test;   ///< days to forecast on
  int64_t window = 20;             ///< window_mean: days up to and with t
  NumberRows train_inputs, test_inputs;  ///< linear: a row a day
};

/// A forecast of each test day, in the target's units. For the adjusted close today's open is first
/// multiplied by A[t] / C[t]. Error, too, where the baseline does not apply, drift or linear has no
/// training rows, or a window begins before the prices do.
std::vector<double> baseline_forecast(ForecastBaseline baseline, const PriceColumns& prices,
                                      const TargetSpec& spec, const BaselineRows& rows);

/// Ordinary least squares with an intercept, of any number of outputs. Where columns depend on each
/// other, the coefficients of least norm, as scikit-learn's LinearRegression gives them. They do
/// where what tells them apart is no more than the rounding of the inputs, max(rows, columns) *
/// `rounding` of the longest column. (scikit-learn 1.9 by default cuts at 1e-6 of the longest one
/// less its mean, which would drop prices that stand beside volumes.)
struct LinearFit {
  int64_t inputs = 0, outputs = 0, rank = 0;
  std::vector<double> coefficients;  ///< [inputs, outputs], row by row
  std::vector<double> intercepts;    ///< [outputs]
  /// [rows, outputs]. Error where x has other columns.
  std::vector<double> predict(const NumberRows& x) const;
};
/// `rounding`: of the inputs, of each number's size; that of doubles, or of what they were before.
/// Error for no rows, x and y of different numbers of rows, and numbers that are not finite.
LinearFit fit_linear(const NumberRows& x, const NumberRows& y, double rounding = 0x1p-52);

}  // namespace lathe
