// A square of numbers, turned in registers: its rows become its columns.
#pragma once

#include "codegen/llvm/kernel_context.h"

namespace lathe::codegen {

/// Rows, and numbers of a row, of a square.
inline constexpr int kTurnSide = 16;

/// Turns a square of f32 at `from`, of which `height` rows and `width` columns count, to `to`; the
/// steps are elements from one row to the next. Emits a call of a function that all kernels of the
/// module share: LLVM takes long for it.
void turn_square(KernelContext& c, llvm::Value* from, int64_t from_step, llvm::Value* to,
                 int64_t to_step, llvm::Value* height, llvm::Value* width);

}  // namespace lathe::codegen
