// fuse: every op that computes belongs to a kernel, and as much work as can be done in registers or
// in one walk over the rows shares one.
//
// Needs a module after decompose and simplify: no softmax, no mean, no minimize or update.
// Leaves each op but constants, batch_size and reshapes in a kernel (ir/kernel_kinds.def says what
// each kind holds), ops of a kernel together, and no output or assign that has a parameter, a state
// or a reshape as its value. Every op that reads what another kernel makes, and was refused there,
// has a remark. With PassOptions::fuse_ops off every kernel holds one op and its assigns.
#pragma once

#include "passes/pass.h"

namespace lathe::passes {

bool fuse(ir::Module& module, const PassOptions& options, Remarks& remarks);

/// Error, in the name of a later pass, where `f` has an op that fuse has not put in a kernel.
void require_kernels(const ir::Function& f, const char* pass);

}  // namespace lathe::passes
