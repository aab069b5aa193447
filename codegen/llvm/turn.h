// A square of numbers, turned in registers: its rows become its columns.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include <vector>

namespace lathe::codegen {

/// Rows, and numbers of a row, of a square.
inline constexpr int kTurnSide = 16;

/// `rows`: kTurnSide vectors of kTurnSide lanes.
void turn(llvm::IRBuilder<>& b, std::vector<llvm::Value*>& rows);

}  // namespace lathe::codegen
