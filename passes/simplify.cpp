#include "passes/simplify.h"

#include <cmath>

#include "ir/op_table.h"
#include "passes/rewrite.h"
#include "passes/simplify_maker.h"

namespace lathe::passes {

using namespace ir;

namespace {

constexpr int kMostRounds = 8;  // two are enough for all but ops that a rule frees for another one

bool equal_but_layer(const Attrs& a, const Attrs& b) {
  auto i = a.begin(), j = b.begin();
  for (;; ++i, ++j) {
    if (i != a.end() && i->first == "layer") ++i;
    if (j != b.end() && j->first == "layer") ++j;
    if (i == a.end() || j == b.end()) return i == a.end() && j == b.end();
    if (*i != *j) return false;
  }
}

bool equal_ops(const Op& a, const Op& b) {
  const auto minus = [](const Op& op) { return std::signbit(op.attrs.real("value", 0)); };
  if (a.kind == OpKind::Constant && minus(a) != minus(b)) return false;  // 0 is not -0
  return a.kind == b.kind && a.operands == b.operands && a.type == b.type && a.fn == b.fn &&
         equal_but_layer(a.attrs, b.attrs);
}

size_t hash_op(const Op& op) {
  size_t h = static_cast<size_t>(op.kind) + 1;
  const auto mix = [&](size_t x) { h = (h ^ x) * 0x9E3779B97F4A7C15ull + (h >> 31); };
  for (ValueId v : op.operands) mix(static_cast<size_t>(v));
  if (!op.fn.empty()) mix(op.fn.hash());
  if (op.kind == OpKind::Constant) mix(std::hash<double>()(op.attrs.real("value", 0)));
  for (Dim d : op.type.shape) mix(static_cast<size_t>(d.bind(-1, -2)));
  return h;
}

/// Whether an assign writes the value that the state has anyway.
bool keeps_state(const Function& f, const Op& op) {
  if (op.kind != OpKind::Assign) return false;
  const Op& value = f.op(op.operands[0]);
  return value.kind == OpKind::State && value.state == op.state;
}

bool simplify_once(Module& m, Function& f) {
  Rebuild r(m, f, "simplify");
  SimplifyMaker maker(r.builder());
  for (ValueId v : r.old().body) {
    const Op op = r.take(v);
    if (has_result(op.kind))
      r.set(v, maker.make(op));
    else if (!keeps_state(r.made(), op))
      r.add(op);
  }
  return r.finish(true);
}

}  // namespace

ValueId SimplifyMaker::make(const Op& op) {
  if (op.kind == OpKind::Map) return map(op.fn, op.operands);
  if (const ValueId v = apply_rules(*this, op); v != kNone) return v;
  const size_t before = b_.function().ops.size();
  return intern(b_.op(op.kind, op.operands, op.attrs, op.type), before);
}

ValueId SimplifyMaker::make(OpKind kind, std::vector<ValueId> operands, Attrs attrs,
                            TensorType declared) {
  Op op;
  op.kind = kind;
  op.operands = std::move(operands);
  op.attrs = std::move(attrs);
  op.type = std::move(declared);
  // Rules look at the type of what they are given.
  InferInput in{op, {}};
  for (ValueId v : op.operands) in.operands.push_back(&type(v));
  op.type = infer_type(in);
  return make(op);
}

ValueId SimplifyMaker::constant(double value, const TensorType& type) {
  Attrs attrs;
  attrs.set("value", value);
  return make(OpKind::Constant, {}, std::move(attrs), type);
}

ValueId SimplifyMaker::reshape(ValueId x, const Shape& shape) {
  return type(x).shape == shape ? x : make(OpKind::Reshape, {x}, {}, {type(x).dtype, shape});
}

ValueId SimplifyMaker::broadcast(ValueId x, const Shape& shape) {
  return type(x).shape == shape ? x : make(OpKind::Broadcast, {x}, {}, {type(x).dtype, shape});
}

ValueId SimplifyMaker::intern(ValueId v, size_t ops_before) {
  Function& f = b_.function();
  if (f.ops.size() == ops_before) return v;  // the builder found it among the operands
  const size_t h = hash_op(f.op(v));
  for (auto [it, end] = known_.equal_range(h); it != end; ++it) {
    if (!equal_ops(f.op(it->second), f.op(v))) continue;
    f.ops.pop_back();
    f.body.pop_back();
    return it->second;
  }
  known_.emplace(h, v);
  return v;
}

bool simplify(Module& module, const PassOptions&, Remarks&) {
  bool changed = false;
  for (Function& f : module.functions)
    for (int round = 0; round < kMostRounds && simplify_once(module, f); ++round) changed = true;
  return changed;
}

}  // namespace lathe::passes
