// Scalar expressions of one's own: what a loss or a layer computes for one number.
//
//   .loss = Loss("pinball", [](Expr y, Expr p) { return max(0.9 * (y - p), -0.1 * (y - p)); })
//   Lambda([](Expr x) { return x * x; })
//
// The function runs once, and what it gives back is a formula: its derivative is taken, it is fused
// and compiled as the built-in ones are, and saved with the model. The words:
//
//   + - * / and -x               with numbers too: 0.5 * x
//   < <= > >= == != && || !      truth values, which are for select alone
//   select(condition, a, b)      a where the condition holds, otherwise b
//   max(a, b) min(a, b)          NaN where either is
//   abs exp log sqrt sin cos erf; expm1(x), e^x - 1; log1p(x), log(1 + x)
//   square(x), clip(x, low, high)
//   every activation of `lathe list activations` that is about one number, with its defaults: relu,
//   leaky_relu, elu, sigmoid, log_sigmoid, tanh, softplus, softsign, silu, gelu, mish, …
//
// The derivative is derived from the formula as it is written, by the chain rule; at a kink of max,
// min or abs it is that of one side. Whether it stays finite is up to the formula: the slope of
// log(sigmoid(x)) in f32 is 0 / 0 at -200, while log_sigmoid(x) is the same function, written so
// that it is right everywhere; that of sqrt(max(x, 0)) is 0 times infinity at 0, and that of
// sqrt(max(x, 1e-12)) is 0. A select does not look at the side that is not chosen, nor does its slope.
//
// The text form, for the command line, JSON and saved models, calls the arguments a0, a1, … in their
// order: `(max (mul 0.9 (sub a0 a1)) (mul -0.1 (sub a0 a1)))`. docs/ir.md, "Scalar expressions", has
// its words.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "ir/scalar_expr.h"

namespace lathe {

/// A formula over arguments. Operators and functions throw an Error for a truth value where a number
/// is meant, or a number where a truth value is.
class Expr {
 public:
  Expr(double value) : expr_(value) {}  // NOLINT: a number is an expression
  explicit Expr(ir::ScalarExpr expr) : expr_(std::move(expr)) {}
  /// Argument `number`, from 0.
  static Expr arg(int number) { return Expr(ir::ScalarExpr::arg(number)); }

  /// The text form.
  std::string to_string() const { return expr_.to_string(); }
  const ir::ScalarExpr& scalar() const { return expr_; }

  friend Expr operator+(const Expr& a, const Expr& b);
  friend Expr operator-(const Expr& a, const Expr& b);
  friend Expr operator*(const Expr& a, const Expr& b);
  friend Expr operator/(const Expr& a, const Expr& b);
  friend Expr operator-(const Expr& a);
  friend Expr operator<(const Expr& a, const Expr& b);
  friend Expr operator<=(const Expr& a, const Expr& b);
  friend Expr operator>(const Expr& a, const Expr& b);
  friend Expr operator>=(const Expr& a, const Expr& b);
  friend Expr operator==(const Expr& a, const Expr& b);
  friend Expr operator!=(const Expr& a, const Expr& b);
  friend Expr operator&&(const Expr& a, const Expr& b);
  friend Expr operator||(const Expr& a, const Expr& b);
  friend Expr operator!(const Expr& a);
  friend Expr select(const Expr& condition, const Expr& a, const Expr& b);
  friend Expr square(const Expr& x) { return x * x; }
  friend Expr clip(const Expr& x, const Expr& low, const Expr& high) {
    return min(max(x, low), high);
  }

  // The primitives of ir/scalar_ops.def that are functions.
#define LATHE_EXPR_WORD_1(text) friend Expr text(const Expr& a);
#define LATHE_EXPR_WORD_2(text) friend Expr text(const Expr& a, const Expr& b);
#define SCALAR_OP(name, text, arity, result, host)
#define SCALAR_FUNCTION(name, text, arity, result, host) LATHE_EXPR_WORD_##arity(text)
#include "ir/scalar_ops.def"
#undef SCALAR_OP
#undef LATHE_EXPR_WORD_1
#undef LATHE_EXPR_WORD_2

  // The activations of ir/elementwise.def. As templates they stand behind a primitive of their name.
#define ELEMENTWISE(name, operands, expression, gradient, marks)
#define ACTIVATION(name, parameters, formula, expression, gradient, marks) \
  template <std::same_as<Expr> E>                                          \
  friend Expr name(const E& x) {                                           \
    return activation(#name, x);                                           \
  }
#include "ir/elementwise.def"
#undef ELEMENTWISE
#undef ACTIVATION

 private:
  static Expr activation(std::string_view name, const Expr& x);
  ir::ScalarExpr expr_;
};

namespace detail {

/// Whether `F` takes `count` expressions and gives one.
template <class F, int count>
constexpr bool takes_exprs = []<size_t... I>(std::index_sequence<I...>) {
  return std::is_invocable_r_v<Expr, F&, std::enable_if_t<I + 1 != 0, Expr>...>;
}(std::make_index_sequence<count>());

/// How many expressions `F` takes, the least that it can take up to 8; 0: it is no such function.
template <class F, int count = 1>
constexpr int expr_arguments() {
  if constexpr (count > 8)
    return 0;
  else if constexpr (takes_exprs<F, count>)
    return count;
  else
    return expr_arguments<F, count + 1>();
}

template <int count, class F>
Expr call_with_arguments(F& fn) {
  return [&]<int... I>(std::integer_sequence<int, I...>) -> Expr {
    return fn(Expr::arg(I)...);
  }(std::make_integer_sequence<int, count>());
}

}  // namespace detail

}  // namespace lathe
