// What every score asks of the rows that it gets.
#pragma once

#include <cstdint>
#include <span>

namespace lathe::detail {

/// Error that names the first number that is not finite: `forecasts: number 3 is nan`.
void check_finite(std::span<const double> values, const char* what);

/// Error unless there are as many numbers of `what` as rows, all finite.
void check_rows(std::span<const double> values, size_t rows, const char* what);

}  // namespace lathe::detail
