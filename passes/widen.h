// Arithmetic of f32 in f64, rounded once: what the interpreter does (ir/graph.h), for compiled code that is to give
// its bits.
#pragma once

#include "ir/graph.h"

namespace lathe::passes {

/// Every map of f32 in the function computes in f64; its result is converted to f32 as before.
void widen_maps(ir::Module& module, ir::Function& function);

}  // namespace lathe::passes
