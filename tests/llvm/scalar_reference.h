// What a scalar expression may come to in floating point, for tests of emitted code.
//
// Each node is rounded to T by itself, as emitted code must do, and denormals are zeros. Arithmetic
// is exact to the bit; exp, log and their like may err by their stated ulps, and interval arithmetic
// carries that on: a new row of elementwise.def gets its tolerance from its expression.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "ir/error.h"
#include "ir/scalar_expr.h"
#include "tests/llvm/scalar_ulps.h"

namespace lathe::test {

/// The value of one primitive, from scalar_ops.def's last column.
template <typename Wide>
Wide host_value(ir::ScalarOp op, Wide a, Wide b, Wide c) {
  (void)c;
  switch (op) {
    case ir::ScalarOp::Const:
    case ir::ScalarOp::Arg:
      break;
#define SCALAR_OP(name, text, arity, result, host) \
  case ir::ScalarOp::name:                         \
    return static_cast<Wide>(host);
#include "ir/scalar_ops.def"
#undef SCALAR_OP
  }
  internal_error(__FILE__, __LINE__, "a leaf has no value of its own");
}

/// How far emitted code may be off: vector_math.h's bounds, 0 for all that is correctly rounded.
template <typename T>
double allowed_ulps(ir::ScalarOp op) {
  const auto either = [](double f32, double f64) { return sizeof(T) == 4 ? f32 : f64; };
  if (op == ir::ScalarOp::Exp) return either(1, 1.5);
  if (op == ir::ScalarOp::Log) return 1;
  if (op == ir::ScalarOp::Expm1 || op == ir::ScalarOp::Tanh) return 2;
  if (op == ir::ScalarOp::Log1p) return 1.5;
  if (op == ir::ScalarOp::Erf) return either(1, 1.5);
  if (op == ir::ScalarOp::Sin || op == ir::ScalarOp::Cos) return either(1, 2);
  return 0;
}

/// Every value from low to high; both are NaN, or neither. `open`: anything, NaN too.
template <typename T>
struct Range {
  T low, high;
  bool open = false;

  bool has(T v) const {
    if (open || (std::isnan(v) && std::isnan(low))) return true;
    return low <= flushed(v) && flushed(v) <= high;
  }
};

/// The hull over the corners of the operands' ranges, which is exact: the primitives are monotone
/// in each operand, apart from abs, div at 0, and the sines, whose slope is 1 at most.
template <typename T>
Range<T> apply(ir::ScalarOp op, std::span<const Range<T>> operands) {
  const double ulps = allowed_ulps<T>(op);
  const size_t n = operands.size();
  Range<T> hull{};
  auto crosses_zero = [&](const Range<T>& r) { return r.low < 0 && r.high > 0; };
  if (op == ir::ScalarOp::Div &&
      (crosses_zero(operands[1]) ||
       (operands[1].low != operands[1].high && (operands[1].low == 0 || operands[1].high == 0))))
    hull.open = true;
  for (const Range<T>& r : operands) hull.open = hull.open || r.open;
  const bool sine = op == ir::ScalarOp::Sin || op == ir::ScalarOp::Cos;
  if (sine && sizeof(T) == 8 && std::isfinite(operands[0].low) &&
      std::max(std::fabs(operands[0].low), std::fabs(operands[0].high)) > 0x1.8p20)
    hull.open = true;  // not reduced exactly
  if (hull.open) return hull;
  for (unsigned corner = 0; corner < 1u << n; ++corner) {
    T x[3] = {};
    for (size_t i = 0; i < n; ++i) x[i] = corner >> i & 1 ? operands[i].high : operands[i].low;
    T low, high;
    if (ulps == 0) {
      // double is wide enough that rounding twice, to it and to float, rounds right.
      low = high = static_cast<T>(host_value<double>(op, x[0], x[1], x[2]));
    } else {
      const long double v = host_value<long double>(op, x[0], x[1], x[2]);
      const bool exact = v == 0 || std::isinf(v) || std::isnan(v);
      const long double slack = exact ? 0 : ulps * ulp<T>(v);
      low = static_cast<T>(v - slack);
      high = static_cast<T>(v + slack);
    }
    low = flushed(low);
    high = flushed(high);
    if (corner == 0) hull = {low, high};
    if (std::isnan(low) != std::isnan(hull.low)) return {0, 0, true};
    hull.low = std::min(hull.low, low);
    hull.high = std::max(hull.high, high);
  }
  if (sine && operands[0].low != operands[0].high && !std::isnan(hull.low)) {
    const T width = operands[0].high - operands[0].low;
    hull = {hull.low - width, hull.high + width};
  }
  if (op == ir::ScalarOp::Abs && crosses_zero(operands[0])) hull.low = 0;
  return hull;
}

template <typename T>
Range<T> evaluate(const ir::ScalarExpr& e, std::span<const T> args) {
  std::vector<Range<T>> values;
  for (const auto& n : e.nodes()) {
    if (n.op == ir::ScalarOp::Const || n.op == ir::ScalarOp::Arg) {
      const T v = n.op == ir::ScalarOp::Arg ? flushed(args[n.arg]) : static_cast<T>(n.value);
      values.push_back({v, v});
      continue;
    }
    std::vector<Range<T>> operands;
    for (int i = 0; i < ir::scalar_op_arity(n.op); ++i) operands.push_back(values[n.operand[i]]);
    values.push_back(apply<T>(n.op, operands));
  }
  return values.back();
}

}  // namespace lathe::test
