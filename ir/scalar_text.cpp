// The text form of scalar expressions: `(mul a0 (sub 1 a0))`, shared parts by `(let t0 VALUE
// BODY)`.
#include <algorithm>
#include <map>

#include "ir/error.h"
#include "ir/scalar_expr.h"
#include "ir/text_number.h"

namespace lathe::ir {

std::string ScalarExpr::to_string() const {
  std::vector<int> uses(nodes_.size(), 0);
  for (const Node& n : nodes_)
    for (int i = 0; i < scalar_op_arity(n.op); ++i) ++uses[n.operand[i]];

  // Shared nodes get names; so do nodes at the bottom of a deep nest, which could not be read back.
  constexpr int kDeepest = 100;
  std::vector<std::string> text(nodes_.size());
  std::vector<int> depth(nodes_.size(), 0);
  std::string lets;
  int named = 0;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const Node& n = nodes_[i];
    if (n.op == ScalarOp::Const) {
      text[i] = number_to_text(n.value, false);
    } else if (n.op == ScalarOp::Arg) {
      text[i] = "a" + std::to_string(n.arg);
    } else {
      text[i] = "(" + std::string(scalar_op_name(n.op));
      for (int k = 0; k < scalar_op_arity(n.op); ++k) {
        text[i] += " " + text[n.operand[k]];
        depth[i] = std::max(depth[i], depth[n.operand[k]] + 1);
      }
      text[i] += ")";
      if (uses[i] > 1 || (depth[i] >= kDeepest && i + 1 < nodes_.size())) {
        depth[i] = 0;
        const std::string name = "t" + std::to_string(named++);
        lets += "(let " + name + " " + text[i] + " ";
        text[i] = name;
      }
    }
  }
  return lets + text.back() + std::string(named, ')');
}

namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  ScalarExpr read_all() {
    ScalarExpr e = read(0);
    skip_space();
    if (at_ < text_.size()) fail("unexpected text after the expression");
    return e;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(what + " at character " + std::to_string(at_ + 1) + " of the expression '" +
                std::string(text_.substr(0, 200)) + "'");
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n'))
      ++at_;
  }

  std::string_view word() {
    skip_space();
    const size_t start = at_;
    while (at_ < text_.size() && std::string_view(" \t\n()").find(text_[at_]) == text_.npos) ++at_;
    if (start == at_) fail("expected a word or a number");
    return text_.substr(start, at_ - start);
  }

  void expect(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) fail(std::string("expected '") + c + "'");
    ++at_;
  }

  ScalarExpr leaf() {
    const size_t start = at_;
    const std::string_view w = word();
    if (auto it = names_.find(std::string(w)); it != names_.end()) return it->second;
    if (w[0] == 'a' && w.size() > 1) {
      auto n = text_to_integer(w.substr(1));
      if (n && *n >= 0 && *n < kMaxArgs) return ScalarExpr::arg(static_cast<int>(*n));
    }
    if (auto v = text_to_number(w)) return ScalarExpr(*v);
    at_ = start;
    fail("'" + std::string(w) + "' is neither a number nor an argument a0…");
  }

  /// Behind `(let`: lets stand within each other, as many as there are shared parts, so they are no
  /// recursion.
  ScalarExpr lets(int depth) {
    int open = 1;
    for (;;) {
      const std::string name(word());
      if (name[0] != 't') fail("a let names t0, t1, …");
      if (!names_.emplace(name, read(depth + 1)).second) fail("'" + name + "' is named twice");
      skip_space();
      const size_t body = at_;
      if (at_ < text_.size() && text_[at_] == '(') {
        ++at_;
        if (word() == "let") {
          ++open;
          continue;
        }
      }
      at_ = body;
      ScalarExpr e = read(depth + 1);
      while (open-- > 0) expect(')');
      return e;
    }
  }

  ScalarExpr read(int depth) {
    if (depth > kMaxDepth) fail("the expression is nested too deeply");
    skip_space();
    if (at_ >= text_.size() || text_[at_] != '(') return leaf();
    ++at_;
    const size_t start = at_;
    const std::string_view head = word();
    if (head == "let") return lets(depth);
    for (ScalarOp op : kOps) {
      if (scalar_op_name(op) != head) continue;
      std::vector<ScalarExpr> operands;
      for (int i = 0; i < scalar_op_arity(op); ++i) {
        operands.push_back(read(depth + 1));
        if (operands.back().nodes().size() > kMaxNodes) fail("the expression is too large");
      }
      expect(')');
      try {
        return ScalarExpr::make(op, operands);
      } catch (const Error& e) {
        fail(e.what());
      }
    }
    at_ = start;
    fail("unknown scalar operation '" + std::string(head) + "'");
  }

  static constexpr int kMaxArgs = ScalarExpr::kMaxArgs, kMaxDepth = 200;
  static constexpr size_t kMaxNodes = ScalarExpr::kMaxNodes;
  static constexpr ScalarOp kOps[] = {
#define SCALAR_OP(name, text, arity, result, host) ScalarOp::name,
#include "ir/scalar_ops.def"
#undef SCALAR_OP
  };
  std::string_view text_;
  size_t at_ = 0;
  std::map<std::string, ScalarExpr> names_;
};

}  // namespace

ScalarExpr ScalarExpr::parse(std::string_view text) {
  return Reader(text).read_all();
}

}  // namespace lathe::ir
