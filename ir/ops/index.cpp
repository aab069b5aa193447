// Ops that read or make integers: gather, one_hot, argmax.
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/ops/shapes.h"

namespace lathe::ir {

// Rows of `data`, [N, ...] or a fixed number of rows, picked by `index`, one a row of the result.
// An index outside the rows is the caller's error: data sets check it before a step.
TensorType infer_gather(const InferInput& in) {
  const TensorType &data = *in.operands[0], &index = *in.operands[1];
  if (data.rank() < 1 || data.shape[0].is_batch())
    throw Error("picks rows of a data set, not of " + data.to_string());
  expect_rank(index, 1);
  expect_integer(index);
  TensorType r = data;
  r.shape[0] = index.shape[0];
  check_shape(r.shape);
  if (r.shape[0].is_rows()) throw Error("the index can't have a row for each row of the data set");
  return r;
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
