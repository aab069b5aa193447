// Powers of which one side is a number, as scalar expressions.
#pragma once

#include "ir/scalar_expr.h"

namespace lathe::passes {

/// base to the power e, base >= 0.
ir::ScalarExpr power(double base, const ir::ScalarExpr& e);
/// base to the power e, base >= 0; 0 to the power 0 is 1. Squares and square roots are taken as such.
ir::ScalarExpr power(const ir::ScalarExpr& base, double e);

/// 1 - base to the power e, 0 <= base < 1, e > 0, with the digits that the difference loses where
/// base is nearly 1.
ir::ScalarExpr one_less_power(double base, const ir::ScalarExpr& e);

/// The largest whole number that is not above x. For |x| < 2^51, in f64.
ir::ScalarExpr floor(const ir::ScalarExpr& x);

}  // namespace lathe::passes
