// Constraints of weights by spec (frontend/base/spec.h): `non_neg`, `max_norm(max_value=3, axis=0)`.
// What they do to a weight after its update is in passes/constraints.def.
#pragma once

#include <string_view>

#include "ir/attributes.h"

namespace lathe::detail {

/// The attributes of a state that keeps the constraint; none for an empty text. Error, with the
/// nearest name, for an unknown one or its parameters.
ir::Attrs constraint_attrs(std::string_view text, int rank);

}  // namespace lathe::detail
