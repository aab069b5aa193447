#include "ir/builder.h"

#include "ir/elementwise.h"
#include "ir/error.h"
#include "ir/op_table.h"

namespace lathe::ir {

ValueId Builder::append(Op op) {
  if (!layer_.empty() && !op.attrs.has("layer")) op.attrs.set("layer", layer_);
  f_.ops.push_back(std::move(op));
  const ValueId id = static_cast<ValueId>(f_.ops.size()) - 1;
  f_.body.push_back(id);
  return id;
}

ValueId Builder::param(std::string name, TensorType type) {
  Op op;
  op.kind = OpKind::Param;
  op.name = std::move(name);
  op.type = std::move(type);
  f_.ops.push_back(std::move(op));
  f_.params.push_back(static_cast<ValueId>(f_.ops.size()) - 1);
  return f_.params.back();
}

ValueId Builder::state(StateId s) {
  return f_.read(s, module_.states.at(s).type);
}

ValueId Builder::state(std::string_view name) {
  const StateId s = module_.find_state(name);
  if (s == kNone) throw Error("there is no state '" + std::string(name) + "'");
  return state(s);
}

void Builder::output(std::string name, ValueId value) {
  f_.outputs.push_back({std::move(name), value});
}

ValueId Builder::op(OpKind kind, std::vector<ValueId> operands, Attrs attrs, TensorType declared) {
  Op op;
  op.kind = kind;
  op.operands = std::move(operands);
  op.attrs = std::move(attrs);
  op.type = std::move(declared);
  if (!layer_.empty() && !op.attrs.has("layer")) op.attrs.set("layer", layer_);
  InferInput in{op, {}};
  for (ValueId v : op.operands) in.operands.push_back(&type(v));
  op.type = infer_type(in);
  return append(std::move(op));
}

ValueId Builder::map(std::string_view name, std::vector<ValueId> operands, const Attrs& params) {
  const ElementwiseRow* row = find_elementwise(name);
  if (!row) throw Error("there is no elementwise op '" + std::string(name) + "'");
  if (static_cast<int>(operands.size()) != row->arity)
    throw Error("'" + std::string(name) + "' takes " + std::to_string(row->arity) +
                " operands, not " + std::to_string(operands.size()));
  return map(params.empty() ? row->expr : row->with(params).expr, std::move(operands));
}

ValueId Builder::map(const ScalarExpr& fn, std::vector<ValueId> operands) {
  Op op;
  op.kind = OpKind::Map;
  op.operands = std::move(operands);
  // A row of the table stays as it is written, so that it keeps its name, and so does what is
  // computed in integers: the rules, and what they evaluate, are about reals.
  const bool real = op.operands.empty() || is_float(type(op.operands[0]).dtype);
  op.fn = find_elementwise(fn) || !real ? fn : simplify(fn);
  if (!layer_.empty()) op.attrs.set("layer", layer_);
  const auto infer = [&](const Op& o) {
    InferInput in{o, {}};
    for (ValueId v : o.operands) in.operands.push_back(&type(v));
    return infer_type(in);
  };
  op.type = infer(op);
  if (op.fn.arity() == 0 && !op.fn.is_truth() && (real || op.fn.is_const()))
    return constant(op.fn.evaluate({}), op.type.dtype, op.type.shape);

  // Operands that the expression does not use go, where the shape does not need them.
  for (int i = static_cast<int>(op.operands.size()) - 1; i >= 0; --i) {
    if (op.fn.uses(i) || op.operands.size() == 1) continue;
    Op less = op;
    less.operands.erase(less.operands.begin() + i);
    std::vector<ScalarExpr> args;
    for (int k = 0; k < static_cast<int>(op.operands.size()); ++k)
      args.push_back(ScalarExpr::arg(k > i ? k - 1 : k));
    less.fn = op.fn.substitute(args);
    if (infer(less) == op.type) op = std::move(less);
  }
  if (op.fn.root().op == ScalarOp::Arg && type(op.operands[op.fn.root().arg]) == op.type)
    return op.operands[op.fn.root().arg];
  return append(std::move(op));
}

ValueId Builder::constant(double value, DType dtype, Shape shape) {
  Attrs a;
  a.set("value", value);
  return op(OpKind::Constant, {}, std::move(a), {dtype, std::move(shape)});
}

ValueId Builder::convert(ValueId x, DType dtype) {
  if (type(x).dtype == dtype) return x;
  return op(OpKind::Convert, {x}, {}, {dtype, type(x).shape});
}

ValueId Builder::matmul(ValueId a, ValueId b, bool transpose_a, bool transpose_b) {
  Attrs attrs;
  if (transpose_a) attrs.set("transpose_a", true);
  if (transpose_b) attrs.set("transpose_b", true);
  return op(OpKind::MatMul, {a, b}, std::move(attrs));
}

ValueId Builder::transpose(ValueId x, std::vector<int64_t> perm) {
  const auto rank = static_cast<size_t>(type(x).rank());
  if (perm.size() == rank && std::is_sorted(perm.begin(), perm.end())) return x;
  Attrs attrs;
  if (!perm.empty() && perm != std::vector<int64_t>{1, 0}) attrs.set("perm", std::move(perm));
  return op(OpKind::Transpose, {x}, std::move(attrs));
}

ValueId Builder::reduce(std::string_view kind, ValueId x, std::vector<int64_t> axes,
                        bool keepdims) {
  for (int64_t& axis : axes)
    if (axis < 0) axis += type(x).rank();
  Attrs attrs;
  attrs.set("kind", std::string(kind));
  attrs.set("axes", std::move(axes));
  if (keepdims) attrs.set("keepdims", true);
  return op(OpKind::Reduce, {x}, std::move(attrs));
}

ValueId Builder::broadcast(ValueId x, Shape shape) {
  if (type(x).shape == shape) return x;
  return op(OpKind::Broadcast, {x}, {}, {type(x).dtype, std::move(shape)});
}

ValueId Builder::reshape(ValueId x, Shape shape) {
  if (type(x).shape == shape) return x;
  return op(OpKind::Reshape, {x}, {}, {type(x).dtype, std::move(shape)});
}

ValueId Builder::softmax(ValueId x) {
  return op(OpKind::Softmax, {x});
}
ValueId Builder::log_softmax(ValueId x) {
  return op(OpKind::LogSoftmax, {x});
}
ValueId Builder::gather(ValueId data, ValueId index, int64_t window) {
  Attrs attrs;
  if (window != 0) attrs.set("window", window);
  return op(OpKind::Gather, {data, index}, std::move(attrs));
}
ValueId Builder::scatter_add(ValueId parts, ValueId index, int64_t rows) {
  Attrs attrs;
  attrs.set("rows", rows);
  return op(OpKind::ScatterAdd, {parts, index}, std::move(attrs));
}
ValueId Builder::argmax(ValueId x) {
  return op(OpKind::ArgMax, {x});
}

ValueId Builder::one_hot(ValueId labels, int64_t depth) {
  Attrs attrs;
  attrs.set("depth", depth);
  return op(OpKind::OneHot, {labels}, std::move(attrs));
}

ValueId Builder::concat(std::vector<ValueId> parts, int64_t axis) {
  if (parts.size() == 1) return parts[0];
  if (axis < 0 && !parts.empty()) axis += type(parts[0]).rank();
  Attrs attrs;
  attrs.set("axis", axis);
  return op(OpKind::Concat, std::move(parts), std::move(attrs));
}

ValueId Builder::slice(ValueId x, int64_t axis, int64_t start, int64_t size) {
  if (axis < 0) axis += type(x).rank();
  Attrs attrs;
  attrs.set("axis", axis);
  attrs.set("start", start);
  attrs.set("size", size);
  return op(OpKind::Slice, {x}, std::move(attrs));
}

ValueId Builder::batch_size() {
  return op(OpKind::BatchSize, {}, {}, {DType::F32, {}});
}

ValueId Builder::random_uniform(ValueId seed, ValueId step, int64_t stream, Shape shape) {
  Attrs attrs;
  attrs.set("stream", stream);
  return op(OpKind::RandomUniform, {seed, step}, std::move(attrs), {DType::F32, std::move(shape)});
}

void Builder::assign(StateId s, ValueId value) {
  Op op;
  op.kind = OpKind::Assign;
  op.state = s;
  op.operands = {value};
  op.type = infer_type({op, {&type(value)}, &module_.states.at(s).type});
  append(std::move(op));
}

void Builder::minimize(ValueId loss, Attrs attrs) {
  Op op;
  op.kind = OpKind::Minimize;
  op.operands = {loss};
  op.attrs = std::move(attrs);
  op.type = infer_type({op, {&type(loss)}});
  append(std::move(op));
}

void Builder::update(StateId s, ValueId gradient, Attrs attrs) {
  Op op;
  op.kind = OpKind::Update;
  op.state = s;
  op.operands = {gradient};
  op.attrs = std::move(attrs);
  op.type = infer_type({op, {&type(gradient)}, &module_.states.at(s).type});
  append(std::move(op));
}

ValueId Builder::sum_to_shape(ValueId x, Shape shape) {
  const Shape from = type(x).shape;
  const int extra = static_cast<int>(from.size() - shape.size());
  LATHE_CHECK(extra >= 0, "the gradient of a broadcast has too small a rank");
  std::vector<int64_t> gone, ones;
  for (int i = 0; i < extra; ++i) gone.push_back(i);
  if (!gone.empty()) x = reduce("sum", x, gone);
  for (size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == Dim(1) && !(from[i + extra] == Dim(1))) ones.push_back(static_cast<int64_t>(i));
  if (!ones.empty()) x = reduce("sum", x, ones, true);
  return x;
}

}  // namespace lathe::ir
