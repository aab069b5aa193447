// reduce (sum, mean, max, min) over axes, and broadcast, its counterpart.
#include <algorithm>

#include "ir/builder.h"
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/ops/shapes.h"

namespace lathe::ir {

namespace {

Shape reduced_shape(const Shape& shape, const std::vector<int64_t>& axes, bool keepdims) {
  Shape r;
  for (int64_t i = 0; i < static_cast<int64_t>(shape.size()); ++i) {
    const bool gone = std::find(axes.begin(), axes.end(), i) != axes.end();
    if (!gone) r.push_back(shape[i]);
    if (gone && keepdims) r.push_back(Dim(1));
  }
  return r;
}

}  // namespace

TensorType infer_reduce(const InferInput& in) {
  const TensorType& x = *in.operands[0];
  const std::string kind = in.op.attrs.word("kind");
  if (kind != "sum" && kind != "mean" && kind != "max" && kind != "min")
    throw Error("kind is sum, mean, max or min, not '" + kind + "'");
  expect_float(x);
  const std::vector<int64_t> axes = in.op.attrs.ints("axes");
  if (axes.empty()) throw Error("axes must not be empty");
  for (size_t i = 0; i < axes.size(); ++i)
    if (axes[i] < 0 || axes[i] >= x.rank() || (i > 0 && axes[i] <= axes[i - 1]))
      throw Error("axes must ascend within 0 … " + std::to_string(x.rank() - 1));
  if (x.has_symbol() && x.shape[0].is_rows()) throw Error("a resident data set can't be reduced");
  return {x.dtype, reduced_shape(x.shape, axes, in.op.attrs.flag("keepdims"))};
}

std::vector<ValueId> vjp_reduce(Builder& b, ValueId value, ValueId dy) {
  using namespace scalar_dsl;
  const Op op = b.function().op(value);
  const ValueId x = op.operands[0];
  const TensorType t = b.type(x);
  const std::vector<int64_t> axes = op.attrs.ints("axes");
  const std::string kind = op.attrs.word("kind");
  const Shape kept = reduced_shape(t.shape, axes, true);
  dy = b.reshape(dy, kept);
  const E a = E::arg(0), c = E::arg(1), d = E::arg(2);
  if (kind == "max" || kind == "min") {  // equal elements share the gradient, as in Keras
    const ValueId best = b.reshape(value, kept);
    const ValueId mask = b.map(select(equal(a, c), 1.0, 0.0), {x, best});
    const ValueId ties = b.reduce("sum", mask, axes, true);
    return {b.map(a * c / d, {mask, dy, ties})};
  }
  if (kind == "mean") {
    int64_t count = 1;
    bool batch = false;
    for (int64_t axis : axes) {
      if (t.shape[axis].is_batch())
        batch = true;
      else
        count *= t.shape[axis].size();
    }
    if (count > 1) dy = b.map(a / E(static_cast<double>(count)), {dy});
    if (batch) dy = b.map(a / c, {dy, b.convert(b.batch_size(), t.dtype)});
  }
  return {b.broadcast(dy, t.shape)};
}

TensorType infer_broadcast(const InferInput& in) {
  const TensorType& x = *in.operands[0];
  check_shape(in.op.type.shape);
  if (in.op.type.dtype != x.dtype) throw Error("does not change the element type");
  if (broadcast_shapes(x.shape, in.op.type.shape) != in.op.type.shape)
    throw Error("shape " + shape_to_string(x.shape) + " does not broadcast to " +
                shape_to_string(in.op.type.shape));
  return in.op.type;
}

std::vector<ValueId> vjp_broadcast(Builder& b, ValueId value, ValueId dy) {
  return {b.sum_to_shape(dy, b.type(b.function().op(value).operands[0]).shape)};
}

}  // namespace lathe::ir
