// How the simplifier adds an op to the function that it builds: rules first, then equal ops.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "ir/builder.h"

namespace lathe::passes {

class SimplifyMaker {
 public:
  explicit SimplifyMaker(ir::Builder& b) : b_(b) {}

  /// The value of `op`, whose operands are simplified already: by a rule, an equal op or a new one.
  ir::ValueId make(const ir::Op& op);
  ir::ValueId make(ir::OpKind kind, std::vector<ir::ValueId> operands, ir::Attrs attrs = {},
                   TensorType declared = {});

  // The same for what rules build most.
  ir::ValueId map(const ir::ScalarExpr& fn, const std::vector<ir::ValueId>& operands);
  ir::ValueId constant(double value, const TensorType& type);
  ir::ValueId reshape(ir::ValueId x, const Shape& shape);
  ir::ValueId broadcast(ir::ValueId x, const Shape& shape);

  const ir::Op& op(ir::ValueId v) const { return b_.function().op(v); }
  const TensorType& type(ir::ValueId v) const { return b_.type(v); }
  bool is(ir::ValueId v, ir::OpKind kind) const { return op(v).kind == kind; }
  /// The first operand of `v`.
  ir::ValueId inner(ir::ValueId v) const { return op(v).operands.at(0); }
  ir::Builder& builder() { return b_; }

 private:
  ir::ValueId intern(ir::ValueId v, size_t ops_before);

  ir::Builder& b_;
  std::unordered_multimap<size_t, ir::ValueId> known_;
};

/// A simpler value for `op`, by the first rule that applies; kNone where none does.
ir::ValueId apply_rules(SimplifyMaker& m, const ir::Op& op);

/// A smaller value that `v` repeats along leading or broadcast axes, or `v` itself: a map's operand
/// may be replaced by it where the map's shape is made sure of in another way.
ir::ValueId without_broadcast(const SimplifyMaker& m, ir::ValueId v);

}  // namespace lathe::passes
