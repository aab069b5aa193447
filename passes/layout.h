// choose_layouts: how buffers and states lie in memory, for the kernels that read them.
//
// Needs a module after fuse, not yet scheduled. Leaves: no matmul with transpose_b in a contraction (a transpose
// kernel makes its right operand, in panels); states that are only ever a right operand, a
// transpose's operand or elementwise work of their own shape in panels; other matrices that
// contractions read and write with padded rows. Adds the attribute `layout` and nothing else.
#pragma once

#include "passes/pass.h"

namespace lathe::passes {

bool choose_layouts(ir::Module& module, const PassOptions& options, Remarks& remarks);

}  // namespace lathe::passes
