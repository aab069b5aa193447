#include "frontend/prices/price_cells.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

#include "frontend/base/letters.h"
#include "ir/text_number.h"

namespace lathe::prices {
namespace {

constexpr auto kNulls =
    std::to_array<std::string_view>({"", "null", "nan", "n/a", "#n/a", "na", "none", "-", "--"});

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// One to three digits, of which the first is no 0, then groups of a comma and three digits, then
/// nothing or a point and digits.
bool is_grouped(std::string_view text) {
  const size_t end = std::min(text.find_first_not_of("0123456789,"), text.size());
  const std::string_view whole = text.substr(0, end), rest = text.substr(end);
  const size_t first = whole.find(',');
  if (first == 0 || first > 3 || whole[0] == '0') return false;
  for (size_t i = first; i < whole.size(); ++i)
    if (is_digit(whole[i]) == ((i - first) % 4 == 0)) return false;
  if ((whole.size() - first) % 4 != 0) return false;
  return rest.empty() || (rest[0] == '.' && rest.find_first_not_of("0123456789", 1) == rest.npos);
}

/// Digits, maybe grouped by points, a comma and digits: 321,589996 or 1.234,5.
bool has_decimal_comma(std::string_view text) {
  const size_t comma = text.find(',');
  if (comma == text.npos || comma == 0 || comma + 1 == text.size()) return false;
  return is_digit(text[0]) && text.find_first_not_of("0123456789.") == comma &&
         text.find_first_not_of("0123456789", comma + 1) == text.npos;
}

/// What a number is multiplied by where `letter` stands behind it; 0 of other letters.
double unit_of(char letter) {
  switch (lower_case(letter)) {
    case 'k':
      return 1e3;
    case 'm':
      return 1e6;
    case 'b':
      return 1e9;
    default:
      return 0;
  }
}

/// Whether `text` is a number in form, but none that a double can hold.
bool is_out_of_range(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc::result_out_of_range && end == text.data() + text.size();
}

}  // namespace

NumberCell parse_number_cell(std::string_view cell) {
  NumberCell number;
  std::string text;
  if (cell.size() <= 4) text = lower_case(std::string(cell));
  if (cell.empty() ||
      (!text.empty() && std::find(kNulls.begin(), kNulls.end(), text) != kNulls.end())) {
    number.kind = CellKind::Null;
    return number;
  }
  double unit = 1;
  if (cell.size() > 1 && cell[0] == '$' && is_digit(cell[1])) {
    number.dollars = true;
    cell.remove_prefix(1);
  }
  if (cell.size() > 1 && is_digit(cell[cell.size() - 2]) && unit_of(cell.back()) > 0) {
    number.abbreviated = true;
    unit = unit_of(cell.back());
    cell.remove_suffix(1);
  }
  text = cell;
  if (cell.find(',') != cell.npos) {
    if (!is_grouped(cell)) {
      number.decimal_comma = has_decimal_comma(cell);
      return number;
    }
    number.grouped = true;
    number.surely_grouped =
        std::count(cell.begin(), cell.end(), ',') > 1 || cell.find('.') != cell.npos;
    std::erase(text, ',');
  }
  if (const auto value = ir::text_to_number(text)) {
    number.kind = std::isnan(*value)   ? CellKind::Null
                  : std::isinf(*value) ? CellKind::NotFinite
                                       : CellKind::Number;
    number.value = number.abbreviated ? std::round(*value * unit) : *value;
  } else if (is_out_of_range(text)) {
    number.kind = CellKind::OutOfRange;
  }
  return number;
}

}  // namespace lathe::prices
