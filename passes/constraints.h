// Constraints of weights: what a weight becomes after its update. A state's attribute `constraint`
// names one, and `constraint.max_value` and so on say its parameters.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/builder.h"

namespace lathe::passes {

struct ConstraintParameter {
  std::string_view name;
  double initial, low, high;
};

/// A row of constraints.def.
struct ConstraintRow {
  std::string_view name, formula;
  std::vector<ConstraintParameter> parameters;
  bool uses_norm;  ///< also takes `axis`
  /// Of the weight, a0, and its norm, a1.
  ir::ScalarExpr (*value)(const std::vector<double>& parameters);
};

std::span<const ConstraintRow> constraint_table();
/// Null where there is none of that name.
const ConstraintRow* find_constraint(std::string_view name);

/// Error for an unknown constraint or parameter, for a value outside of its range, and for an axis
/// that a weight of that rank does not have.
void check_constraint(const ir::Attrs& state, int rank);
/// The weight that keeps the state's constraint; w itself where there is none.
ir::ValueId apply_constraint(ir::Builder& b, const ir::Attrs& state, ir::ValueId w);

}  // namespace lathe::passes
