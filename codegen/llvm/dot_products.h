// Contractions of few columns, or few rows, as dot products: dot_block.h.
#pragma once

#include <vector>

#include "codegen/llvm/matmul_operands.h"

namespace lathe::codegen {

/// Whether the sums of a product are made so. By its shape alone, which neither threads nor rows of a
/// batch nor registers change: the order of a sum is another one.
bool is_dot_products(const MatmulOperands& o);

/// The whole kernel `ops`.
void emit_dot_products(KernelContext& c, const std::vector<ir::ValueId>& ops,
                       const MatmulOperands& o);

}  // namespace lathe::codegen
