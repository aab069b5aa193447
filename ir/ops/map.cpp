// map and convert: elementwise work, with NumPy's broadcasting.
#include "ir/builder.h"
#include "ir/elementwise.h"
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/ops/shapes.h"

namespace lathe::ir {

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
    for (const ScalarExpr::Node& n : in.op.fn.nodes())
      if (n.op == ScalarOp::Exp || n.op == ScalarOp::Log || n.op == ScalarOp::Tanh ||
          n.op == ScalarOp::Sqrt)
        throw Error("'" + std::string(scalar_op_name(n.op)) + "' takes f32 or f64, not " +
                    std::string(dtype_name(r.dtype)));
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
