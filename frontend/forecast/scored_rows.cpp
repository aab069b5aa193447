#include "frontend/forecast/scored_rows.h"

#include <fmt/format.h>

#include <cmath>

#include "ir/error.h"

namespace lathe::detail {

void check_finite(std::span<const double> values, const char* what) {
  for (size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      throw Error(fmt::format("{}: number {} is {}", what, i, values[i]));
}

void check_rows(std::span<const double> values, size_t rows, const char* what) {
  if (values.size() != rows)
    throw Error(fmt::format("there are {} {} for {} rows", values.size(), what, rows));
  check_finite(values, what);
}

}  // namespace lathe::detail
