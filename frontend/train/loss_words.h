// The words that losses' expressions are written in, beside those of ir/scalar_expr.h.
#pragma once

#include "ir/scalar_expr.h"

namespace lathe::detail::loss_words {

using namespace ir::scalar_dsl;

constexpr double epsilon = 1e-7;  ///< keras.config.epsilon()
constexpr double log2 = 0.69314718055994530942;

inline E square(const E& x) {
  return x * x;
}
inline E clip(const E& x, double low, double high) {
  return min(max(x, E(low)), E(high));
}
/// x to the power of `exponent`, x >= 0. The bound keeps the slope at 0 from being 0 times infinity.
inline E power(const E& x, double exponent) {
  return exponent == 0   ? E(1.0)
         : exponent == 1 ? x
         : exponent == 2 ? x * x
                         : exp(E(exponent) * log(max(x, E(1e-30))));
}

}  // namespace lathe::detail::loss_words
