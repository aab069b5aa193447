// Groups of ops that will be kernels, and the question that decides every fusion: would joining two
// groups close a cycle?
#pragma once

#include <vector>

#include "ir/graph.h"

namespace lathe::passes {

class KernelGroups {
 public:
  /// One group for each op of `f` that needs a kernel.
  explicit KernelGroups(const ir::Function& f);

  /// The group of the op that computes `v`, through reshapes; kNone for params, states and leaves.
  int32_t producer(ir::ValueId v) const;
  /// The group of an op in the body; kNone for reshapes and leaves.
  int32_t of(ir::ValueId op) const { return group_.at(op); }
  const std::vector<ir::ValueId>& members(int32_t group) const { return members_.at(group); }

  /// Where the last member stands in an order that respects every edge between ops.
  int32_t last_position(int32_t group) const { return position_[members_.at(group).back()]; }

  /// True when no path leads from one group to the other through a third.
  bool can_merge(int32_t a, int32_t b) const;
  /// Moves b's members to a; the two must be such that can_merge.
  void merge(int32_t a, int32_t b);

  /// Groups in an order that respects every edge; members by position.
  std::vector<int32_t> order() const;

 private:
  /// For `first` before `last` in rank. Leaves in `found_`, where it answers no, all groups between
  /// the two that need `first`.
  bool path_through_others(int32_t first, int32_t last) const;

  std::vector<int32_t> group_;                     ///< by op
  std::vector<std::vector<ir::ValueId>> members_;  ///< by group
  std::vector<std::vector<ir::ValueId>> next_;     ///< op to ops that must run later
  std::vector<int32_t> position_;                  ///< of an op in a topological order
  // Groups in an order that respects every edge, kept so by each merge.
  std::vector<int32_t> rank_;       ///< by group
  std::vector<int32_t> by_rank_;    ///< kNone where two groups have become one
  std::vector<ir::ValueId> owner_;  ///< value to the op that computes it
  // Of the search for paths: groups seen in the current query. Kept, so that a query costs what it
  // visits.
  mutable std::vector<int32_t> seen_;   ///< by group
  mutable std::vector<int32_t> found_;  ///< groups that the query came to
  mutable int32_t query_ = 0;
};

}  // namespace lathe::passes
