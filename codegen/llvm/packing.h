// Copies of operands that a contraction makes in a worker's scratch, so that its register tiles
// read memory in order.
#pragma once

#include "codegen/llvm/kernel_context.h"

namespace lathe::codegen {

/// A part of the products that a sum has: from `first` on, `count` of them.
struct Depth {
  llvm::Value *first, *count;
};

/// Copies `height` columns of a row-major matrix with rows of `stride` elements, from the one whose
/// first element `a` is on, to `out`: a row of `height` numbers for each k. Writes up to a vector more.
void pack_columns(KernelContext& c, llvm::Value* a, int64_t stride, const Depth& k, int64_t height,
                  llvm::Value* out);

/// Copies `count` columns of a row-major matrix with rows of `stride` elements, from the one whose first
/// element `b` is on, to a panel of `width`: a row of it for each k, whole vectors of them.
void pack_panel(KernelContext& c, llvm::Value* b, int64_t stride, const Depth& k, int64_t count,
                int64_t width, llvm::Value* out);

/// Turns rows `row` to `row + count - 1` of a matrix to the columns of a panel of `width`: a row of it
/// for each k. What the panel has past `count` columns is left as it is.
void turn_rows(KernelContext& c, const Place& b, llvm::Value* row, int64_t count, const Depth& k,
               int64_t width, llvm::Value* out);

}  // namespace lathe::codegen
