// What fuse does first: values that no kernel would compute, but that must lie in memory, get a
// copy.
#pragma once

#include "ir/graph.h"

namespace lathe::passes {

/// An op that copies `v`; not yet in the body.
ir::ValueId add_copy(ir::Function& f, ir::ValueId v);

/// Outputs and assigns of parameters, states, leaves and reshapes, a second output of one value,
/// and leaves that an op can only read in memory: each becomes a copy.
void wrap_bare_values(ir::Function& f);

}  // namespace lathe::passes
