// The dates of a file, in whatever layout it has.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lathe/date.h"

namespace lathe::prices {

struct DateCell {
  std::string_view text;
  int64_t line = 0;
};

/// All dates of a column, since where the year comes last only all of them tell which number is the
/// month: one above 12 somewhere. Errors name `name`, the line and the column: what is no date or
/// no day, a year outside 1800 to 2199, dates that are ambiguous, and dates of both orders.
std::vector<Date> read_price_dates(std::span<const DateCell> cells, const std::string& name,
                                   const std::string& column);

}  // namespace lathe::prices
