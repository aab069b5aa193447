// Arithmetic of f32 in f64, rounded once: what the interpreter does (ir/graph.h), for compiled code that is to give
// its bits. It gives others where a result in f64, of which functions such as log may differ in the last place, is that
// near to the middle between two f32: one in some hundred million.
#pragma once

#include "ir/graph.h"

namespace lathe::passes {

/// Every map of f32 in the function computes in f64; its result is converted to f32 as before.
void widen_maps(ir::Module& module, ir::Function& function);

}  // namespace lathe::passes
