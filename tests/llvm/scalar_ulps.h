// Errors in units in the last place.
#pragma once

#include <cmath>
#include <limits>

namespace lathe::test {

/// The distance between neighbouring T at `value`, which need not be one; the smallest normal's for
/// anything below it.
template <typename T>
long double ulp(long double value) {
  using Limits = std::numeric_limits<T>;
  int exponent = Limits::min_exponent - 1;
  if (value != 0 && std::isfinite(value)) exponent = std::max(exponent, std::ilogb(value));
  return std::ldexp(1.0L, exponent - (Limits::digits - 1));
}

/// `value` as a T in the runtime's floating-point mode: denormals are zeros.
template <typename T>
T flushed(T value) {
  return std::fabs(value) < std::numeric_limits<T>::min() ? std::copysign(T{0}, value) : value;
}

/// |got - want| in ulps of `want`. 0 if both are NaN or the same infinity, infinite if one alone
/// is.
template <typename T>
long double ulp_error(T got, long double want) {
  if (std::isnan(got) || std::isnan(want))
    return std::isnan(got) && std::isnan(want) ? 0 : std::numeric_limits<long double>::infinity();
  if (static_cast<long double>(got) == want) return 0;
  return std::fabs(got - want) / ulp<T>(want);
}

}  // namespace lathe::test
