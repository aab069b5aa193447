// The table of elementwise ops, read from elementwise.def.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/scalar_expr.h"

namespace lathe::ir {

/// Where finite differences do not apply, and where operands are drawn from in tests.
struct ElementwiseMarks {
  std::vector<double> kinks;  ///< not differentiable where an operand has one of these values
  bool tie = false;           ///< not differentiable where the operands are equal
  double low = -3, high = 3;  ///< operands for tests
};

struct ElementwiseRow {
  std::string_view name;
  int arity;
  std::string_view formula;  ///< as written in the table, over x, y, z
  ScalarExpr expr;           ///< over a0, a1, a2
  /// Gradients written in the table, over the operands and a<arity>, the op's result. Empty:
  /// derived.
  std::vector<ScalarExpr> gradient;
  ElementwiseMarks marks;
};

std::span<const ElementwiseRow> elementwise_table();
/// The row of that name, or nullptr.
const ElementwiseRow* find_elementwise(std::string_view name);
/// The first row with that expression, or nullptr: how a map gets its printed name.
const ElementwiseRow* find_elementwise(const ScalarExpr& expr);

/// d expr / d operand `wrt` of a map with `arity` operands, over the operands and a<arity>, the
/// result: the table's gradient where there is one.
ScalarExpr map_derivative(const ScalarExpr& expr, int arity, int wrt);

}  // namespace lathe::ir
