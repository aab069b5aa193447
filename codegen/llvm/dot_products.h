// Contractions of few columns, or few rows, as dot products: dot_block.h.
#pragma once

#include <vector>

#include "codegen/llvm/matmul_operands.h"

namespace lathe::codegen {

/// Whether the sums of a product are made so: its left operand is not transposed, its result has at most
/// 8 columns, or a transposed right operand and a fixed number of rows, at most 6, and a sum has 16
/// products or more, of c columns 12 c (at most 96), where the right operand is transposed 4 c (at most
/// 32). That is said of shapes alone, which neither threads nor rows of a batch nor registers change: the
/// order of a sum is another one.
bool is_dot_products(const MatmulOperands& o);

/// The whole kernel `ops`.
void emit_dot_products(KernelContext& c, const std::vector<ir::ValueId>& ops,
                       const MatmulOperands& o);

}  // namespace lathe::codegen
