// Algebra, constants, common subexpressions and dead code.
#pragma once

#include "passes/pass.h"

namespace lathe::passes {

/// Applies the rules of simplify_rules.cpp and simplify_map.cpp until nothing changes, merges equal
/// ops and drops those that no output and no op without a result needs.
///
/// Values stay as they are, NaN and infinities included, but for the sign of zero. Maps are not
/// merged into one another: which of them are computed together is fusion's choice. Of two equal
/// ops the first stays, with its name and layer. Works on functions without kernels.
bool simplify(ir::Module& module, const PassOptions& options, Remarks& remarks);

}  // namespace lathe::passes
