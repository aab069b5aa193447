#include "ir/row_form.h"

#include "ir/error.h"

namespace lathe::ir {

RowForm row_form(const TensorType& result, const TensorType& operand) {
  if (operand.shape == result.shape) return RowForm::Full;
  bool ones = true;
  for (Dim d : operand.shape) ones = ones && d == Dim(1);
  if (ones) return RowForm::Scalar;
  if (operand.rank() == result.rank()) {
    // [R, 1, …, 1]
    bool per_row = operand.shape[0] == result.shape[0];
    for (int i = 1; i < operand.rank(); ++i) per_row = per_row && operand.shape[i] == Dim(1);
    if (per_row) return RowForm::PerRow;
  }
  Shape shape = operand.shape;
  while (!shape.empty() && shape.front() == Dim(1)) shape.erase(shape.begin());
  if (result.rank() >= 1 && shape == Shape(result.shape.begin() + 1, result.shape.end()))
    return RowForm::RowVector;
  return RowForm::General;
}

bool is_elementwise(OpKind kind) {
  switch (kind) {
    case OpKind::Map:
    case OpKind::Convert:
    case OpKind::Broadcast:
      return true;
    case OpKind::Param:
    case OpKind::State:
    case OpKind::Constant:
    case OpKind::MatMul:
    case OpKind::Transpose:
    case OpKind::Reduce:
    case OpKind::Reshape:
    case OpKind::Softmax:
    case OpKind::LogSoftmax:
    case OpKind::Gather:
    case OpKind::OneHot:
    case OpKind::ArgMax:
    case OpKind::Concat:
    case OpKind::Slice:
    case OpKind::BatchSize:
    case OpKind::RandomUniform:
    case OpKind::Minimize:
    case OpKind::Update:
    case OpKind::Assign:
      return false;
  }
  internal_error(__FILE__, __LINE__, "bad op kind");
}

bool is_flat(const Function&, const Op& op) {
  const bool elementwise = is_elementwise(op.kind) || op.kind == OpKind::RandomUniform;
  return elementwise && op.type.rank() <= 1 && !op.type.has_symbol();
}

bool is_flat(const Function& f, int32_t kernel) {
  const Shape* shape = nullptr;
  for (ValueId id : f.body) {
    const Op& op = f.op(id);
    if (op.kernel != kernel || op.kind == OpKind::Assign) continue;
    if (!is_flat(f, op)) return false;
    if (shape && *shape != op.type.shape) return false;
    shape = &op.type.shape;
  }
  return shape != nullptr;
}

}  // namespace lathe::ir
