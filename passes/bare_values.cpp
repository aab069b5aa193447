#include "passes/bare_values.h"

#include <set>

#include "ir/access.h"

namespace lathe::passes {

using namespace ir;

ValueId add_copy(Function& f, ValueId v) {
  Op copy;
  copy.operands = {v};
  copy.type = f.op(v).type;
  // Maps take numbers; a broadcast to the same shape copies truth values.
  copy.kind = copy.type.dtype == DType::Bool ? OpKind::Broadcast : OpKind::Map;
  if (copy.kind == OpKind::Map) copy.fn = ScalarExpr::arg(0);
  f.ops.push_back(std::move(copy));
  return static_cast<ValueId>(f.ops.size()) - 1;
}

namespace {

/// Whether operand `i` of such an op is read at places that the op chooses: there must be memory.
bool reads_memory(OpKind kind, size_t i) {
  return kind == OpKind::MatMul || kind == OpKind::Transpose || kind == OpKind::Reduce ||
         kind == OpKind::ArgMax || kind == OpKind::ScatterAdd || (kind == OpKind::Gather && i == 0);
}

}  // namespace

void wrap_bare_values(Function& f) {
  std::vector<ValueId> body;
  const auto wrap = [&](ValueId& v) {
    v = add_copy(f, v);
    body.push_back(v);
  };
  const auto leaf = [&](ValueId v) { return is_leaf(f.op(resolve_view(f, v)).kind); };
  const auto bare = [&](ValueId v) {
    const OpKind kind = f.op(v).kind;
    return kind == OpKind::Reshape || kind == OpKind::Param || kind == OpKind::State ||
           is_leaf(kind);
  };
  for (ValueId id : f.body) {
    // By index, and written back at the end: a copy moves the ops.
    std::vector<ValueId> operands = f.op(id).operands;
    const OpKind kind = f.op(id).kind;
    for (size_t i = 0; i < operands.size(); ++i)
      if (kind == OpKind::Assign ? bare(operands[i]) : reads_memory(kind, i) && leaf(operands[i]))
        wrap(operands[i]);
    f.op(id).operands = std::move(operands);
    body.push_back(id);
  }
  std::set<ValueId> seen;
  for (Output& o : f.outputs)
    if (bare(o.value) || !seen.insert(o.value).second) wrap(o.value);
  f.body = std::move(body);
}

}  // namespace lathe::passes
