// What a contraction does with a block of its result: maps, the random numbers that they read, stores,
// and the sum of the columns of its right operand.
#pragma once

#include <map>
#include <vector>

#include "codegen/llvm/kernel_context.h"
#include "codegen/llvm/microkernel.h"

namespace lathe::codegen {

/// Where a block lies in the result. Rows of values of more than two dimensions are all dimensions
/// but the last.
struct Block {
  llvm::Value *row, *height, *column;
  int64_t columns;  ///< from `column` on, known at compile time
};

class BlockEpilogue {
 public:
  /// `ops`: of the kernel, with its matmul. Reads numbers that are the same for every element: to be
  /// made before the loops.
  BlockEpilogue(KernelContext& c, const std::vector<ir::ValueId>& ops, ir::ValueId matmul);

  /// The maps on the result in `tile`, whose rows have whole vectors, and their stores.
  void finish(llvm::Value* tile, const Block& block);
  /// The same of sums in registers: a vector for each row, as many as there are, and vector of a row.
  void finish(const std::vector<llvm::Value*>& sums, const Block& block);
  /// Whether the maps are arithmetic, and not much of it, so that copies of them are cheap to compile.
  bool is_short() const;
  /// Whether the result is one column, and its numbers and those of all that the maps read and write are
  /// neighbours: a block of rows is one row of as many columns, too.
  bool is_column();
  /// What the block will read and overwrite of large matrices, such as weights: to be asked for while the
  /// sums are made, so that it is there when they are done.
  std::vector<Fetched> ahead(const Block& block);

  bool sums_columns() const { return sum_ != ir::kNone; }
  /// The sums of the block's columns of B, which begin at `b`, over `depth` rows of `step` elements;
  /// the maps on them and their stores.
  void sum_columns(llvm::Value* b, llvm::Value* depth, int64_t step, const Block& block);

 private:
  int lanes() const { return static_cast<int>(c_.cpu.lanes); }
  bool in_kernel(ir::ValueId v) const;
  void find_operands();
  void find_targets();
  /// Notes a matrix that lies at `p`, if it is large.
  void add_large(int64_t key, const TensorType& type, const Place& p, bool written);
  /// A vector in the block. Row and column of the block's beginning, in which no loop over its rows
  /// changes anything, are apart: what they make of an address is made once.
  struct At {
    llvm::Value *first_row = nullptr, *row = nullptr;  ///< the row from the first one on
    llvm::Value *column = nullptr, *valid = nullptr;   ///< null: all lanes
  };
  llvm::Value* address(const Place& p, const At& at);
  llvm::Value* operand(const ir::Op& op, ir::ValueId v, const At& at,
                       const std::map<ir::ValueId, llvm::Value*>& known);
  std::map<ir::ValueId, llvm::Value*> row_vectors(const At& at);
  llvm::Value* uniform(const ir::Op& op, const At& at);
  void run_maps(bool of_sum, std::map<ir::ValueId, llvm::Value*>& known, const At& at);
  /// How many columns vector `v` of a block has; nullptr: all lanes.
  llvm::Value* valid(const Block& block, int64_t v);

  KernelContext& c_;
  llvm::IRBuilder<>& b_;
  const std::vector<ir::ValueId>& ops_;
  ir::ValueId matmul_, sum_ = ir::kNone;
  std::map<ir::ValueId, llvm::Value*> scalars_;        ///< operands that are one number
  std::map<ir::ValueId, Place> places_;                ///< operands in memory
  std::map<ir::ValueId, std::vector<Place>> targets_;  ///< where results go
  struct Large {
    Place place;
    bool written;
  };
  std::map<int64_t, Large> large_;  ///< matrices that are fetched ahead, by value or ~state
};

}  // namespace lathe::codegen
