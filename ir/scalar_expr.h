// Scalar expressions: what an elementwise op computes for one element.
//
// An expression is a small DAG over the primitives of scalar_ops.def, constants and arguments a0,
// a1, … It is a value: nodes lie in post-order with every subexpression once, so two expressions
// are equal exactly when their node lists are. Text form: `(mul a0 (sub 1 a0))`; a node used more
// than once is named by `(let t0 VALUE BODY)`, so that the text stays linear in the DAG.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lathe::ir {

enum class ScalarOp : uint8_t {
  Const,  ///< `value`
  Arg,    ///< argument number `arg`
#define SCALAR_OP(name, text, arity, result, host) name,
#include "ir/scalar_ops.def"
#undef SCALAR_OP
};

std::string_view scalar_op_name(ScalarOp op);
int scalar_op_arity(ScalarOp op);
/// True for comparisons and logic, whose result is a truth value rather than a number.
bool scalar_op_is_truth(ScalarOp op);
/// True for what floats have and integers do not: exp, sqrt, …
bool scalar_op_is_real(ScalarOp op);

class ScalarExpr {
 public:
  struct Node {
    ScalarOp op;
    int32_t arg = 0;                    ///< Arg: its number
    double value = 0;                   ///< Const: its value
    int32_t operand[3] = {-1, -1, -1};  ///< indices of earlier nodes
    friend bool operator==(const Node& a, const Node& b);
  };

  ScalarExpr() = default;
  ScalarExpr(double value);  // NOLINT: a number is an expression
  static ScalarExpr arg(int number);
  /// Applies a primitive. Operand kinds (number, truth) must fit: an Error otherwise.
  static ScalarExpr make(ScalarOp op, std::span<const ScalarExpr> operands);

  bool empty() const { return nodes_.empty(); }
  const std::vector<Node>& nodes() const { return nodes_; }
  const Node& root() const { return nodes_.back(); }
  bool is_truth() const { return scalar_op_is_truth(root().op); }
  bool is_const() const { return root().op == ScalarOp::Const; }
  bool is_const(double v) const { return is_const() && root().value == v; }
  /// 1 + the largest argument number used, 0 without arguments.
  int arity() const;
  bool uses(int arg) const;

  /// The expression with argument i replaced by `args[i]`.
  ScalarExpr substitute(std::span<const ScalarExpr> args) const;
  /// The subexpression rooted at node `index`.
  ScalarExpr at(int32_t index) const;
  /// The value in double precision; truth values are 1 and 0.
  double evaluate(std::span<const double> args) const;

  std::string to_string() const;
  /// Reads the text form. Error with the position in `text` otherwise.
  static ScalarExpr parse(std::string_view text);
  /// Limits of parse().
  static constexpr int kMaxArgs = 64;
  static constexpr size_t kMaxNodes = 2000;
  bool is_readable() const { return nodes_.size() <= kMaxNodes && arity() <= kMaxArgs; }

  friend bool operator==(const ScalarExpr&, const ScalarExpr&) = default;
  size_t hash() const;

 private:
  int32_t append(const ScalarExpr& other);
  std::vector<Node> nodes_;
};

/// d expr / d argument `wrt`, by the chain rule. A structural zero comes back as the constant 0.
/// Comparisons and the condition of a select have derivative 0; max and min give all of it to the
/// larger (smaller) operand, to the second one at a tie; abs has derivative 0 at 0.
ScalarExpr derivative(const ScalarExpr& expr, int wrt);

/// Algebra, from the one-line rules in scalar_simplify.cpp, which hold for every value, NaN and
/// infinities included, but may turn the sign of a zero. What has no argument is folded, in double
/// precision: an f32 step on the way that would have been rounded, or have overflowed, is not.
ScalarExpr simplify(const ScalarExpr& expr);

/// The words in which the rows of elementwise.def are written.
namespace scalar_dsl {
using E = ScalarExpr;
E operator+(const E& a, const E& b);
E operator-(const E& a, const E& b);
E operator*(const E& a, const E& b);
E operator/(const E& a, const E& b);
E operator-(const E& a);
E operator<(const E& a, const E& b);
E operator<=(const E& a, const E& b);
E operator>(const E& a, const E& b);
E operator>=(const E& a, const E& b);
E equal(const E& a, const E& b);
E select(const E& condition, const E& a, const E& b);
E logical_not(const E& a);
E logical_and(const E& a, const E& b);
E logical_or(const E& a, const E& b);
#define SCALAR_WORD_1(text) E text(const E& a);
#define SCALAR_WORD_2(text) E text(const E& a, const E& b);
#define SCALAR_OP(name, text, arity, result, host)
#define SCALAR_FUNCTION(name, text, arity, result, host) SCALAR_WORD_##arity(text)
#include "ir/scalar_ops.def"
#undef SCALAR_OP
#undef SCALAR_WORD_1
#undef SCALAR_WORD_2
}  // namespace scalar_dsl

}  // namespace lathe::ir
