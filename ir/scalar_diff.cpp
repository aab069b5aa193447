// Symbolic derivatives of scalar expressions: one case a primitive.
#include <numbers>
#include <optional>

#include "ir/error.h"
#include "ir/scalar_expr.h"

namespace lathe::ir {

namespace {

using scalar_dsl::E;
using Zero = std::optional<E>;  // no value: the derivative is zero by structure

Zero add(const Zero& a, const Zero& b) {
  using namespace scalar_dsl;
  if (!a) return b;
  if (!b) return a;
  return *a + *b;
}

Zero times(const Zero& d, const E& factor) {
  using namespace scalar_dsl;
  if (!d) return d;
  if (d->is_const(1)) return factor;
  return *d * factor;
}

Zero negate(const Zero& d) {
  using namespace scalar_dsl;
  if (!d) return d;
  return d->is_const() ? E(-d->root().value) : -*d;
}

Zero choose(const E& condition, const Zero& a, const Zero& b) {
  if (!a && !b) return std::nullopt;
  return scalar_dsl::select(condition, a.value_or(E(0.0)), b.value_or(E(0.0)));
}

}  // namespace

ScalarExpr derivative(const ScalarExpr& expr, int wrt) {
  using namespace scalar_dsl;
  std::vector<E> value;
  std::vector<Zero> d;
  for (const ScalarExpr::Node& n : expr.nodes()) {
    auto v = [&](int i) -> const E& { return value[n.operand[i]]; };
    auto dv = [&](int i) -> const Zero& { return d[n.operand[i]]; };
    if (n.op == ScalarOp::Const) {
      value.emplace_back(n.value);
    } else if (n.op == ScalarOp::Arg) {
      value.push_back(E::arg(n.arg));
    } else {
      std::vector<E> operands;
      for (int i = 0; i < scalar_op_arity(n.op); ++i) operands.push_back(v(i));
      value.push_back(E::make(n.op, operands));
    }
    const E self = value.back();
    Zero r;
    switch (n.op) {
      case ScalarOp::Const:
      case ScalarOp::Lt:
      case ScalarOp::Le:
      case ScalarOp::Eq:
      case ScalarOp::And:
      case ScalarOp::Or:
      case ScalarOp::Not:
        break;
      case ScalarOp::Arg:
        if (n.arg == wrt) r = E(1.0);
        break;
      case ScalarOp::Add:
        r = add(dv(0), dv(1));
        break;
      case ScalarOp::Sub:
        r = add(dv(0), negate(dv(1)));
        break;
      case ScalarOp::Mul:
        r = add(times(dv(0), v(1)), times(dv(1), v(0)));
        break;
      case ScalarOp::Div:  // (a/b)' = a'/b - (a/b) b'/b
        if (dv(0)) r = *dv(0) / v(1);
        if (dv(1)) r = add(r, negate(times(dv(1), self / v(1))));
        break;
      case ScalarOp::Neg:
        r = negate(dv(0));
        break;
      case ScalarOp::Abs:
        r = times(dv(0), select(E(0.0) < v(0), 1.0, select(v(0) < E(0.0), -1.0, 0.0)));
        break;
      case ScalarOp::Max:
        r = choose(v(1) < v(0), dv(0), dv(1));
        break;
      case ScalarOp::Min:
        r = choose(v(0) < v(1), dv(0), dv(1));
        break;
      case ScalarOp::Exp:
        r = times(dv(0), self);
        break;
      case ScalarOp::Log:
        if (dv(0)) r = *dv(0) / v(0);
        break;
      case ScalarOp::Expm1:
        r = times(dv(0), exp(v(0)));  // not self + 1, which loses e^x where it is small
        break;
      case ScalarOp::Log1p:
        if (dv(0)) r = *dv(0) / (E(1.0) + v(0));
        break;
      case ScalarOp::Tanh:
        r = times(dv(0), E(1.0) - self * self);
        break;
      case ScalarOp::Erf:
        r = times(dv(0), E(2 * std::numbers::inv_sqrtpi) * exp(-(v(0) * v(0))));
        break;
      case ScalarOp::Sin:
        r = times(dv(0), cos(v(0)));
        break;
      case ScalarOp::Cos:
        r = negate(times(dv(0), sin(v(0))));
        break;
      case ScalarOp::Sqrt:
        if (dv(0)) r = times(dv(0), E(0.5) / self);
        break;
      case ScalarOp::Select:
        r = choose(v(0), dv(1), dv(2));
        break;
    }
    d.push_back(r);
  }
  return d.back().value_or(E(0.0));
}

}  // namespace lathe::ir
