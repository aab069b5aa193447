// Ops without tensor operands: constant, batch_size, random_uniform.
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/ops/shapes.h"

namespace lathe::ir {

TensorType infer_constant(const InferInput& in) {
  check_shape(in.op.type.shape);
  if (in.op.type.has_symbol() && in.op.type.shape[0].is_rows())
    throw Error("a constant can't have a row for each row of the data set");
  return in.op.type;
}

TensorType infer_batch_size(const InferInput& in) {
  if (in.op.type != TensorType{DType::F32, {}}) throw Error("is of type f32[]");
  return in.op.type;
}

TensorType infer_random_uniform(const InferInput& in) {
  for (const TensorType* t : in.operands)
    if (*t != TensorType{DType::I64, {}}) throw Error("seed and step are of type i64[]");
  check_shape(in.op.type.shape);
  if (in.op.type.dtype != DType::F32) throw Error("makes f32 numbers");
  return in.op.type;
}

}  // namespace lathe::ir
