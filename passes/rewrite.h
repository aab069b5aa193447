// For passes that rebuild a function: the old body is walked in order, and a new function grows
// beside it, with a table from old values to new ones. Linear, and no use is ever patched.
#pragma once

#include <string>
#include <vector>

#include "ir/builder.h"

namespace lathe::passes {

class Rebuild {
 public:
  /// Begins with the parameters and state reads of `old`, which stays as it is until finish().
  /// `pass` names the caller. Error where `old` has kernels already.
  Rebuild(ir::Module& module, ir::Function& old, const char* pass);

  ir::Builder& builder() { return builder_; }
  const ir::Function& old() const { return old_; }
  ir::Function& made() { return made_; }

  /// Op `id` of the old function with its operands in the new one; its attribute `layer` becomes
  /// the builder's, so that whatever is built for it carries the same.
  ir::Op take(ir::ValueId id);
  /// Adds `op` (operands in the new function) as it is; kNone where it has no result.
  ir::ValueId add(const ir::Op& op);
  /// What stands for old value `id` from now on. It inherits the name, where it has none.
  void set(ir::ValueId id, ir::ValueId value);
  ir::ValueId operator[](ir::ValueId id) const;

  /// Puts the new function in the old one's place and says whether it differs. With `without_dead`,
  /// without the ops that nothing needs.
  bool finish(bool without_dead = false);

 private:
  ir::Function& old_;
  ir::Function made_;
  ir::Builder builder_;
  std::vector<ir::ValueId> value_;
};

/// Drops the ops of the body, from position `first` on, that no output and no op without a result
/// needs, directly or through others.
void drop_dead(ir::Function& f, size_t first = 0);

}  // namespace lathe::passes
