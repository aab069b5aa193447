// fuse: every op that computes belongs to a kernel, and as much work as can be done in registers or
// in one walk over the rows shares one.
//
// Needs a module after decompose and simplify: no softmax, no mean, no minimize or update.
// Leaves each op but constants, batch_size and reshapes in a kernel (ir/kernel_kinds.def says what
// each kind holds), ops of a kernel together, and no output or assign that has a parameter, a state
// or a reshape as its value. Every op that could have joined a kernel and was refused has a remark.
#pragma once

#include "passes/pass.h"

namespace lathe::passes {

bool fuse(ir::Module& module, const PassOptions& options, Remarks& remarks);

}  // namespace lathe::passes
