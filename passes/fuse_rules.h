// What fuse may put into one kernel: the words of ir/kernel_kinds.def as questions about groups of
// ops. A refusal is the reason in words, empty where there is none.
#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"
#include "passes/kernel_groups.h"

namespace lathe::passes {

/// Looks at the groups as they are when it is asked.
class FuseRules {
 public:
  FuseRules(const ir::Module& m, const ir::Function& f, const KernelGroups& groups)
      : m_(m), f_(f), groups_(groups) {}

  /// The kind of kernel that the op is on its own. Error for an op of an earlier stage.
  ir::KernelKind kind_alone(ir::ValueId id) const;

  /// Why `op` can't be in a rows kernel together with those of its operands that `group` makes.
  std::string rows_refusal(const ir::Op& op, int32_t group) const;
  /// Why a map can't follow the matmul of a contraction. `columns`, by op: made of its column sum.
  std::string contraction_refusal(const ir::Op& op, int32_t group,
                                  const std::vector<bool>& columns) const;
  /// Why a map can't follow the sum of a columns kernel.
  std::string columns_refusal(const ir::Op& op, int32_t group) const;
  /// Why two groups can't be one kernel of that kind: it would read a state at other places than it
  /// overwrites.
  std::string state_refusal(int32_t a, int32_t b, ir::KernelKind kind) const;

 private:
  bool rows_operands_fit(const ir::Op& op) const;
  ir::ValueId find_matmul(int32_t group) const;

  const ir::Module& m_;
  const ir::Function& f_;
  const KernelGroups& groups_;
};

}  // namespace lathe::passes
