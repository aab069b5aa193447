// Functions of one variable, as people write them.
#pragma once

#include <string>

#include "ir/scalar_expr.h"

namespace lathe::cli {

/// `text` as an expression of argument a0: numbers, `x`, `pi`, `e`, + - * / ^, parentheses, calls
/// such as `sin(3*x)` of what formula_help() names, comparisons (1 or 0); 3x and 2 sin(x) are
/// products. Or the name of a built-in function. Powers with an exponent that is no whole number are
/// those of positive numbers. Error, with the place, for anything else.
ir::ScalarExpr parse_formula(const std::string& text);

/// f(x), a NaN without its sign.
double value_of(const ir::ScalarExpr& f, double x);
/// `value`; of a NaN one without a sign, which printing would show.
double without_nan_sign(double value);

/// For --help: what a formula may be, with the functions that it may call and the built-in ones.
std::string formula_help();

}  // namespace lathe::cli
