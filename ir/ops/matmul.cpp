// matmul and transpose.
#include <algorithm>

#include "ir/builder.h"
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/ops/shapes.h"

namespace lathe::ir {

namespace {

/// Of a left operand that is no matrix: all axes but the last are rows.
TensorType infer_rows(const TensorType& a, const TensorType& b, bool ta, bool tb) {
  const Shape rows(a.shape.begin(), a.shape.end() - 1);
  const Dim last = a.shape.back();
  if (!ta) {
    expect_rank(b, 2);
    const Dim kb = b.shape[tb ? 1 : 0], n = b.shape[tb ? 0 : 1];
    if (!(last == kb))
      throw Error("the inner dimensions differ: " + last.to_string() + " and " + kb.to_string());
    TensorType r{a.dtype, rows};
    r.shape.push_back(n);
    return r;
  }
  if (tb || b.rank() != a.rank() || !std::equal(rows.begin(), rows.end(), b.shape.begin()))
    throw Error("with transpose_a, operands of more than two dimensions differ in the last one " +
                std::string("alone, not ") + a.to_string() + " and " + b.to_string());
  return {a.dtype, {last, b.shape.back()}};
}

}  // namespace

TensorType infer_matmul(const InferInput& in) {
  const TensorType &a = *in.operands[0], &b = *in.operands[1];
  if (a.rank() < 3) {
    expect_rank(a, 2);
    expect_rank(b, 2);
  }
  expect_float(a);
  if (a.dtype != b.dtype) throw Error("operands must have one element type");
  const bool ta = in.op.attrs.flag("transpose_a"), tb = in.op.attrs.flag("transpose_b");
  if (a.rank() > 2) {
    TensorType r = infer_rows(a, b, ta, tb);
    check_shape(r.shape);
    return r;
  }
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

// There is one way to write each transpose: matrices have no perm, and all others have one that
// changes something.
TensorType infer_transpose(const InferInput& in) {
  const TensorType& x = *in.operands[0];
  std::vector<int64_t> perm = in.op.attrs.ints("perm");
  if (perm.empty()) {
    if (x.rank() != 2) throw Error("needs perm, the order of the axes, of " + x.to_string());
    perm = {1, 0};
  } else {
    if (x.rank() == 2) throw Error("takes no perm of a matrix");
    std::vector<int64_t> sorted = perm;
    std::sort(sorted.begin(), sorted.end());
    for (int64_t i = 0; i < static_cast<int64_t>(sorted.size()); ++i)
      if (sorted[i] != i) sorted.clear();
    if (static_cast<int>(sorted.size()) != x.rank())
      throw Error("perm must name each of the " + std::to_string(x.rank()) + " axes once");
    if (std::is_sorted(perm.begin(), perm.end())) throw Error("perm changes nothing");
  }
  TensorType r{x.dtype, {}};
  for (int64_t axis : perm) r.shape.push_back(x.shape[axis]);
  check_shape(r.shape);
  return r;
}

std::vector<ValueId> vjp_transpose(Builder& b, ValueId value, ValueId dy) {
  const std::vector<int64_t> perm = b.function().op(value).attrs.ints("perm");
  std::vector<int64_t> back(perm.size());
  for (size_t i = 0; i < perm.size(); ++i) back[perm[i]] = static_cast<int64_t>(i);
  return {b.transpose(dy, back)};
}

}  // namespace lathe::ir
