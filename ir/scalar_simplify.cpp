// Algebra on scalar expressions: one rule a line, left becomes right. Arguments stand for any
// subexpression. Only laws that hold for every value, NaN and infinities included, but for the sign
// of zero: no `x * 0 = 0`, no `x - x = 0`.
#include <map>

#include "ir/scalar_expr.h"

namespace lathe::ir {

namespace {

struct Rule {
  ScalarExpr left, right;
};

const std::vector<Rule>& rules() {
  static const std::vector<Rule> table = [] {
    static constexpr const char* kRules[][2] = {
        // neutral elements
        {"(add a0 0)", "a0"},
        {"(add 0 a0)", "a0"},
        {"(sub a0 0)", "a0"},
        {"(sub 0 a0)", "(neg a0)"},
        {"(mul a0 1)", "a0"},
        {"(mul 1 a0)", "a0"},
        {"(div a0 1)", "a0"},
        // signs
        {"(neg (neg a0))", "a0"},
        {"(mul a0 -1)", "(neg a0)"},
        {"(mul -1 a0)", "(neg a0)"},
        {"(div a0 -1)", "(neg a0)"},
        {"(add a0 (neg a1))", "(sub a0 a1)"},
        {"(add (neg a0) a1)", "(sub a1 a0)"},
        {"(sub a0 (neg a1))", "(add a0 a1)"},
        {"(mul (neg a0) (neg a1))", "(mul a0 a1)"},
        {"(neg (sub a0 a1))", "(sub a1 a0)"},
        {"(abs (neg a0))", "(abs a0)"},
        {"(abs (abs a0))", "(abs a0)"},
        // choices
        {"(max a0 a0)", "a0"},
        {"(min a0 a0)", "a0"},
    };
    std::vector<Rule> all;
    for (auto& [left, right] : kRules)
      all.push_back({ScalarExpr::parse(left), ScalarExpr::parse(right)});
    return all;
  }();
  return table;
}

/// By argument of a pattern: the node that it stands for. A subexpression is there once, so that equal
/// ones are one node.
using Binding = std::map<int, int32_t>;

bool match(const ScalarExpr& pattern, int32_t p, const ScalarExpr& e, int32_t i, Binding& bound) {
  const auto& pn = pattern.nodes()[p];
  const auto& en = e.nodes()[i];
  if (pn.op == ScalarOp::Arg) {
    return bound.emplace(pn.arg, i).first->second == i;
  }
  if (pn.op != en.op) return false;
  if (pn.op == ScalarOp::Const) return pn.value == en.value;
  for (int k = 0; k < scalar_op_arity(pn.op); ++k)
    if (!match(pattern, pn.operand[k], e, en.operand[k], bound)) return false;
  return true;
}

ScalarExpr rewrite(ScalarExpr e) {
  for (bool changed = true; changed;) {
    changed = false;
    if (!e.is_const() && !e.is_truth() && e.arity() == 0) return ScalarExpr(e.evaluate({}));
    for (const Rule& rule : rules()) {
      Binding bound;
      const auto last = [](const ScalarExpr& x) {
        return static_cast<int32_t>(x.nodes().size()) - 1;
      };
      if (!match(rule.left, last(rule.left), e, last(e), bound)) continue;
      std::vector<ScalarExpr> args(rule.left.arity());
      for (const auto& [n, node] : bound) args[n] = e.at(node);
      e = rule.right.substitute(args);
      changed = true;
      break;
    }
  }
  return e;
}

}  // namespace

ScalarExpr simplify(const ScalarExpr& expr) {
  std::vector<ScalarExpr> built;
  for (const ScalarExpr::Node& n : expr.nodes()) {
    if (n.op == ScalarOp::Const) {
      built.emplace_back(n.value);
    } else if (n.op == ScalarOp::Arg) {
      built.push_back(ScalarExpr::arg(n.arg));
    } else {
      std::vector<ScalarExpr> operands;
      for (int i = 0; i < scalar_op_arity(n.op); ++i) operands.push_back(built[n.operand[i]]);
      // Rules over truth values, which no argument can stand for.
      if (n.op == ScalarOp::Select && operands[0].arity() == 0)
        built.push_back(operands[0].evaluate({}) != 0 ? operands[1] : operands[2]);
      else if (n.op == ScalarOp::Select && operands[1] == operands[2])
        built.push_back(operands[1]);
      else if (n.op == ScalarOp::Not && operands[0].root().op == ScalarOp::Not)
        built.push_back(operands[0].at(operands[0].root().operand[0]));
      else
        built.push_back(rewrite(ScalarExpr::make(n.op, operands)));
    }
  }
  return built.back();
}

}  // namespace lathe::ir
