#include "frontend/forecast/target_row.h"

#include <fmt/format.h>

#include <cmath>
#include <span>

#include "ir/error.h"

namespace lathe::detail {

namespace {

constexpr TargetRow kRows[] = {
#define FORECAST_TARGET(target, name, price, form, formula) {PriceKind::price, TargetForm::form},
#include "frontend/forecast/forecast_targets.def"
};

struct Column {
  std::span<const double> values;
  const char* name;
};

Column column_of(const PriceColumns& prices, PriceKind kind) {
  switch (kind) {
    case PriceKind::Open:
      return {prices.open, "open"};
    case PriceKind::Close:
      return {prices.close, "close"};
    case PriceKind::AdjClose:
      return {prices.adj_close, "adjusted close"};
  }
  internal_error(__FILE__, __LINE__, "no such price");
}

}  // namespace

const TargetRow& target_row(const TargetSpec& spec) {
  if (spec.horizon < 1 || spec.horizon > kLongestHorizon)
    throw Error(
        fmt::format("a horizon must be 1 to {} days, not {}", kLongestHorizon, spec.horizon));
  return kRows[static_cast<size_t>(spec.target)];
}

double price_at(const PriceColumns& prices, PriceKind kind, int64_t day) {
  const auto [values, name] = column_of(prices, kind);
  if (values.empty()) throw Error(fmt::format("these prices have no {}", name));
  if (day < 0 || static_cast<size_t>(day) >= values.size())
    throw Error(fmt::format("there is no {} of day {}: the prices have days 0 to {}", name, day,
                            values.size() - 1));
  const double price = values[static_cast<size_t>(day)];
  if (!(price > 0 && std::isfinite(price)))
    throw Error(fmt::format("the {} of day {} is {}, not a price above 0", name, day, price));
  return price;
}

}  // namespace lathe::detail
