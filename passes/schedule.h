// schedule: every kernel gets a phase.
//
// Needs a module after layout. Kernels of one phase share no buffer that one of them writes; a
// barrier stands between phases. A kernel runs after the producers of what it reads, and a kernel
// that assigns a state after every other kernel that reads it; one that waits for no other runs as
// late as its readers allow. Sets the attribute `phase` on kernels and orders the body by it.
#pragma once

#include "passes/pass.h"

namespace lathe::passes {

bool schedule(ir::Module& module, const PassOptions& options, Remarks& remarks);

}  // namespace lathe::passes
