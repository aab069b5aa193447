// Reductions over a row, in vectors: of a sum, or a largest number, a few accumulators of vectors that
// take turns, joined by halves at the end, as then their lanes are. So the order of a sum depends on the number of columns alone.
#pragma once

#include <functional>
#include <vector>

#include "codegen/llvm/kernel_context.h"

namespace lathe::codegen {

struct RowReduction {
  std::vector<llvm::Value*>
      start;  ///< accumulators before the first vector; of those that take turns [0] is next
  /// Takes a vector at `column`, of which the first `valid` lanes count (nullptr: all).
  std::function<std::vector<llvm::Value*>(std::vector<llvm::Value*>, llvm::Value* x,
                                          llvm::Value* column, llvm::Value* valid)>
      step;
  std::function<llvm::Value*(std::vector<llvm::Value*>)> finish;
};

/// For a reduce or argmax op whose operand has element type `t`.
RowReduction make_reduction(KernelContext& c, const ir::Op& op, DType t);

/// The sum of a vector's lanes: halves are added until one is left.
llvm::Value* sum_lanes(llvm::IRBuilder<>& b, llvm::Value* x);

/// Elements of `x`, a scalar or a vector, as another type: floats to integers truncate (NaN is 0,
/// out of range saturates), bool is 0 or 1, to bool is "not 0".
llvm::Value* emit_convert(KernelContext& c, llvm::Value* x, DType from, DType to);

}  // namespace lathe::codegen
