// Reports of made prices, and pages taken apart.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lathe/prices.h"
#include "tools/report/forecast_report.h"

namespace lathe::report::test {

struct Made {
  TargetSpec spec{};
  int64_t seeds = 1;
  /// The forecast is naive's, plus this share of the way to the truth, plus noise: above 0 it knows
  /// the future.
  double leak = 0;
  int64_t test_days = 120;
};

/// Of the last days of `prices`, with the baselines that the target has.
ForecastResult made_result(const PriceSeries& prices, const Made& made);

/// As a run would fill it in.
ForecastReport made_report(const std::vector<PriceSeries>& prices, const std::vector<Made>& made);

/// A market's, as far as a report knows: made by rule without saying so.
PriceSeries as_of_a_market(std::string name, uint64_t seed);

struct Element {
  std::string tag;
  std::map<std::string, std::string> attributes;
  std::string text;   ///< of it and all within, entities resolved
  std::string inner;  ///< what lies within as it is written
};

/// The elements of a page in the order of their beginnings. Throws std::runtime_error, with the place,
/// for what is no well-formed XML: tags that do not close, bare & and <, attributes without quotes.
std::vector<Element> parse_page(std::string_view page);
std::vector<Element> with_tag(const std::vector<Element>& page, std::string_view tag);

}  // namespace lathe::report::test
