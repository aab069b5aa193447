// What a contraction multiplies: the sizes of its matmul, and where the operands lie.
#pragma once

#include <vector>

#include "codegen/llvm/kernel_context.h"

namespace lathe::codegen {

/// A vector of a result of more columns is half full, or more, when it holds columns. Of fewer it holds
/// something else: dot_products.h, narrow_gradient.h.
inline constexpr int64_t kFewColumns = 8;

/// How many rows, or how many products a sum has: `times` is 1 but where the batch, or the first of
/// several dimensions, is multiplied.
struct Extent {
  Dim first = 1;
  int64_t times = 1;
  bool is_symbol() const { return first.is_symbol(); }
};

/// Values of more than two dimensions are matrices, whose rows are all dimensions but the last.
struct MatmulOperands {
  ir::ValueId matmul;
  bool turned_a, turned_b;  ///< transposed
  Extent m, k;              ///< rows of the result, products of a sum
  int64_t n;                ///< columns of the result
  Place a, b;
};

/// Of the matmul among `ops`.
MatmulOperands matmul_operands(KernelContext& c, const std::vector<ir::ValueId>& ops);

llvm::Value* size_of(KernelContext& c, const Extent& e);
/// The largest that it can be.
int64_t most_of(const KernelContext& c, const Extent& e);

/// The least multiple of `to` that is no less than `n`.
int64_t round_up(int64_t n, int64_t to);

/// What lies there, seen as a matrix.
Place as_matrix(Place p);

}  // namespace lathe::codegen
