// The register-tiled heart of a contraction: a block of C = A · B, kept in registers over all products of a piece.
//
// One function for each signature, shared by all contractions of a module. It computes `height`
// rows by `vectors` vectors of C, each element one chain of fused multiply-adds over ascending k
// that starts at zero or at what stands in the block, and leaves the block in the caller's scratch, row after row.
#pragma once

#include <string>
#include <vector>

#include "codegen/llvm/kernel_context.h"

namespace lathe::codegen {

struct MicrokernelKey {
  int64_t height = 1;      ///< rows of the block
  int64_t vectors = 1;     ///< vectors of a row
  int64_t a_row_step = 0;  ///< elements from A(i, k) to A(i + 1, k)
  int64_t a_k_step = 0;    ///< elements from A(i, k) to A(i, k + 1)
  int64_t b_k_step = 0;    ///< elements from B(k, j) to B(k + 1, j); B(k, j + 1) is next to B(k, j)
  int64_t panel_vectors = 0;  ///< B's vectors lie together in panels of so many; 0: all together
  int64_t b_panel_step = 0;   ///< elements from one panel to the next
  int64_t b_ahead = 0;        ///< rows of B that are fetched before they are read; 0: B is in cache
  bool adds = false;          ///< the sums begin with what stands in the block, not with zero
  /// Matrices of which the lines that the block covers are fetched while the sums are made, row by row;
  /// true: they will be written.
  std::vector<bool> fetched;
  bool masked = false;  ///< B may end before the last vector does: only `columns` may be read
  std::string name() const;
};

/// Where a matrix that is fetched begins in the block, and the elements from row to row.
struct Fetched {
  llvm::Value *first, *step;
};

/// Where a block's first elements lie, how many products its sums have, where `masked`, how many columns,
/// and what is fetched.
struct BlockOperands {
  llvm::Value *a, *b, *k, *columns;
  std::vector<Fetched> fetched;
};

/// Adds the products to `sums`, a vector for each row and vector of a row. The loop, of at least one turn,
/// is emitted where `b` stands, which ends up behind it.
void add_products(llvm::IRBuilder<>& b, const CpuModel& cpu, const MicrokernelKey& key,
                  const BlockOperands& operands, std::vector<llvm::Value*>& sums);

/// `void (ptr a, ptr b, ptr block, i64 k, i64 columns, (ptr first, i64 step)…)`: made on first use. `a` and
/// `b` point at the block's first elements; `columns` counts only where `masked`.
llvm::Function* microkernel(llvm::Module& out, const CpuModel& cpu, const MicrokernelKey& key);

/// Rows of the largest block whose accumulators, B vectors and one A value fit the registers.
int64_t max_height(const CpuModel& cpu, int64_t vectors);

}  // namespace lathe::codegen
