// Ops that read or make integers: gather, scatter_add, one_hot, argmax.
#include <algorithm>

#include "ir/builder.h"
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/ops/shapes.h"

namespace lathe::ir {

// Rows of `data`, [N, ...] or a fixed number of rows, picked by `index`: one for each of its
// elements, zeros for an index outside. Data sets are checked before a step. With `window` each is
// that many rows of a data set, the picked one the last of them; zeros where one would be outside.
TensorType infer_gather(const InferInput& in) {
  const TensorType &data = *in.operands[0], &index = *in.operands[1];
  if (data.rank() < 1 || data.shape[0].is_batch())
    throw Error("picks rows of a data set, not of " + data.to_string());
  if (index.rank() < 1) throw Error("takes a list of indices, not one number");
  expect_integer(index);
  TensorType r{data.dtype, index.shape};
  if (const int64_t window = in.op.attrs.integer("window", 0); window != 0) {
    if (window < 1) throw Error("a window has 1 or more rows, not " + std::to_string(window));
    // So that it needs no gradient.
    if (!data.shape[0].is_rows())
      throw Error("takes windows of a data set of N rows, not of " + data.to_string());
    expect_rank(index, 1);
    r.shape.push_back(window);
  }
  r.shape.insert(r.shape.end(), data.shape.begin() + 1, data.shape.end());
  check_shape(r.shape);
  if (r.shape[0].is_rows()) throw Error("the index can't have a row for each row of the data set");
  return r;
}

std::vector<ValueId> vjp_gather(Builder& b, ValueId value, ValueId dy) {
  const Op op = b.function().op(value);
  const Dim rows = b.type(op.operands[0]).shape[0];
  if (rows.is_rows()) return {kNone, kNone};
  return {b.scatter_add(dy, op.operands[1], rows.size()), kNone};
}

// As many rows as `rows` says, each the sum of what `index` sends there: of `parts`, of the index's
// shape and then that of a row. An index outside sends nothing.
TensorType infer_scatter_add(const InferInput& in) {
  const TensorType &parts = *in.operands[0], &index = *in.operands[1];
  expect_float(parts);
  expect_integer(index);
  const int n = index.rank();
  if (n < 1) throw Error("takes a list of indices, not one number");
  if (parts.rank() < n || !std::equal(index.shape.begin(), index.shape.end(), parts.shape.begin()))
    throw Error("needs a part for each element of the index " + index.to_string() + ", not " +
                parts.to_string());
  TensorType r{parts.dtype, {in.op.attrs.integer("rows", 0)}};
  r.shape.insert(r.shape.end(), parts.shape.begin() + n, parts.shape.end());
  check_shape(r.shape);
  return r;
}

std::vector<ValueId> vjp_scatter_add(Builder& b, ValueId value, ValueId dy) {
  return {b.gather(dy, b.function().op(value).operands[1]), kNone};
}

// 1 where the column is the label, 0 elsewhere; a label outside 0 … depth - 1 gives a row of zeros.
TensorType infer_one_hot(const InferInput& in) {
  const TensorType& labels = *in.operands[0];
  expect_rank(labels, 1);
  expect_integer(labels);
  TensorType r{DType::F32, {labels.shape[0], in.op.attrs.integer("depth", 0)}};
  check_shape(r.shape);
  return r;
}

// The position of the largest element of the last axis, the first one at a tie; i32.
TensorType infer_argmax(const InferInput& in) {
  TensorType r = *in.operands[0];
  expect_float(r);
  if (r.rank() < 1 || r.shape.back().is_symbol())
    throw Error("expects a last axis of fixed size, not " + r.to_string());
  r.shape.pop_back();
  r.dtype = DType::I32;
  return r;
}

}  // namespace lathe::ir
