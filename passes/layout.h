// choose_layouts: how buffers and states lie in memory, for the kernels that read them.
//
// Needs a module after fuse, not yet scheduled. Leaves: states that are only ever a right operand, a
// transpose's operand or elementwise work of their own shape in panels, if a matmul reads them
// untransposed and they have more than one column; other matrices that contractions read and write with
// padded rows, of a stride that they share where it is not too wide. Adds the attribute `layout` and
// nothing else.
#pragma once

#include "passes/pass.h"

namespace lathe::passes {

bool choose_layouts(ir::Module& module, const PassOptions& options, Remarks& remarks);

}  // namespace lathe::passes
