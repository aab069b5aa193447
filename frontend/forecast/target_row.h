// The rows of forecast_targets.def, and the prices that they are made of.
#pragma once

#include <cstdint>

#include "lathe/forecast.h"

namespace lathe::detail {

enum class PriceKind { Open, Close, AdjClose };
enum class TargetForm { Price, Percent, LogReturn, UpOrDown };

struct TargetRow {
  PriceKind price;
  TargetForm form;
};

/// Error for a horizon that there is not.
const TargetRow& target_row(const TargetSpec& spec);

/// Error, which names the price, for a day that is not there and for a price that is not above 0.
double price_at(const PriceColumns& prices, PriceKind kind, int64_t day);

}  // namespace lathe::detail
