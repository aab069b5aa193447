// map and convert: elementwise work, with NumPy's broadcasting.
#include <cmath>
#include <limits>

#include "ir/builder.h"
#include "ir/elementwise.h"
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/ops/shapes.h"
#include "ir/text_number.h"

namespace lathe::ir {

namespace {

template <class T>
bool is_value_of(double v) {
  // -min is max + 1, which a double holds; the largest i64 itself it does not.
  constexpr auto kLeast = static_cast<double>(std::numeric_limits<T>::min());
  constexpr auto kMost = static_cast<double>(std::numeric_limits<T>::max());
  return v == std::floor(v) && v >= kLeast && (sizeof(T) == 8 ? v < kMost : v <= kMost);
}

/// Whether an integer type holds `v`, whole and in range.
bool holds(DType t, double v) {
  switch (t) {
    case DType::U8:
      return is_value_of<uint8_t>(v);
    case DType::I32:
      return is_value_of<int32_t>(v);
    case DType::I64:
      return is_value_of<int64_t>(v);
    case DType::F32:
    case DType::F64:
    case DType::Bool:
      break;
  }
  internal_error(__FILE__, __LINE__, "not an integer type");
}

}  // namespace

TensorType infer_map(const InferInput& in) {
  if (in.op.fn.empty()) throw Error("has no expression 'fn'");
  if (in.op.fn.arity() > static_cast<int>(in.operands.size()))
    throw Error("its expression uses argument a" + std::to_string(in.op.fn.arity() - 1) +
                ", but there are only " + std::to_string(in.operands.size()) + " operands");
  TensorType r{in.operands[0]->dtype, in.operands[0]->shape};
  if (r.dtype == DType::Bool) throw Error("operands must be numbers, not bool; convert them first");
  for (const TensorType* t : in.operands) {
    if (t->dtype != r.dtype) throw Error("operands must have one element type");
    r.shape = broadcast_shapes(r.shape, t->shape);
  }
  if (!is_float(r.dtype))
    for (const ScalarExpr::Node& n : in.op.fn.nodes()) {
      if (n.op == ScalarOp::Const && !holds(r.dtype, n.value))
        throw Error("the constant " + number_to_text(n.value, false) + " is no number of type " +
                    std::string(dtype_name(r.dtype)));
      if (scalar_op_is_real(n.op))
        throw Error("'" + std::string(scalar_op_name(n.op)) + "' takes f32 or f64, not " +
                    std::string(dtype_name(r.dtype)));
    }
  if (in.op.fn.is_truth()) r.dtype = DType::Bool;
  return r;
}

namespace {

/// dy * d, with the product taken into a select of constants: a branch that is 0 stays 0 even where
/// dy is infinite, and one that is 1 costs nothing.
ScalarExpr scale(const ScalarExpr& d, const ScalarExpr& dy) {
  using namespace scalar_dsl;
  if (d.root().op == ScalarOp::Select) {
    const auto& n = d.root();
    const E yes = d.at(n.operand[1]), no = d.at(n.operand[2]);
    if (yes.is_const() || no.is_const())
      return select(d.at(n.operand[0]), scale(yes, dy), scale(no, dy));
  }
  if (d.is_const(0)) return d;
  return dy * d;
}

}  // namespace

std::vector<ValueId> vjp_map(Builder& b, ValueId value, ValueId dy) {
  const Op op = b.function().op(value);  // a copy: building moves the ops
  const int n = static_cast<int>(op.operands.size());
  std::vector<ValueId> grads(n, kNone);
  if (!is_float(op.type.dtype)) return grads;
  for (int i = 0; i < n; ++i) {
    const ScalarExpr d = map_derivative(op.fn, n, i);
    if (d.is_const(0)) continue;
    std::vector<ValueId> operands = op.operands;
    operands.push_back(value);
    operands.push_back(dy);
    const ValueId g = b.map(scale(d, ScalarExpr::arg(n + 1)), operands);
    grads[i] = b.sum_to_shape(g, b.type(op.operands[i]).shape);
  }
  return grads;
}

TensorType infer_convert(const InferInput& in) {
  if (in.op.type.shape != in.operands[0]->shape)
    throw Error("changes the element type only, not the shape to " + in.op.type.to_string());
  return in.op.type;
}

std::vector<ValueId> vjp_convert(Builder& b, ValueId value, ValueId dy) {
  const DType from = b.type(b.function().op(value).operands[0]).dtype;
  return {is_float(from) ? b.convert(dy, from) : kNone};
}

}  // namespace lathe::ir
