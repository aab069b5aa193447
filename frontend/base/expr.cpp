// The words of lathe/expr.h.
#include "lathe/expr.h"

#include "frontend/base/number_expr.h"
#include "ir/elementwise.h"
#include "ir/error.h"

namespace lathe {

namespace dsl = ir::scalar_dsl;

#define OPERATOR(op)                                 \
  Expr operator op(const Expr& a, const Expr& b) {   \
    return Expr(dsl::operator op(a.expr_, b.expr_)); \
  }
OPERATOR(+)
OPERATOR(-)
OPERATOR(*)
OPERATOR(/)
OPERATOR(<)
OPERATOR(<=)
OPERATOR(>)
OPERATOR(>=)
#undef OPERATOR

Expr operator-(const Expr& a) {
  return Expr(dsl::operator-(a.expr_));
}
Expr operator==(const Expr& a, const Expr& b) {
  return Expr(dsl::equal(a.expr_, b.expr_));
}
Expr operator!=(const Expr& a, const Expr& b) {
  return !(a == b);
}
Expr operator&&(const Expr& a, const Expr& b) {
  return Expr(dsl::logical_and(a.expr_, b.expr_));
}
Expr operator||(const Expr& a, const Expr& b) {
  return Expr(dsl::logical_or(a.expr_, b.expr_));
}
Expr operator!(const Expr& a) {
  return Expr(dsl::logical_not(a.expr_));
}
Expr select(const Expr& condition, const Expr& a, const Expr& b) {
  return Expr(dsl::select(condition.expr_, a.expr_, b.expr_));
}

#define WORD_1(text)                 \
  Expr text(const Expr& a) {         \
    return Expr(dsl::text(a.expr_)); \
  }
#define WORD_2(text)                          \
  Expr text(const Expr& a, const Expr& b) {   \
    return Expr(dsl::text(a.expr_, b.expr_)); \
  }
#define SCALAR_OP(name, text, arity, result, host)
#define SCALAR_FUNCTION(name, text, arity, result, host) WORD_##arity(text)
#include "ir/scalar_ops.def"
#undef SCALAR_OP
#undef WORD_1
#undef WORD_2

Expr Expr::activation(std::string_view name, const Expr& x) {
  const ir::ElementwiseRow* row = ir::find_elementwise(name);
  LATHE_CHECK(row != nullptr, "an activation without its row");
  if (x.expr_.is_truth())
    throw Error("'" + std::string(name) + "' takes a number, not the truth value '" +
                x.to_string() + "'");
  return Expr(row->expr.substitute(std::vector<ir::ScalarExpr>{x.expr_}));
}

namespace detail {

namespace {

/// What is derived of it must be readable in IR text too: at most six nodes for one of these.
constexpr size_t kMostNodes = 200;

}  // namespace

ir::ScalarExpr parse_number_expr(std::string_view text) {
  ir::ScalarExpr e = ir::ScalarExpr::parse(text);
  if (e.is_truth())
    throw Error("expected a number, not the truth value '" + std::string(text.substr(0, 80)) +
                "': (select condition 1 0) makes a number of one");
  if (e.nodes().size() > kMostNodes)
    throw Error("an expression of " + std::to_string(e.nodes().size()) +
                " parts is too large: at most " + std::to_string(kMostNodes));
  return e;
}

}  // namespace detail

}  // namespace lathe
