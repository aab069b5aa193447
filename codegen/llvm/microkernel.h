// The register-tiled heart of a contraction: a block of C = A · B, kept in registers over all products of a piece.
//
// `height` rows by `vectors` vectors of C, each element one chain of fused multiply-adds over ascending k:
// as code within a kernel, which goes on with the sums (add_products), or as one function for each
// signature, shared by all contractions of a module, which leaves the block in the caller's scratch, row
// after row (microkernel).
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
  std::vector<bool>
      fetched;  ///< of microkernel(): for each matrix that is fetched, if it will be written
  bool masked = false;  ///< B may end before the last vector does: only `columns` may be read
  std::string name() const;
};

/// A matrix of whose rows the lines that a block covers are fetched while its sums are made.
struct Fetched {
  llvm::Value* first;  ///< where the block begins in it
  llvm::Value* step;   ///< elements from row to row
  bool written;        ///< it will be written
};

struct BlockOperands {
  llvm::Value *a, *b;    ///< the block's first elements
  llvm::Value* k;        ///< products of a sum, at least one
  llvm::Value* columns;  ///< of the block; counts only where the key is `masked`
  std::vector<Fetched> fetched;
};

/// Adds the products to `sums`, a vector for each row and vector of a row, in a loop that is emitted where `b`
/// stands, which ends up behind it.
void add_products(llvm::IRBuilder<>& b, const CpuModel& cpu, const MicrokernelKey& key,
                  const BlockOperands& operands, std::vector<llvm::Value*>& sums);

/// `void (ptr a, ptr b, ptr block, i64 k, i64 columns, (ptr first, i64 step)…)`, of BlockOperands: made on
/// first use. What is fetched may lie in the block itself: it is asked for, not read.
llvm::Function* microkernel(llvm::Module& out, const CpuModel& cpu, const MicrokernelKey& key);

/// Rows of the largest block whose accumulators, B vectors and one A value fit the registers.
int64_t max_height(const CpuModel& cpu, int64_t vectors);

}  // namespace lathe::codegen
