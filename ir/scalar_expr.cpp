// Construction, evaluation and structure of scalar expressions; text is in scalar_text.cpp.
#include "ir/scalar_expr.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "ir/error.h"

namespace lathe::ir {

std::string_view scalar_op_name(ScalarOp op) {
  switch (op) {
    case ScalarOp::Const:
      return "const";
    case ScalarOp::Arg:
      return "arg";
#define SCALAR_OP(name, text, arity, result, host) \
  case ScalarOp::name:                             \
    return #text;
#include "ir/scalar_ops.def"
#undef SCALAR_OP
  }
  internal_error(__FILE__, __LINE__, "bad scalar op");
}

int scalar_op_arity(ScalarOp op) {
  switch (op) {
    case ScalarOp::Const:
    case ScalarOp::Arg:
      return 0;
#define SCALAR_OP(name, text, arity, result, host) \
  case ScalarOp::name:                             \
    return arity;
#include "ir/scalar_ops.def"
#undef SCALAR_OP
  }
  internal_error(__FILE__, __LINE__, "bad scalar op");
}

namespace {

enum class Result { Number, Real, Truth };

Result result_of(ScalarOp op) {
  switch (op) {
    case ScalarOp::Const:
    case ScalarOp::Arg:
      return Result::Number;
#define SCALAR_OP(name, text, arity, result, host) \
  case ScalarOp::name:                             \
    return Result::result;
#include "ir/scalar_ops.def"
#undef SCALAR_OP
  }
  internal_error(__FILE__, __LINE__, "bad scalar op");
}

}  // namespace

bool scalar_op_is_truth(ScalarOp op) {
  return result_of(op) == Result::Truth;
}

bool scalar_op_is_real(ScalarOp op) {
  return result_of(op) == Result::Real;
}

bool operator==(const ScalarExpr::Node& a, const ScalarExpr::Node& b) {
  // Constants are compared as bits: NaN equals itself, and 0 is not -0.
  return a.op == b.op && a.arg == b.arg &&
         std::bit_cast<uint64_t>(a.value) == std::bit_cast<uint64_t>(b.value) &&
         a.operand[0] == b.operand[0] && a.operand[1] == b.operand[1] &&
         a.operand[2] == b.operand[2];
}

ScalarExpr::ScalarExpr(double value) {
  // Every NaN is the same one: the text form knows no other.
  if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
  nodes_.push_back({ScalarOp::Const, 0, value});
}

ScalarExpr ScalarExpr::arg(int number) {
  LATHE_CHECK(number >= 0, "negative argument number");
  ScalarExpr e;
  e.nodes_.push_back({ScalarOp::Arg, number});
  return e;
}

namespace {
struct NodeHash {
  size_t operator()(const ScalarExpr::Node& n) const {
    uint64_t h = static_cast<uint64_t>(n.op) * 1000003u + static_cast<uint32_t>(n.arg);
    const auto mix = [&](uint64_t x) { h = (h ^ x) * 0x9E3779B97F4A7C15ull + (h >> 29); };
    mix(std::bit_cast<uint64_t>(n.value));
    for (int32_t o : n.operand) mix(static_cast<uint32_t>(o));
    return h;
  }
};
}  // namespace

int32_t ScalarExpr::append(const ScalarExpr& other) {
  if (nodes_.empty()) {
    nodes_ = other.nodes_;
    return static_cast<int32_t>(nodes_.size()) - 1;
  }
  constexpr size_t kFew = 32;  // where looking through all is faster than an index
  std::unordered_map<Node, int32_t, NodeHash> index_of;
  const bool many = nodes_.size() > kFew;
  if (many)
    for (size_t i = 0; i < nodes_.size(); ++i) index_of.emplace(nodes_[i], static_cast<int32_t>(i));
  const auto find = [&](const Node& n) -> int32_t {
    if (many) {
      const auto it = index_of.find(n);
      return it == index_of.end() ? -1 : it->second;
    }
    const auto it = std::find(nodes_.begin(), nodes_.end(), n);
    return it == nodes_.end() ? -1 : static_cast<int32_t>(it - nodes_.begin());
  };
  std::vector<int32_t> index(other.nodes_.size());
  for (size_t i = 0; i < other.nodes_.size(); ++i) {
    Node n = other.nodes_[i];
    for (int32_t& o : n.operand)
      if (o >= 0) o = index[o];
    index[i] = find(n);
    if (index[i] >= 0) continue;
    index[i] = static_cast<int32_t>(nodes_.size());
    if (many) index_of.emplace(n, index[i]);
    nodes_.push_back(n);
  }
  return index.back();
}

ScalarExpr ScalarExpr::make(ScalarOp op, std::span<const ScalarExpr> operands) {
  const int arity = scalar_op_arity(op);
  if (static_cast<int>(operands.size()) != arity)
    throw Error("'" + std::string(scalar_op_name(op)) + "' takes " + std::to_string(arity) +
                " operands, not " + std::to_string(operands.size()));
  ScalarExpr e;
  Node n{op};
  for (int i = 0; i < arity; ++i) {
    const ScalarExpr& o = operands[i];
    LATHE_CHECK(!o.empty(), "empty operand of a scalar expression");
    const bool logic = op == ScalarOp::And || op == ScalarOp::Or || op == ScalarOp::Not;
    const bool wants_truth = logic || (op == ScalarOp::Select && i == 0);
    if (o.is_truth() != wants_truth)
      throw Error("operand " + std::to_string(i) + " of '" + std::string(scalar_op_name(op)) +
                  "' must be a " + (wants_truth ? "truth value" : "number") + ", not '" +
                  o.to_string() + "'");
    n.operand[i] = e.append(o);
  }
  e.nodes_.push_back(n);  // the root is new: it has every other node below it
  return e;
}

int ScalarExpr::arity() const {
  int n = 0;
  for (const Node& node : nodes_)
    if (node.op == ScalarOp::Arg) n = std::max(n, node.arg + 1);
  return n;
}

bool ScalarExpr::uses(int arg) const {
  for (const Node& node : nodes_)
    if (node.op == ScalarOp::Arg && node.arg == arg) return true;
  return false;
}

ScalarExpr ScalarExpr::substitute(std::span<const ScalarExpr> args) const {
  std::vector<ScalarExpr> built;
  built.reserve(nodes_.size());
  for (const Node& n : nodes_) {
    switch (n.op) {
      case ScalarOp::Const:
        built.emplace_back(n.value);
        break;
      case ScalarOp::Arg:
        LATHE_CHECK(n.arg < static_cast<int>(args.size()), "argument without a substitute");
        built.push_back(args[n.arg]);
        break;
#define SCALAR_OP(name, text, arity, result, host) case ScalarOp::name:
#include "ir/scalar_ops.def"
#undef SCALAR_OP
        {
          std::vector<ScalarExpr> operands;
          for (int i = 0; i < scalar_op_arity(n.op); ++i) operands.push_back(built[n.operand[i]]);
          built.push_back(make(n.op, operands));
        }
    }
  }
  return built.back();
}

ScalarExpr ScalarExpr::at(int32_t index) const {
  ScalarExpr prefix;  // nodes below `index` come before it, so the prefix is closed
  prefix.nodes_.assign(nodes_.begin(), nodes_.begin() + index + 1);
  std::vector<ScalarExpr> args;
  for (int i = 0; i < prefix.arity(); ++i) args.push_back(arg(i));
  return prefix.substitute(args);  // drops what the root does not need
}

namespace {

double apply(ScalarOp op, double a, double b, double c) {
  (void)c;
  switch (op) {
    case ScalarOp::Const:
    case ScalarOp::Arg:
      break;
#define SCALAR_OP(name, text, arity, result, host) \
  case ScalarOp::name:                             \
    return static_cast<double>(host);
#include "ir/scalar_ops.def"
#undef SCALAR_OP
  }
  internal_error(__FILE__, __LINE__, "a leaf has no value of its own");
}

}  // namespace

double ScalarExpr::evaluate(std::span<const double> args) const {
  double small[32] = {};
  std::vector<double> large;
  double* v = small;
  if (nodes_.size() > 32) {
    large.resize(nodes_.size());
    v = large.data();
  }
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const Node& n = nodes_[i];
    if (n.op == ScalarOp::Const) {
      v[i] = n.value;
    } else if (n.op == ScalarOp::Arg) {
      v[i] = args[n.arg];
    } else {
      auto operand = [&](int k) { return n.operand[k] < 0 ? 0.0 : v[n.operand[k]]; };
      v[i] = apply(n.op, operand(0), operand(1), operand(2));
    }
  }
  return v[nodes_.size() - 1];
}

