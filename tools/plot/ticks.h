// Where an axis has its numbers, and how they are written.
#pragma once

#include <string>
#include <vector>

namespace lathe::plot {

struct Tick {
  double at = 0;
  std::string label;
};

/// Multiples of 1, 2 or 5 times a power of ten within the range, `most` (2 or more) at most; with
/// `whole` no fractions. `low` is below `high`, both within 1e300 of 0.
std::vector<Tick> linear_ticks(double low, double high, int most, bool whole = false);
/// Of a logarithmic axis, both ends from 1e-301 to 1e301: powers of ten, or, where the range has not two of
/// them, 1, 2 and 5 times those.
std::vector<Tick> log_ticks(double low, double high, int most);

/// Of an axis of days since 1970-01-01, the years 1 to 9999: days, Mondays, the first of months, of
/// quarters and half years, or years, `most` (2 or more) at most. Their labels say no more than that
/// takes: `2020-03-09`, `2020-03`, `2020`.
std::vector<Tick> time_ticks(double low, double high, int most);
/// `2020-03-09`
std::string day_label(double day);

/// As short as it can be with `digits` significant digits: `0.5`, `20000`, `1e-5`, `3e8`.
std::string short_number(double value, int digits = 4);

}  // namespace lathe::plot
