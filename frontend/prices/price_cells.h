// Numbers of price files as text.
#pragma once

#include <string>
#include <string_view>

namespace lathe::prices {

enum class CellKind { Null, Number, OutOfRange, NotFinite, NoNumber };

struct NumberCell {
  CellKind kind = CellKind::NoNumber;
  double value = 0;
  /// Commas stand between groups of three digits: `1,234` is 1234, unless they are decimal commas.
  bool grouped = false;
  /// They can't be: there are several, or a point comes behind.
  bool surely_grouped = false;
  /// No number, but one if its comma were a point.
  bool decimal_comma = false;
  bool dollars = false;  ///< `$12.5`
  /// `80.36M`: thousands, millions or billions, by K, M or B; `value` is rounded to a whole number.
  bool abbreviated = false;
};

/// Null: nothing, null, nan, n/a, na, none, -, --, case aside. NotFinite: infinities. OutOfRange:
/// what no double can hold, like 1e400 and 1e-400. Commas have to stand before every third digit of
/// the whole part, a `$` before a digit, and K, M or B behind one; all else is as
/// ir::text_to_number has it.
NumberCell parse_number_cell(std::string_view cell);

}  // namespace lathe::prices
