// Philox4x32-10 as LLVM IR: the numbers of runtime/philox.h, bit by bit.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include <cstdint>

namespace lathe::codegen {

/// <lanes x float>: runtime::uniform_at of the elements first_element to first_element + lanes - 1.
/// `seed`, `step` and `first_element` are i64; of `step` the low 32 bits count; `first_element` is
/// a multiple of 4, for four elements share a block. `lanes` is any positive number: cheapest in
/// multiples of 4, and 32 fill AVX-512's multiplier, 16 AVX2's.
llvm::Value* emit_uniform(llvm::IRBuilder<>& b, llvm::Value* seed, llvm::Value* step,
                          uint32_t stream, llvm::Value* first_element, unsigned lanes);

/// The same from any `first_element` on: draws up to a block more.
llvm::Value* emit_uniform_from(llvm::IRBuilder<>& b, llvm::Value* seed, llvm::Value* step,
                               uint32_t stream, llvm::Value* first_element, unsigned lanes);

/// The number of one element, of any place, as float.
llvm::Value* emit_uniform_at(llvm::IRBuilder<>& b, llvm::Value* seed, llvm::Value* step,
                             uint32_t stream, llvm::Value* element);

}  // namespace lathe::codegen
