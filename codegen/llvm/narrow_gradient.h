// Weight gradients of few columns: a vector holds rows of the result, which lie together in the left
// operand, and not its columns, which would leave most of it empty.
#pragma once

#include <vector>

#include "codegen/llvm/matmul_operands.h"

namespace lathe::codegen {

/// Whether it is one that is made so: its bits are the same either way.
bool is_narrow_gradient(const MatmulOperands& o);

/// The whole kernel `ops`.
void emit_narrow_gradient(KernelContext& c, const std::vector<ir::ValueId>& ops,
                          const MatmulOperands& o);

}  // namespace lathe::codegen
