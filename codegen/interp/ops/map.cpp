// map and convert.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "codegen/interp/ops.h"
#include "ir/error.h"

namespace lathe::interp {

namespace {

using ir::ScalarExpr;
using ir::ScalarOp;

/// `v` modulo 2^bits of an integer type.
int64_t wrapped(DType t, int64_t v) {
  switch (t) {
    case DType::I32:
      return static_cast<int32_t>(v);
    case DType::U8:
      return static_cast<uint8_t>(v);
    case DType::I64:
      if (v < -(int64_t{1} << 53) || v > (int64_t{1} << 53))
        throw Error("integer arithmetic reached " + std::to_string(v) +
                    ": the interpreter takes integers up to 2^53 in size");
      return v;
    case DType::F32:
    case DType::F64:
    case DType::Bool:
      break;
  }
  internal_error(__FILE__, __LINE__, "integer arithmetic on a type that is no integer");
}

int64_t mul(int64_t a, int64_t b) {
  int64_t r;
  // Only i64 gets here with factors so large, and `wrapped` then refuses the result.
  if (__builtin_mul_overflow(a, b, &r)) return INT64_MAX;
  return r;
}

/// One primitive on integers: division truncates (by zero: 0). What only reals have
/// (ir::scalar_op_is_real) no shape rule lets through.
int64_t apply(ScalarOp op, int64_t a, int64_t b, int64_t c) {
  switch (op) {
    case ScalarOp::Const:
    case ScalarOp::Arg:
      break;
    case ScalarOp::Exp:
    case ScalarOp::Log:
    case ScalarOp::Expm1:
    case ScalarOp::Log1p:
    case ScalarOp::Tanh:
    case ScalarOp::Erf:
    case ScalarOp::Sin:
    case ScalarOp::Cos:
    case ScalarOp::Sqrt:
      internal_error(__FILE__, __LINE__, "an operation of reals on integers");
    case ScalarOp::Add:
      return a + b;
    case ScalarOp::Sub:
      return a - b;
    case ScalarOp::Mul:
      return mul(a, b);
    case ScalarOp::Div:
      return b == 0 ? 0 : a / b;
    case ScalarOp::Neg:
      return -a;
    case ScalarOp::Abs:
      return a < 0 ? -a : a;
    case ScalarOp::Max:
      return a > b ? a : b;
    case ScalarOp::Min:
      return a < b ? a : b;
    case ScalarOp::Lt:
      return a < b;
    case ScalarOp::Le:
      return a <= b;
    case ScalarOp::Eq:
      return a == b;
    case ScalarOp::And:
      return a != 0 && b != 0;
    case ScalarOp::Or:
      return a != 0 || b != 0;
    case ScalarOp::Not:
      return a == 0;
    case ScalarOp::Select:
      return a != 0 ? b : c;
  }
  internal_error(__FILE__, __LINE__, "bad scalar op");
}

/// Arithmetic is that of the element type, so integers wrap, and divide as integers, at every step.
/// `wrapped` lets nothing beyond 2^53 through, constants included, so that no step overflows an
/// int64_t.
int64_t evaluate_integer(const ScalarExpr& e, std::span<const double> args, DType t) {
  std::vector<int64_t> v;
  for (const ScalarExpr::Node& n : e.nodes()) {
    const auto operand = [&](int k) { return n.operand[k] < 0 ? 0 : v[n.operand[k]]; };
    if (n.op == ScalarOp::Const)
      v.push_back(wrapped(t, static_cast<int64_t>(std::min(round_to(t, n.value), 0x1p62))));
    else if (n.op == ScalarOp::Arg)
      v.push_back(wrapped(t, static_cast<int64_t>(std::min(args[n.arg], 0x1p62))));
    else
      v.push_back(wrapped(t, apply(n.op, operand(0), operand(1), operand(2))));
  }
  return v.back();
}

}  // namespace

void compute_map(const Call& c, Value& r) {
  const DType arithmetic = c.operands.at(0)->dtype;
  std::vector<std::vector<int64_t>> strides;
  for (const Value* v : c.operands) strides.push_back(broadcast_strides(v->shape, r.shape));
  std::vector<double> args(c.operands.size());
  Walk w(r.shape, std::move(strides));
  for (double& out : r.elements) {
    for (size_t k = 0; k < args.size(); ++k) args[k] = c.operands[k]->elements[w.offset(k)];
    out = is_float(arithmetic) ? c.op.fn.evaluate(args)
                               : static_cast<double>(evaluate_integer(c.op.fn, args, arithmetic));
    w.next();
  }
}

// From float to integer, what is out of range becomes the nearest number in it (and NaN 0); between
// integers it wraps. Otherwise rounding to the result's type is all there is to it.
void compute_convert(const Call& c, Value& r) {
  const Value& x = *c.operands.at(0);
  r.elements = x.elements;
  if (!is_float(x.dtype) || !is_integer(r.dtype)) return;
  const double bits = static_cast<double>(8 * dtype_size(r.dtype));
  const bool is_signed = r.dtype != DType::U8;
  const double low = is_signed ? -std::exp2(bits - 1) : 0;
  const double high = std::exp2(is_signed ? bits - 1 : bits) - (r.dtype == DType::I64 ? 0 : 1);
  for (double& v : r.elements) v = std::isnan(v) ? 0 : std::clamp(std::trunc(v), low, high);
}

}  // namespace lathe::interp
