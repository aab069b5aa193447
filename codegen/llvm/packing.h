// Copies of operands that a contraction makes in a worker's scratch, so that its register tiles
// read memory in order.
#pragma once

#include "codegen/llvm/kernel_context.h"

namespace lathe::codegen {

/// A part of the products that a sum has: from `first` on, `count` of them.
struct Depth {
  llvm::Value *first, *count;
};

/// Copies `count` columns of a row-major matrix with rows of `stride` elements, from the one whose first
/// element `from` is on, to `out`: a row of `width` elements, at least `count`, for each k. Writes up
/// to a vector past the end.
void copy_columns(KernelContext& c, llvm::Value* from, int64_t stride, const Depth& k,
                  int64_t count, int64_t width, llvm::Value* out);

/// Turns rows `row` to `row + count - 1` of a matrix to the columns of a panel of `width`: a row of it
/// for each k. What the panel has past `count` columns is left as it is.
void turn_rows(KernelContext& c, const Place& b, llvm::Value* row, int64_t count, const Depth& k,
               int64_t width, llvm::Value* out);

}  // namespace lathe::codegen
