// reshape, concat and slice: the same numbers in another place.
#include "ir/builder.h"
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/ops/shapes.h"

namespace lathe::ir {

TensorType infer_reshape(const InferInput& in) {
  const TensorType &x = *in.operands[0], &r = in.op.type;
  check_shape(r.shape);
  if (r.dtype != x.dtype) throw Error("does not change the element type");
  const bool same =
      x.has_symbol() == r.has_symbol() &&
      (x.has_symbol() ? x.shape[0] == r.shape[0] && x.row_elements() == r.row_elements()
                      : x.elements() == r.elements());
  if (!same)
    throw Error("can't make " + r.to_string() + " of " + x.to_string() +
                ": the number of elements differs, or the batch does not stay in front");
  return r;
}

std::vector<ValueId> vjp_reshape(Builder& b, ValueId value, ValueId dy) {
  return {b.reshape(dy, b.type(b.function().op(value).operands[0]).shape)};
}

namespace {

void check_axis(const TensorType& t, int64_t axis) {
  if (axis < 0 || axis >= t.rank())
    throw Error("axis " + std::to_string(axis) + " is not an axis of " + t.to_string());
  if (t.shape[axis].is_symbol()) throw Error("the batch can't be taken apart or joined");
}

}  // namespace

TensorType infer_concat(const InferInput& in) {
  TensorType r = *in.operands[0];
  const int64_t axis = in.op.attrs.integer("axis", 0);
  int64_t size = 0;
  for (const TensorType* t : in.operands) {
    check_axis(*t, axis);
    TensorType same = *t;
    same.shape[axis] = r.shape.at(axis);
    if (same != r) throw Error("operands may differ only in axis " + std::to_string(axis));
    size += t->shape[axis].size();
  }
  r.shape[axis] = size;
  return r;
}

std::vector<ValueId> vjp_concat(Builder& b, ValueId value, ValueId dy) {
  const Op op = b.function().op(value);
  const int64_t axis = op.attrs.integer("axis", 0);
  std::vector<ValueId> grads;
  int64_t start = 0;
  for (ValueId part : op.operands) {
    const int64_t size = b.type(part).shape[axis].size();
    grads.push_back(b.slice(dy, axis, start, size));
    start += size;
  }
  return grads;
}

TensorType infer_slice(const InferInput& in) {
  TensorType r = *in.operands[0];
  const int64_t axis = in.op.attrs.integer("axis", 0), start = in.op.attrs.integer("start", 0),
                size = in.op.attrs.integer("size", 0);
  check_axis(r, axis);
  const int64_t all = r.shape[axis].size();
  if (start < 0 || size < 1 || start > all || size > all - start)
    throw Error("start " + std::to_string(start) + " and size " + std::to_string(size) +
                " do not lie within the " + std::to_string(all) + " elements of axis " +
                std::to_string(axis));
  r.shape[axis] = size;
  return r;
}

std::vector<ValueId> vjp_slice(Builder& b, ValueId value, ValueId dy) {
  const Op op = b.function().op(value);
  const TensorType t = b.type(op.operands[0]);
  const int64_t axis = op.attrs.integer("axis", 0), start = op.attrs.integer("start", 0);
  const int64_t rest = t.shape[axis].size() - start - op.attrs.integer("size", 0);
  const auto zeros = [&](int64_t n) {
    Shape shape = t.shape;
    shape[axis] = n;
    return b.constant(0, t.dtype, shape);
  };
  std::vector<ValueId> parts;
  if (start > 0) parts.push_back(zeros(start));
  parts.push_back(dy);
  if (rest > 0) parts.push_back(zeros(rest));
  return {b.concat(parts, axis)};
}

}  // namespace lathe::ir
