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

/// As short as it can be with `digits` significant digits: `0.5`, `20000`, `1e-5`, `3e8`.
std::string short_number(double value, int digits = 4);

}  // namespace lathe::plot
