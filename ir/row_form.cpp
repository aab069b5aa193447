#include "ir/row_form.h"

#include <algorithm>

#include "ir/error.h"

namespace lathe::ir {

namespace {

bool is_one_number(const Shape& shape) {
  return std::all_of(shape.begin(), shape.end(), [](Dim d) { return d == Dim(1); });
}

Shape without_leading_ones(Shape shape) {
  while (!shape.empty() && shape.front() == Dim(1)) shape.erase(shape.begin());
  return shape;
}

}  // namespace

RowForm row_form(const TensorType& result, const TensorType& operand) {
  if (operand.shape == result.shape) return RowForm::Full;
  if (is_one_number(operand.shape)) return RowForm::Scalar;
  if (operand.rank() == result.rank()) {
    // [R, 1, …, 1]
    bool per_row = operand.shape[0] == result.shape[0];
    for (int i = 1; i < operand.rank(); ++i) per_row = per_row && operand.shape[i] == Dim(1);
    if (per_row) return RowForm::PerRow;
  }
  if (result.rank() >= 1 &&
      without_leading_ones(operand.shape) == Shape(result.shape.begin() + 1, result.shape.end()))
    return RowForm::RowVector;
  return RowForm::General;
}

RowForm matrix_form(const TensorType& result, const TensorType& operand) {
  if (operand.shape == result.shape) return RowForm::Full;
  if (is_one_number(operand.shape)) return RowForm::Scalar;
  if (result.shape.empty()) return RowForm::General;
  Shape per_row = result.shape;
  per_row.back() = 1;
  if (operand.shape == per_row) return RowForm::PerRow;
  if (without_leading_ones(operand.shape) == Shape{result.shape.back()}) return RowForm::RowVector;
  return RowForm::General;
}

bool is_elementwise(OpKind kind) {
  switch (kind) {
    case OpKind::Map:
    case OpKind::Convert:
    case OpKind::Broadcast:
    case OpKind::RandomUniform:
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
    case OpKind::ScatterAdd:
    case OpKind::OneHot:
    case OpKind::ArgMax:
    case OpKind::Concat:
    case OpKind::Slice:
    case OpKind::BatchSize:
    case OpKind::Minimize:
    case OpKind::Update:
    case OpKind::Assign:
      return false;
  }
  internal_error(__FILE__, __LINE__, "bad op kind");
}

bool is_flat_op(const Op& op) {
  return is_elementwise(op.kind) && op.type.rank() <= 1 && !op.type.has_symbol();
}

}  // namespace lathe::ir
