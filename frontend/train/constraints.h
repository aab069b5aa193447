// Constraints of weights by spec (frontend/base/spec.h): `non_neg`, `max_norm(max_value=3, axis=0)`;
// also by the class, `NonNeg`.
// What they do to a weight after its update is in passes/constraints.def.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/base/options.h"
#include "ir/attributes.h"

namespace lathe::detail {

/// A row of passes/constraints.def, as it is chosen by name.
struct ConstraintRow {
  std::string_view name, formula;
  std::vector<OptionSpec> options;
  std::vector<std::string> aliases;
};

std::span<const ConstraintRow> constraint_table();
/// The attributes of a state that keeps the constraint; none for an empty text. Error, with the
/// nearest name, for an unknown one or its parameters.
ir::Attrs constraint_attrs(std::string_view text, int rank);

}  // namespace lathe::detail
