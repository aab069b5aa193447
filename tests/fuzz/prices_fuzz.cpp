// Any bytes as a file of daily prices: a sound series in which every odd row has its line, or an
// Error that names its source. What is read strictly is the same without.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "ir/error.h"
#include "lathe/prices.h"

using namespace lathe;

namespace {

std::optional<ReadPrices> read(const std::string& text, const PriceReadOptions& options) {
  std::istringstream in(text);
  try {
    return read_prices(in, "fuzz", options);
  } catch (const Error& e) {
    if (!std::string_view(e.what()).starts_with("fuzz: ")) std::abort();
    return std::nullopt;
  }
}

void check(const PriceSeries& s) {
  const size_t rows = s.date.size();
  if (rows == 0) std::abort();
  for (const PriceFieldRow& field : price_fields()) {
    const bool volume = field.field == PriceField::Volume;
    if (s[field.field].empty() && (volume || field.field == PriceField::AdjClose)) continue;
    if (s[field.field].size() != rows) std::abort();
    for (double v : s[field.field])
      if (!(v >= (volume ? 0 : 1e-9) && v <= (volume ? 1e18 : 1e12))) std::abort();
  }
  for (size_t i = 0; i < rows; ++i) {
    if (s.high[i] < std::max(s.open[i], s.close[i])) std::abort();
    if (s.low[i] > std::min(s.open[i], s.close[i])) std::abort();
    if (i > 0 && !(s.date[i - 1] < s.date[i])) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto strict = read(text, {.strict = true});
  const auto loose = read(text, {.fill_adj_from_close = true});
  if (strict && !loose) std::abort();
  if (!loose) return 0;
  check(loose->series);
  const int64_t lines =
      std::count(text.begin(), text.end(), '\n') + std::count(text.begin(), text.end(), '\r') + 1;
  for (const PriceProblem& p : loose->problems)
    if (p.line < 1 || p.line > lines || p.text.empty()) std::abort();
  if (problem_lines(*loose).size() != loose->problems.size()) std::abort();
  const int64_t changed = loose->count(PriceAction::Dropped) + loose->count(PriceAction::Repaired);
  if (strict.has_value() != (changed == 0)) std::abort();
  if (strict && strict->series.close != loose->series.close) std::abort();
  return 0;
}
