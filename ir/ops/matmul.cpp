// matmul and transpose.
#include <algorithm>

#include "ir/builder.h"
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/ops/shapes.h"

namespace lathe::ir {

// All axes of a left operand but the last are its rows.
TensorType infer_matmul(const InferInput& in) {
  const TensorType &a = *in.operands[0], &b = *in.operands[1];
  const bool ta = in.op.attrs.flag("transpose_a"), tb = in.op.attrs.flag("transpose_b");
  const bool over_rows = ta && a.rank() > 2;
  if (a.rank() < 3) expect_rank(a, 2);
  if (!over_rows) expect_rank(b, 2);
  expect_float(a);
  if (a.dtype != b.dtype) throw Error("operands must have one element type");
  const Shape rows(a.shape.begin(), a.shape.end() - 1);
  TensorType r{a.dtype, {}};
  if (over_rows) {
    if (tb || b.rank() != a.rank() || !std::equal(rows.begin(), rows.end(), b.shape.begin()))
      throw Error("with transpose_a, operands of more than two dimensions differ in the last one " +
                  std::string("alone, not ") + a.to_string() + " and " + b.to_string());
    r.shape = {a.shape.back(), b.shape.back()};
  } else {
    const Dim ka = ta ? a.shape[0] : a.shape.back();
    const Dim kb = b.shape[tb ? 1 : 0], n = b.shape[tb ? 0 : 1];
    if (!(ka == kb))
      throw Error("the inner dimensions differ: " + ka.to_string() + " and " + kb.to_string());
    r.shape = ta ? Shape{a.shape[1]} : rows;
    r.shape.push_back(n);
  }
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
