// The heart of a contraction of few columns, or few rows: a block of sums whose operands both lie in the
// order of k, so that a vector holds sixteen products of one sum, not one product of sixteen sums.
//
// A sum is sixteen chains of fused multiply-adds, chain l over k = l, l + 16, l + 32, … in ascending
// order; then chains 0 to 7 and 8 to 15 are added to each other, then 0 to 3 and 4 to 7, 0 and 1 and
// 2 and 3, the last two: the same at every width of registers.
#pragma once

#include <string>

#include "codegen/llvm/kernel_context.h"

namespace lathe::codegen {

/// Steps and sizes in elements.
struct DotBlockKey {
  int64_t rows = 1, columns = 1;  ///< of the block; at most 16 columns
  int64_t depth = 1;              ///< products of a sum
  int64_t a_row_step = 0;         ///< from A(i, k) to A(i + 1, k); A(i, k + 1) is next to A(i, k)
  int64_t b_column_step = 0;      ///< from B(k, j) to B(k, j + 1)
  int64_t b_stretch = kRowLanes;  ///< so many of B(k, j), B(k + 1, j), … lie together
  int64_t b_stretch_step = kRowLanes;  ///< from one stretch to the next
  int64_t tile_step = 0;               ///< from one row of the results to the next
  std::string name() const;
};

/// `void (ptr a, ptr b, ptr tile)`: made on first use. Reads nothing past the last product. Writes each
/// row's sums, and past them up to the next power of two, row after row.
llvm::Function* dot_block(llvm::Module& out, const CpuModel& cpu, const DotBlockKey& key);

/// Rows, 8 at most, of the highest block of so many columns that the registers hold; 0 where they
/// don't hold one.
int64_t max_dot_rows(const CpuModel& cpu, int64_t columns);

}  // namespace lathe::codegen
