// The text of a user's own expression, as losses and layers take it (lathe/expr.h).
#pragma once

#include <string_view>

#include "ir/scalar_expr.h"

namespace lathe::detail {

/// The expression, which is a number. Error for a text that is none, with the place, for a truth
/// value, and for one of more than 200 parts (arguments, numbers and operations, shared ones once).
ir::ScalarExpr parse_number_expr(std::string_view text);

}  // namespace lathe::detail
