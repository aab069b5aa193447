#include "passes/rewrite.h"

#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/printer.h"

namespace lathe::passes {

using namespace ir;

Rebuild::Rebuild(Module& module, Function& old, const char* pass)
    : old_(old), builder_(module, made_), value_(old.ops.size(), kNone) {
  if (!old.kernels.empty())
    throw Error("function '" + old.name + "' has kernels already: pass '" + std::string(pass) +
                "' comes before pass 'fuse'");
  made_.name = old.name;
  made_.attrs = old.attrs;
  for (ValueId p : old.params) {
    value_[p] = builder_.param(old.op(p).name, old.op(p).type);
    made_.ops.back().attrs = old.op(p).attrs;
  }
  for (size_t i = 0; i < old.ops.size(); ++i)
    if (old.ops[i].kind == OpKind::State) value_[i] = builder_.state(old.ops[i].state);
}

Op Rebuild::take(ValueId id) {
  Op op = old_.op(id);
  for (ValueId& operand : op.operands) operand = (*this)[operand];
  builder_.set_layer(op.attrs.word("layer"));
  return op;
}

ValueId Rebuild::add(const Op& op) {
  made_.ops.push_back(op);
  const ValueId id = static_cast<ValueId>(made_.ops.size()) - 1;
  made_.body.push_back(id);
  return has_result(op.kind) ? id : kNone;
}

void Rebuild::set(ValueId id, ValueId value) {
  value_.at(id) = value;
  if (value == kNone) return;
  Op& op = made_.op(value);
  if (op.name.empty() && op.kind != OpKind::State) op.name = old_.op(id).name;
}

ValueId Rebuild::operator[](ValueId id) const {
  const ValueId v = value_.at(id);
  LATHE_CHECK(v != kNone, "function '" + old_.name + "' uses a value before it is made");
  return v;
}

bool Rebuild::finish(bool without_dead) {
  for (const Output& o : old_.outputs) made_.outputs.push_back({o.name, (*this)[o.value]});
  if (without_dead) drop_dead(made_);
  compact(made_);
  const bool changed = !same(old_, made_);
  old_ = std::move(made_);
  return changed;
}

void drop_dead(Function& f, size_t first) {
  std::vector<bool> live(f.ops.size(), false);
  for (const Output& o : f.outputs) live[o.value] = true;
  for (size_t i = f.body.size(); i-- > 0;) {
    const ValueId id = f.body[i];
    if (i < first || !has_result(f.op(id).kind)) live[id] = true;
    if (!live[id]) continue;
    for (ValueId operand : f.op(id).operands) live[operand] = true;
  }
  std::erase_if(f.body, [&](ValueId id) { return !live[id]; });
}

}  // namespace lathe::passes
