// plan_memory: every buffer gets an offset in the arena.
//
// Needs a scheduled module. A buffer lives from the phase that writes it to the last phase that
// reads it; buffers whose lives overlap never share bytes, except that a kernel may write a result
// onto an operand of the same size that it reads element by element and that nothing reads later.
// Outputs lie in the caller's memory. Sets `offset` on ops, and `max_batch`, `arena` and
// `lower_bound` (the largest sum of live sizes over the phases, bytes) on functions.
#pragma once

#include <cstdint>
#include <vector>

#include "passes/pass.h"

namespace lathe::passes {

/// A block of memory that is needed from phase `first` to phase `last`, both included.
struct Block {
  int64_t bytes = 0, first = 0, last = 0;
  int64_t offset = 0;  ///< result
};

/// Gives offsets by first fit, largest first. Returns the bytes needed in all.
int64_t place_blocks(std::vector<Block>& blocks);
/// The largest sum of sizes that are alive in one phase.
int64_t live_bound(const std::vector<Block>& blocks);

bool plan_memory(ir::Module& module, const PassOptions& options, Remarks& remarks);

}  // namespace lathe::passes
