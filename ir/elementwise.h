// The table of elementwise ops, read from elementwise.def.
//
// A row may have parameters, such as the slope of leaky_relu. They are constants of the expression,
// which says all that the op means; `leaky_relu(%x) {negative_slope = 0.3}` in IR text is a name for
// it, that the parser turns into the expression and the printer recovers from it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/attributes.h"
#include "ir/scalar_expr.h"

namespace lathe::ir {

/// Where finite differences do not apply, and what tests need to know.
struct ElementwiseMarks {
  std::vector<double> kinks;      ///< not differentiable where an operand has one of these values
  bool tie = false;               ///< not differentiable where the operands are equal
  bool straight_through = false;  ///< the gradient is not the derivative, on purpose
  bool absolute = false;          ///< f32: small results are right to 1e-6, not to a few ulps
  double low = -3, high = 3;      ///< operands for tests
};

struct ElementwiseParam {
  std::string_view name;
  double default_value;
  double low, high;  ///< both allowed
  double least;      ///< of |value|: where 0 is not allowed, more than 0
  bool allows(double v) const;
};

struct ElementwiseRow {
  std::string_view name;
  int arity;
  bool activation;           ///< one operand, and meant to stand behind a layer
  std::string_view formula;  ///< for people; over x, y, z and the parameters
  std::vector<ElementwiseParam> params;
  std::vector<double> values;  ///< of the parameters, in `expr`, `gradient` and `marks`
  ScalarExpr expr;             ///< over a0, a1, a2
  /// Gradients written in the table, over the operands and a<arity>, the op's result. Empty:
  /// derived.
  std::vector<ScalarExpr> gradient;
  ElementwiseMarks marks;
  /// expr, gradient and kinks before the parameters have values: they are the arguments after
  /// a<arity>.
  ScalarExpr expr_pattern;
  std::vector<ScalarExpr> gradient_pattern, kink_patterns;

  /// The row with other values of its parameters. Error for one that is not allowed.
  ElementwiseRow with(std::span<const double> new_values) const;
  /// The row with those of its parameters that `options` holds, and the others' defaults. Error for
  /// an option that is none, is no number or not allowed.
  ElementwiseRow with(const Attrs& options) const;
  /// The values with which the row has the expression `e`, if there are any.
  std::optional<std::vector<double>> match(const ScalarExpr& e) const;
};

/// Every row, with the defaults of its parameters.
std::span<const ElementwiseRow> elementwise_table();
/// The row of that name, or nullptr.
const ElementwiseRow* find_elementwise(std::string_view name);
/// The first row with that expression for some values of its parameters, which `values` gets, or
/// nullptr: how a map gets its printed name.
const ElementwiseRow* find_elementwise(const ScalarExpr& expr,
                                       std::vector<double>* values = nullptr);

/// d expr / d operand `wrt` of a map with `arity` operands, over the operands and a<arity>, the
/// result: the table's gradient where there is one.
ScalarExpr map_derivative(const ScalarExpr& expr, int arity, int wrt);

}  // namespace lathe::ir
