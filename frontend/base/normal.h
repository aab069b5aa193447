// Normal random numbers as an expression over uniform ones.
#pragma once

#include <numbers>

#include "ir/scalar_expr.h"

namespace lathe::detail {

/// Standard normal, by Box and Muller, of two independent numbers that are uniform in [0, 1).
inline ir::scalar_dsl::E standard_normal(const ir::scalar_dsl::E& u, const ir::scalar_dsl::E& v) {
  using namespace ir::scalar_dsl;
  // 1 - u is in (0, 1].
  return sqrt(E(-2.0) * log(E(1.0) - u)) * cos(E(2 * std::numbers::pi) * v);
}

}  // namespace lathe::detail
