// matmul and transpose of matrices.
#include "ir/builder.h"
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/ops/shapes.h"

namespace lathe::ir {

TensorType infer_matmul(const InferInput& in) {
  const TensorType &a = *in.operands[0], &b = *in.operands[1];
  expect_rank(a, 2);
  expect_rank(b, 2);
  expect_float(a);
  if (a.dtype != b.dtype) throw Error("operands must have one element type");
  const bool ta = in.op.attrs.flag("transpose_a"), tb = in.op.attrs.flag("transpose_b");
  const Dim m = a.shape[ta ? 1 : 0], ka = a.shape[ta ? 0 : 1];
  const Dim kb = b.shape[tb ? 1 : 0], n = b.shape[tb ? 0 : 1];
  if (!(ka == kb))
    throw Error("the inner dimensions differ: " + ka.to_string() + " and " + kb.to_string());
  TensorType r{a.dtype, {m, n}};
  check_shape(r.shape);
  return r;
}

std::vector<ValueId> vjp_matmul(Builder& b, ValueId value, ValueId dy) {
  const Op op = b.function().op(value);
  const ValueId x = op.operands[0], w = op.operands[1];
  const bool tx = op.attrs.flag("transpose_a"), tw = op.attrs.flag("transpose_b");
  const ValueId dx = tx ? b.matmul(w, dy, tw, true) : b.matmul(dy, w, false, !tw);
  const ValueId dw = tw ? b.matmul(dy, x, true, tx) : b.matmul(x, dy, !tx, false);
  return {dx, dw};
}

TensorType infer_transpose(const InferInput& in) {
  const TensorType& x = *in.operands[0];
  expect_rank(x, 2);
  TensorType r{x.dtype, {x.shape[1], x.shape[0]}};
  check_shape(r.shape);
  return r;
}

std::vector<ValueId> vjp_transpose(Builder& b, ValueId, ValueId dy) {
  return {b.transpose(dy)};
}

}  // namespace lathe::ir
