// Rules for ops other than maps, one each, grouped by theme: what is on the left in the comment
// becomes what is on the right. Laws: a rule keeps every value, NaN included; it makes ops that no
// rule turns back; and it looks no further than the operands' operands, so that time stays linear.
#include <algorithm>
#include <cmath>

#include "passes/simplify_maker.h"

namespace lathe::passes {

using namespace ir;

namespace {

using Maker = SimplifyMaker;
using RuleFn = ValueId (*)(Maker&, const Op&);

struct Rule {
  OpKind kind;
  RuleFn apply;
};

bool is_inner(Maker& m, const Op& op, OpKind kind) {
  return m.is(op.operands[0], kind);
}
ValueId inner(Maker& m, const Op& op) {
  return m.inner(op.operands[0]);
}
double inner_value(Maker& m, const Op& op) {
  return m.op(op.operands[0]).attrs.real("value", 0);
}

/// Whether every value of `a` is one of `b`, so that a conversion there and on loses nothing.
bool holds_all(DType b, DType a) {
  if (a == b || a == DType::Bool) return true;
  switch (b) {
    case DType::F64:
      return a != DType::I64;
    case DType::I64:
      return a == DType::I32 || a == DType::U8;
    case DType::F32:
    case DType::I32:
      return a == DType::U8;
    case DType::U8:
    case DType::Bool:
      return false;
  }
  return false;
}

/// convert(convert(x)) to the type at once, where the first one loses nothing. What does not fit an
/// integer wraps when it comes from an integer and saturates when it comes from a float: there the
/// way must not matter.
ValueId convert_of_convert(Maker& m, const Op& op) {
  if (!is_inner(m, op, OpKind::Convert)) return kNone;
  const DType from = m.type(inner(m, op)).dtype, through = m.type(op.operands[0]).dtype;
  const DType to = op.type.dtype;
  if (!holds_all(through, from)) return kNone;
  if (is_integer(to) && is_float(from) != is_float(through) && !holds_all(to, from)) return kNone;
  return m.make(OpKind::Convert, {inner(m, op)}, {}, op.type);
}

ValueId convert_constant(Maker& m, const Op& op) {
  if (!is_inner(m, op, OpKind::Constant)) return kNone;
  const DType from = m.type(op.operands[0]).dtype, to = op.type.dtype;
  const double v = inner_value(m, op);
  // A constant is written with more digits than f32 has: leaving f32, they would come back.
  if (from == DType::F32 && v != static_cast<double>(static_cast<float>(v))) return kNone;
  if (is_float(to)) return m.constant(v, op.type);
  // Only integers that any executor converts alike.
  if (to == DType::Bool || v != std::trunc(v) || std::fabs(v) > 1e9) return kNone;
  if (to == DType::U8 && (v < 0 || v > 255)) return kNone;
  return m.constant(v, op.type);
}

ValueId reduce_of_ones(Maker& m, const Op& op) {
  const Shape& from = m.type(op.operands[0]).shape;
  const std::vector<int64_t> axes = op.attrs.ints("axes");
  const bool ones =
      std::all_of(axes.begin(), axes.end(), [&](int64_t a) { return from[a] == Dim(1); });
  return ones ? m.reshape(op.operands[0], op.type.shape) : kNone;
}

ValueId slice_attrs(Maker& m, ValueId x, int64_t axis, int64_t start, int64_t size) {
  Attrs attrs;
  attrs.set("axis", axis);
  attrs.set("start", start);
  attrs.set("size", size);
  return m.make(OpKind::Slice, {x}, std::move(attrs));
}

ValueId slice_of_slice(Maker& m, const Op& op) {
  if (!is_inner(m, op, OpKind::Slice)) return kNone;
  const Attrs &a = m.op(op.operands[0]).attrs, &b = op.attrs;
  if (a.integer("axis", 0) != b.integer("axis", 0)) return kNone;
  return slice_attrs(m, inner(m, op), a.integer("axis", 0),
                     a.integer("start", 0) + b.integer("start", 0), b.integer("size", 0));
}

ValueId slice_of_concat(Maker& m, const Op& op) {
  if (!is_inner(m, op, OpKind::Concat)) return kNone;
  const Op& concat = m.op(op.operands[0]);
  const int64_t axis = op.attrs.integer("axis", 0), size = op.attrs.integer("size", 0);
  if (concat.attrs.integer("axis", 0) != axis) return kNone;
  int64_t start = op.attrs.integer("start", 0);
  for (ValueId part : concat.operands) {
    const int64_t here = m.type(part).shape[axis].size();
    if (start < here) return start + size <= here ? slice_attrs(m, part, axis, start, size) : kNone;
    start -= here;
  }
  return kNone;
}

/// transpose(transpose(x)) as one, or none where they undo each other.
ValueId transpose_of_transpose(Maker& m, const Op& op) {
  if (!is_inner(m, op, OpKind::Transpose)) return kNone;
  std::vector<int64_t> perm = op.attrs.ints("perm");
  if (perm.empty()) return inner(m, op);
  const std::vector<int64_t> before = m.op(op.operands[0]).attrs.ints("perm");
  for (int64_t& axis : perm) axis = before[axis];
  if (std::is_sorted(perm.begin(), perm.end())) return inner(m, op);
  Attrs attrs = op.attrs;
  attrs.set("perm", std::move(perm));
  return m.make(OpKind::Transpose, {inner(m, op)}, std::move(attrs));
}

ValueId transposed_operands(Maker& m, const Op& op) {
  std::vector<ValueId> operands = op.operands;
  bool flags[2] = {op.attrs.flag("transpose_a"), op.attrs.flag("transpose_b")};
  bool any = false;
  for (int i = 0; i < 2; ++i) {
    if (!m.is(operands[i], OpKind::Transpose) || m.type(operands[i]).rank() != 2) continue;
    operands[i] = m.inner(operands[i]);
    flags[i] = !flags[i];
    any = true;
  }
  if (!any) return kNone;
  Attrs attrs = op.attrs;
  attrs.erase("transpose_a");
  attrs.erase("transpose_b");
  if (flags[0]) attrs.set("transpose_a", true);
  if (flags[1]) attrs.set("transpose_b", true);
  return m.make(OpKind::MatMul, std::move(operands), std::move(attrs));
}

#define WHEN(condition, result) \
  [](Maker& m, const Op& op) -> ValueId { return (void)m, (condition) ? (result) : kNone; }
#define SAME_TYPE WHEN(m.type(op.operands[0]) == op.type, op.operands[0])
#define OF_CONSTANT WHEN(is_inner(m, op, OpKind::Constant), m.constant(inner_value(m, op), op.type))

// clang-format off
const Rule kRules[] = {
    // element types
    {OpKind::Convert, SAME_TYPE},                  // convert(x) to x's type = x
    {OpKind::Convert, convert_constant},           // convert(c) = c
    {OpKind::Convert, convert_of_convert},         // convert(convert(x)) = convert(x), if lossless

    // the same numbers in another place
    {OpKind::Reshape, SAME_TYPE},                  // reshape(x) to x's shape = x
    {OpKind::Reshape, OF_CONSTANT},                // reshape(c) = c
    {OpKind::Reshape,                              // reshape(reshape(x)) = reshape(x)
     WHEN(is_inner(m, op, OpKind::Reshape), m.reshape(inner(m, op), op.type.shape))},
    {OpKind::Reshape,                              // reshape(broadcast(number)) = broadcast(number)
     WHEN(is_inner(m, op, OpKind::Broadcast) && m.type(inner(m, op)).rank() == 0,
          m.broadcast(inner(m, op), op.type.shape))},
    {OpKind::Transpose, OF_CONSTANT},              // transpose(c) = c
    {OpKind::Transpose, transpose_of_transpose},   // transpose(transpose(x)) = transpose(x), or x
    {OpKind::Slice, SAME_TYPE},                    // slice(x), the whole = x
    {OpKind::Slice, OF_CONSTANT},                  // slice(c) = c
    {OpKind::Slice, slice_of_slice},               // slice(slice(x)) = slice(x), along one axis
    {OpKind::Slice, slice_of_concat},              // slice(concat(…, x, …)), within x = slice(x)
    {OpKind::Concat,                               // concat(x) = x
     WHEN(op.operands.size() == 1, op.operands[0])},

    // repetition
    {OpKind::Broadcast, SAME_TYPE},                // broadcast(x) to x's shape = x
    {OpKind::Broadcast, OF_CONSTANT},              // broadcast(c) = c
    {OpKind::Broadcast,                            // broadcast(broadcast(x)) = broadcast(x)
     WHEN(without_broadcast(m, op.operands[0]) != op.operands[0],
          m.broadcast(without_broadcast(m, op.operands[0]), op.type.shape))},
    {OpKind::Broadcast,                            // broadcast(x) that adds ones only = reshape(x)
     WHEN(!op.type.has_symbol() && op.type.elements() == m.type(op.operands[0]).elements(),
          m.reshape(op.operands[0], op.type.shape))},

    // sums and products
    {OpKind::Reduce, reduce_of_ones},              // reduce(x) over axes of size 1 = reshape(x)
    {OpKind::MatMul, transposed_operands},         // matmul(transpose(x), y) = matmul(x, y), flagged
};
// clang-format on

}  // namespace

ValueId apply_rules(SimplifyMaker& m, const Op& op) {
  for (const Rule& rule : kRules)
    if (rule.kind == op.kind)
      if (const ValueId v = rule.apply(m, op); v != kNone) return v;
  return kNone;
}

}  // namespace lathe::passes
