// What is forecast (lathe/forecast.h): forecast_targets.def, expanded.
#include <cmath>
#include <span>
#include <string_view>

#include "frontend/base/table.h"
#include "frontend/forecast/target_row.h"
#include "ir/error.h"
#include "lathe/forecast.h"

namespace lathe {

using detail::price_at, detail::PriceKind, detail::target_row, detail::TargetForm;

namespace {

constexpr ForecastTargetText kTexts[] = {
#define FORECAST_TARGET(target, name, price, form, formula) {ForecastTarget::target, name, formula},
#include "frontend/forecast/forecast_targets.def"
};

constexpr RiseBaseText kBases[] = {{RiseBase::Close, "close"}, {RiseBase::Open, "open"}};

/// What a rise or return of that day is over.
double base_price(const PriceColumns& prices, const TargetSpec& spec, int64_t day) {
  const bool over_open =
      target_row(spec).form == TargetForm::Percent && spec.rise_over == RiseBase::Open;
  return over_open ? price_at(prices, PriceKind::Open, day) : last_known_price(prices, spec, day);
}

double future_price(const PriceColumns& prices, const TargetSpec& spec, int64_t day) {
  return price_at(prices, target_row(spec).price, day + spec.horizon);
}

[[noreturn]] void no_price() {
  throw Error("a direction stands for no price: it has no rise and no naive forecast");
}

}  // namespace

std::span<const ForecastTargetText> forecast_targets() {
  return kTexts;
}

std::span<const RiseBaseText> rise_bases() {
  return kBases;
}

std::string_view to_string(ForecastTarget target) {
  return kTexts[static_cast<size_t>(target)].name;
}

std::string_view to_string(RiseBase base) {
  return kBases[static_cast<size_t>(base)].name;
}

ForecastTarget forecast_target(std::string_view name) {
  return known_row(forecast_targets(), name, "target").target;
}

RiseBase rise_base(std::string_view name) {
  return known_row(rise_bases(), name, "base of a rise").base;
}

bool has_target(const PriceColumns& prices, const TargetSpec& spec, int64_t day) {
  target_row(spec);  // checks the horizon
  const auto days = static_cast<int64_t>(prices.close.size());
  return day >= 0 && day < days && spec.horizon < days - day;
}

double last_known_price(const PriceColumns& prices, const TargetSpec& spec, int64_t day) {
  const bool adjusted = target_row(spec).price == PriceKind::AdjClose;
  return price_at(prices, adjusted ? PriceKind::AdjClose : PriceKind::Close, day);
}

double target_of_price(const PriceColumns& prices, const TargetSpec& spec, int64_t day,
                       double price) {
  const double base = base_price(prices, spec, day);
  switch (target_row(spec).form) {
    case TargetForm::Price:
      return price;
    case TargetForm::Percent:
      return 100 * (price / base - 1);
    case TargetForm::LogReturn:
      return std::log(price / base);
    case TargetForm::UpOrDown:
      return price > base ? 1 : price < base ? 0 : 0.5;
  }
  internal_error(__FILE__, __LINE__, "no form of a target");
}

double target_value(const PriceColumns& prices, const TargetSpec& spec, int64_t day) {
  const double price = future_price(prices, spec, day);
  if (target_row(spec).form == TargetForm::UpOrDown)
    return price > last_known_price(prices, spec, day);
  return target_of_price(prices, spec, day, price);
}

double naive_forecast(const PriceColumns& prices, const TargetSpec& spec, int64_t day) {
  if (target_row(spec).form == TargetForm::UpOrDown) no_price();
  return target_of_price(prices, spec, day, last_known_price(prices, spec, day));
}

// Rise and target are 0 and naive together, to the last bit: a forecast that equals naive says no
// direction.
double to_rise(const PriceColumns& prices, const TargetSpec& spec, int64_t day, double value) {
  const double last = last_known_price(prices, spec, day);
  switch (target_row(spec).form) {
    case TargetForm::Price:
      return 100 * (value - last) / last;
    case TargetForm::Percent:
      return (value - naive_forecast(prices, spec, day)) * (base_price(prices, spec, day) / last);
    case TargetForm::LogReturn:
      return 100 * std::expm1(value);
    case TargetForm::UpOrDown:
      no_price();
  }
  internal_error(__FILE__, __LINE__, "no form of a target");
}

double from_rise(const PriceColumns& prices, const TargetSpec& spec, int64_t day, double rise) {
  const double last = last_known_price(prices, spec, day);
  switch (target_row(spec).form) {
    case TargetForm::Price:
      return last + last * rise / 100;
    case TargetForm::Percent:
      return naive_forecast(prices, spec, day) + rise * (last / base_price(prices, spec, day));
    case TargetForm::LogReturn:
      return std::log1p(rise / 100);
    case TargetForm::UpOrDown:
      return rise > 0 ? 1 : rise < 0 ? 0 : 0.5;
  }
  internal_error(__FILE__, __LINE__, "no form of a target");
}

double actual_rise(const PriceColumns& prices, const TargetSpec& spec, int64_t day) {
  const double last = last_known_price(prices, spec, day);
  return 100 * (future_price(prices, spec, day) - last) / last;
}

double forecast_lean(const PriceColumns& prices, const TargetSpec& spec, int64_t day,
                     double value) {
  if (target_row(spec).form == TargetForm::UpOrDown) return value - 0.5;
  return to_rise(prices, spec, day, value);
}

}  // namespace lathe
