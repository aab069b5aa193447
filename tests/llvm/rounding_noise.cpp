#include "tests/llvm/rounding_noise.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "codegen/interp/ops.h"
#include "ir/error.h"

namespace lathe::testing {

using interp::Value;
using ir::OpKind;
using ir::ScalarOp;

namespace {

double ulp_of(DType t) {
  return t == DType::F64 ? 0x1p-52 : 0x1p-23;
}

Value magnitudes(const Value& v) {
  Value m = v;
  for (double& x : m.elements) x = std::isfinite(x) ? std::fabs(x) : 0;
  return m;
}

/// Errors of an operation on numbers, in ulps of its value; 0 where it is exact.
double ulps_of(ScalarOp op) {
  switch (op) {
    case ScalarOp::Arg:
    case ScalarOp::Neg:
    case ScalarOp::Abs:
    case ScalarOp::Max:
    case ScalarOp::Min:
    case ScalarOp::Lt:
    case ScalarOp::Le:
    case ScalarOp::Eq:
    case ScalarOp::And:
    case ScalarOp::Or:
    case ScalarOp::Not:
    case ScalarOp::Select:
      return 0;
    case ScalarOp::Const:
      return 0.5;
    case ScalarOp::Add:
    case ScalarOp::Sub:
    case ScalarOp::Mul:
    case ScalarOp::Div:
    case ScalarOp::Sqrt:
    case ScalarOp::Exp:
    case ScalarOp::Log:
    case ScalarOp::Expm1:
    case ScalarOp::Log1p:
    case ScalarOp::Tanh:
    case ScalarOp::Erf:
    case ScalarOp::Sin:
    case ScalarOp::Cos:
      return 2;
  }
  internal_error(__FILE__, __LINE__, "bad scalar op");
}

}  // namespace

double RoundingNoise::draw() {
  return static_cast<double>(random_() >> 40) / (1 << 23) - 1;
}

double RoundingNoise::evaluate(const ir::ScalarExpr& e, std::span<const double> args, double ulp) {
  std::vector<double> v;
  for (const ir::ScalarExpr::Node& n : e.nodes()) {
    const auto operand = [&](int k) { return n.operand[k] < 0 ? 0 : v[n.operand[k]]; };
    [[maybe_unused]] const double a = operand(0), b = operand(1), c = operand(2);
    double value = 0;
    switch (n.op) {
      case ScalarOp::Const:
        value = n.value;
        break;
      case ScalarOp::Arg:
        value = args[n.arg];
        break;
#define SCALAR_OP(name, text, arity, result, host) \
  case ScalarOp::name:                             \
    value = static_cast<double>(host);             \
    break;
#include "ir/scalar_ops.def"
#undef SCALAR_OP
    }
    // Small whole numbers, above all, are exact.
    const bool exact =
        n.op == ScalarOp::Const && static_cast<double>(static_cast<float>(value)) == value;
    v.push_back(exact ? value : value * (1 + ulps_of(n.op) * ulp * draw()));
  }
  return v.back();
}

void RoundingNoise::map(const ir::Op& op, std::span<const Value* const> operands, Value& r) {
  if (!is_float(operands[0]->dtype)) return;
  std::vector<std::vector<int64_t>> strides;
  for (const Value* v : operands) strides.push_back(interp::broadcast_strides(v->shape, r.shape));
  std::vector<double> args(operands.size());
  interp::Walk w(r.shape, std::move(strides));
  for (double& out : r.elements) {
    for (size_t k = 0; k < args.size(); ++k) args[k] = operands[k]->elements[w.offset(k)];
    out = evaluate(op.fn, args, ulp_of(operands[0]->dtype));
    w.next();
  }
}

void RoundingNoise::matmul(const ir::Op& op, std::span<const Value* const> operands, Value& r) {
  const Value a = magnitudes(*operands[0]), b = magnitudes(*operands[1]);
  Value size(r.dtype, r.shape);
  interp::compute_matmul({op, {&a, &b}}, size);
  const double depth = static_cast<double>(a.size()) /
                       (static_cast<double>(r.size()) / static_cast<double>(r.shape.back()));
  for (size_t i = 0; i < r.elements.size(); ++i)
    r.elements[i] += ulp_of(r.dtype) * std::sqrt(depth) * size.elements[i] * draw();
}

void RoundingNoise::sum(const ir::Op& op, const Value& x, Value& r) {
  const std::string kind = op.attrs.word("kind");
  if (kind == "max" || kind == "min") return;
  const Value a = magnitudes(x);
  Value size(r.dtype, r.shape);
  interp::compute_reduce({op, {&a}}, size);
  const double count = static_cast<double>(x.size()) / static_cast<double>(r.size());
  for (size_t i = 0; i < r.elements.size(); ++i)
    r.elements[i] += ulp_of(r.dtype) * std::sqrt(count) * size.elements[i] * draw();
}

void RoundingNoise::scatter(const ir::Op& op, std::span<const Value* const> operands, Value& r) {
  const Value a = magnitudes(*operands[0]);
  Value size(r.dtype, r.shape);
  interp::compute_scatter_add({op, {&a, operands[1]}}, size);
  const double count = std::sqrt(static_cast<double>(operands[1]->size()));
  for (size_t i = 0; i < r.elements.size(); ++i)
    r.elements[i] += ulp_of(r.dtype) * count * size.elements[i] * draw();
}

void RoundingNoise::softmax(const Value& x, Value& r, bool logarithm) {
  const size_t n = static_cast<size_t>(x.shape.back());
  const double terms = 4 + std::sqrt(static_cast<double>(n));
  for (size_t row = 0; row < x.elements.size(); row += n) {
    const double most =
        *std::max_element(x.elements.begin() + static_cast<std::ptrdiff_t>(row),
                          x.elements.begin() + static_cast<std::ptrdiff_t>(row + n));
    const double shared = terms * ulp_of(r.dtype) * draw();  // of the sum, for the whole row
    for (size_t i = row; i < row + n; ++i) {
      double& y = r.elements[i];
      const double shifted = x.elements[i] - most;
      if (logarithm)  // shifted - log(sum)
        y += shared + ulp_of(r.dtype) *
                          (std::fabs(shifted) + std::fabs(y - shifted) + std::fabs(y)) * draw();
      else
        y *= 1 + shared + ulp_of(r.dtype) * (4 + std::fabs(shifted)) * draw();
    }
  }
}

void RoundingNoise::operator()(const ir::Op& op, std::span<const Value* const> operands, Value& r) {
  switch (op.kind) {
    case OpKind::Map:
      return map(op, operands, r);
    case OpKind::MatMul:
      return matmul(op, operands, r);
    case OpKind::Reduce:
      return sum(op, *operands[0], r);
    case OpKind::ScatterAdd:
      return scatter(op, operands, r);
    case OpKind::Softmax:
    case OpKind::LogSoftmax:
      return softmax(*operands[0], r, op.kind == OpKind::LogSoftmax);
    case OpKind::Param:
    case OpKind::State:
    case OpKind::Constant:
    case OpKind::Convert:
    case OpKind::Transpose:
    case OpKind::Broadcast:
    case OpKind::Reshape:
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
      return;
  }
  internal_error(__FILE__, __LINE__, "bad op kind");
}

}  // namespace lathe::testing
