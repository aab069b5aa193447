// Rows of a resident data set, asked for before a kernel gathers them.
#pragma once

#include <vector>

#include "codegen/llvm/kernel_context.h"

namespace lathe::codegen {

/// The rows of a batch lie all over a data set, so each begins with a wait for memory. One row copied
/// after the other keeps little of the memory's width busy; all of them asked for at once, and copied
/// then, use all of it. A data set that is small enough to stay in cache is not asked for.
class FetchRows {
 public:
  /// Of the gathers among a rows kernel's `ops` that pick whole rows of a parameter with N of them, by
  /// indices in memory that the kernel does not make itself.
  FetchRows(KernelContext& c, const std::vector<ir::ValueId>& ops);

  /// Rows of the batch to ask for at once, which stay in the second cache; 0: there is no such gather.
  int64_t at_once() const { return at_once_; }
  /// Asks for what the gathers read for rows `from` to `to` - 1 of the batch.
  void emit(llvm::Value* from, llvm::Value* to);

 private:
  void rows_of(const ir::Op& gather, llvm::Value* from, llvm::Value* to);

  KernelContext& c_;
  llvm::IRBuilder<>& b_;
  std::vector<const ir::Op*> gathers_;
  int64_t at_once_ = 0;
};

}  // namespace lathe::codegen
