#include "ir/graph.h"

#include <algorithm>

#include "ir/error.h"

namespace lathe::ir {

std::string_view kernel_kind_name(KernelKind kind) {
  switch (kind) {
#define KERNEL_KIND(name, text) \
  case KernelKind::name:        \
    return #text;
#include "ir/kernel_kinds.def"
#undef KERNEL_KIND
  }
  internal_error(__FILE__, __LINE__, "bad kernel kind");
}

ValueId Function::find_read(StateId state) const {
  for (size_t i = 0; i < ops.size(); ++i)
    if (ops[i].kind == OpKind::State && ops[i].state == state) return static_cast<ValueId>(i);
  return kNone;
}

ValueId Function::read(StateId state, const TensorType& type) {
  if (ValueId v = find_read(state); v != kNone) return v;
  Op op;
  op.kind = OpKind::State;
  op.state = state;
  op.type = type;
  ops.push_back(std::move(op));
  return static_cast<ValueId>(ops.size()) - 1;
}

StateId Module::find_state(std::string_view wanted) const {
  for (size_t i = 0; i < states.size(); ++i)
    if (states[i].name == wanted) return static_cast<StateId>(i);
  return kNone;
}

Function* Module::find_function(std::string_view wanted) {
  for (Function& f : functions)
    if (f.name == wanted) return &f;
  return nullptr;
}

const Function* Module::find_function(std::string_view wanted) const {
  return const_cast<Module*>(this)->find_function(wanted);
}

const Function& Module::function(std::string_view wanted) const {
  if (const Function* f = find_function(wanted)) return *f;
  std::string names;
  for (const Function& f : functions) names += (names.empty() ? "" : ", ") + f.name;
  throw Error("module '" + name + "' has no function '" + std::string(wanted) + "'; it has " +
              (names.empty() ? "none" : names));
}

std::vector<std::vector<ValueId>> users(const Function& f) {
  std::vector<std::vector<ValueId>> u(f.ops.size());
  for (ValueId id : f.body)
    for (ValueId operand : f.op(id).operands) u.at(operand).push_back(id);
  return u;
}

void compact(Function& f) {
  std::vector<ValueId> order = f.params;
  std::vector<bool> used(f.ops.size(), false);
  for (ValueId id : f.body)
    for (ValueId operand : f.op(id).operands) used[operand] = true;
  for (const Output& o : f.outputs) used[o.value] = true;
  std::vector<ValueId> reads;
  for (size_t i = 0; i < f.ops.size(); ++i)
    if (f.ops[i].kind == OpKind::State && used[i]) reads.push_back(static_cast<ValueId>(i));
  std::sort(reads.begin(), reads.end(),
            [&](ValueId a, ValueId b) { return f.op(a).state < f.op(b).state; });
  order.insert(order.end(), reads.begin(), reads.end());
  order.insert(order.end(), f.body.begin(), f.body.end());

  std::vector<ValueId> index(f.ops.size(), kNone);
  std::vector<Op> ops;
  for (ValueId id : order) {
    index[id] = static_cast<ValueId>(ops.size());
    ops.push_back(std::move(f.ops[id]));
  }
  const auto renumber = [&](ValueId& id) {
    id = index[id];
    LATHE_CHECK(id != kNone, "an operand of function '" + f.name + "' is in no list");
  };
  std::vector<int32_t> kernel_index(f.kernels.size(), kNone);
  std::vector<Kernel> kernels;
  for (Op& op : ops) {
    for (ValueId& operand : op.operands) renumber(operand);
    if (op.kernel == kNone) continue;
    int32_t& k = kernel_index[op.kernel];
    if (k == kNone) {
      k = static_cast<int32_t>(kernels.size());
      kernels.push_back(std::move(f.kernels[op.kernel]));
    }
    op.kernel = k;
  }
  for (ValueId& p : f.params) renumber(p);
  for (ValueId& b : f.body) renumber(b);
  for (Output& o : f.outputs) renumber(o.value);
  f.ops = std::move(ops);
  f.kernels = std::move(kernels);
}

}  // namespace lathe::ir