size_t ScalarExpr::hash() const {
  size_t h = nodes_.size();
  auto mix = [&](uint64_t x) { h = (h ^ x) * 0x9E3779B97F4A7C15ull + (h >> 29); };
  for (const Node& n : nodes_) {
    mix(static_cast<uint64_t>(n.op) * 1000003u + static_cast<uint32_t>(n.arg));
    mix(std::bit_cast<uint64_t>(n.value));
    for (int32_t o : n.operand) mix(static_cast<uint32_t>(o));
  }
  return h;
}

namespace scalar_dsl {
namespace {
E apply1(ScalarOp op, const E& a) {
  return E::make(op, std::array<E, 1>{a});
}
E apply2(ScalarOp op, const E& a, const E& b) {
  return E::make(op, std::array<E, 2>{a, b});
}
}  // namespace

E operator+(const E& a, const E& b) {
  return apply2(ScalarOp::Add, a, b);
}
E operator-(const E& a, const E& b) {
  return apply2(ScalarOp::Sub, a, b);
}
E operator*(const E& a, const E& b) {
  return apply2(ScalarOp::Mul, a, b);
}
E operator/(const E& a, const E& b) {
  return apply2(ScalarOp::Div, a, b);
}
E operator-(const E& a) {
  return apply1(ScalarOp::Neg, a);
}
E operator<(const E& a, const E& b) {
  return apply2(ScalarOp::Lt, a, b);
}
E operator<=(const E& a, const E& b) {
  return apply2(ScalarOp::Le, a, b);
}
E operator>(const E& a, const E& b) {
  return apply2(ScalarOp::Lt, b, a);
}
E operator>=(const E& a, const E& b) {
  return apply2(ScalarOp::Le, b, a);
}
E equal(const E& a, const E& b) {
  return apply2(ScalarOp::Eq, a, b);
}
E select(const E& condition, const E& a, const E& b) {
  return E::make(ScalarOp::Select, std::array<E, 3>{condition, a, b});
}
E logical_not(const E& a) {
  return apply1(ScalarOp::Not, a);
}
E logical_and(const E& a, const E& b) {
  return apply2(ScalarOp::And, a, b);
}
E logical_or(const E& a, const E& b) {
  return apply2(ScalarOp::Or, a, b);
}
#define SCALAR_WORD_1(name, text)     \
  E text(const E& a) {                \
    return apply1(ScalarOp::name, a); \
  }
#define SCALAR_WORD_2(name, text)        \
  E text(const E& a, const E& b) {       \
    return apply2(ScalarOp::name, a, b); \
  }
#define SCALAR_OP(name, text, arity, result, host)
#define SCALAR_FUNCTION(name, text, arity, result, host) SCALAR_WORD_##arity(name, text)
#include "ir/scalar_ops.def"
#undef SCALAR_OP
#undef SCALAR_WORD_1
#undef SCALAR_WORD_2
}  // namespace scalar_dsl

}  // namespace lathe::ir
