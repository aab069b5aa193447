// What the tests of daily prices share: texts read, errors, and series written as text.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "lathe/prices.h"
#include "tests/data/data_test_util.h"

namespace lathe::prices {

inline ReadPrices prices_of(const std::string& text, const PriceReadOptions& options = {}) {
  std::istringstream in(text);
  return read_prices(in, "dir/SPY.csv", options);
}

inline std::string price_error(const std::string& text, const PriceReadOptions& options = {}) {
  return data::error_of([&] { prices_of(text, options); });
}

/// The kinds of what was found, in order, by name.
inline std::vector<std::string> kinds_of(const ReadPrices& prices) {
  std::vector<std::string> kinds;
  for (const PriceProblem& p : prices.problems) kinds.emplace_back(to_string(p.kind));
  return kinds;
}

/// Every promise of lathe/prices.h about a series.
void expect_sound(const PriceSeries& series);

}  // namespace lathe::prices
