#include "passes/logits.h"

#include <algorithm>

#include "ir/elementwise.h"
#include "ir/error.h"
#include "passes/rewrite.h"

namespace lathe::passes {

using namespace ir;

namespace {

constexpr double kMostClip = 1.2e-7;  // f32's epsilon; a clip that cuts more is meant as one
constexpr size_t kMostNodes = 64;     // of a composed expression: those in question are far smaller

const ScalarExpr& row(const char* name) {
  return find_elementwise(name)->expr;
}

bool is_sigmoid(const Op& op) {
  return op.kind == OpKind::Map && op.fn == row("sigmoid");
}

/// An expression over values, through the maps and constants that they come from.
struct Composed {
  ScalarExpr expr;
  std::vector<ValueId> leaves;  ///< what argument i stands for

  int leaf(ValueId v) {
    const auto at = std::find(leaves.begin(), leaves.end(), v);
    if (at == leaves.end()) return leaves.push_back(v), static_cast<int>(leaves.size()) - 1;
    return static_cast<int>(at - leaves.begin());
  }
};

/// `v` as an expression; sigmoids and all that is not a map are leaves, and so is what is too
/// large.
ScalarExpr compose(const Function& f, ValueId v, Composed& c, int depth = 0) {
  const Op& op = f.op(v);
  if (op.kind == OpKind::Constant && is_float(op.type.dtype))
    return ScalarExpr(op.attrs.real("value", 0));
  if (op.kind != OpKind::Map || is_sigmoid(op) || op.fn.is_truth() || depth > 8)
    return ScalarExpr::arg(c.leaf(v));
  std::vector<ScalarExpr> args;
  size_t nodes = op.fn.nodes().size();
  for (ValueId operand : op.operands) {
    args.push_back(compose(f, operand, c, depth + 1));
    nodes += args.back().nodes().size();
  }
  return nodes > kMostNodes ? ScalarExpr::arg(c.leaf(v)) : op.fn.substitute(args);
}

ScalarExpr child(const ScalarExpr& e, int i) {
  return e.at(e.root().operand[i]);
}

/// Takes the clip off `e`, where there is one that is close to none.
bool strip_clip(ScalarExpr& e) {
  const auto& root = e.root();
  if (root.op != ScalarOp::Max && root.op != ScalarOp::Min) return false;
  for (int i = 0; i < 2; ++i) {
    const ScalarExpr bound = child(e, i);
    if (!bound.is_const()) continue;
    const double v = bound.root().value;
    const bool small =
        root.op == ScalarOp::Max ? v >= 0 && v <= kMostClip : v >= 1 - kMostClip && v <= 1;
    if (!small) return false;
    e = child(e, 1 - i);
    return true;
  }
  return false;
}

/// 1 - x becomes x.
bool strip_complement(ScalarExpr& e) {
  if (e.root().op != ScalarOp::Sub || !child(e, 0).is_const(1)) return false;
  e = child(e, 1);
  return true;
}

bool is_row_sum(const Function& f, ValueId sum, ValueId p) {
  const Op& op = f.op(sum);
  return op.kind == OpKind::Reduce && op.operands[0] == p && op.attrs.word("kind") == "sum" &&
         op.attrs.flag("keepdims") &&
         op.attrs.ints("axes") == std::vector<int64_t>{f.op(p).type.rank() - 1};
}

class Rewriter {
 public:
  Rewriter(Module& m, Function& f) : r_(m, f, "logits"), b_(r_.builder()) {}

  bool run();

 private:
  /// The value that is log(`argument`), or kNone where that is not the logarithm of a probability.
  ValueId log_of(const ScalarExpr& argument, const std::vector<ValueId>& operands);
  ValueId log_sigmoid(ValueId z, bool complement);
  ValueId rewrite(const Op& op);

  Rebuild r_;
  Builder& b_;
};

ValueId Rewriter::log_sigmoid(ValueId z, bool complement) {
  return b_.map("log_sigmoid", {complement ? b_.map("neg", {z}) : z});
}

ValueId Rewriter::log_of(const ScalarExpr& argument, const std::vector<ValueId>& operands) {
  const Function& f = r_.made();
  Composed c;
  std::vector<ScalarExpr> args;
  for (ValueId v : operands) args.push_back(compose(f, v, c));
  ScalarExpr e = simplify(argument.substitute(args));
  bool complement = false;
  for (;;) {
    if (strip_clip(e)) continue;
    if (!strip_complement(e)) break;
    complement = !complement;
  }
  if (e.root().op == ScalarOp::Arg) {
    const ValueId p = c.leaves[e.root().arg];
    if (is_sigmoid(f.op(p))) return log_sigmoid(f.op(p).operands[0], complement);
    if (f.op(p).kind == OpKind::Softmax && !complement) return b_.log_softmax(f.op(p).operands[0]);
  }
  if (e.root().op == ScalarOp::Div && !complement) {
    const ScalarExpr above = child(e, 0), below = child(e, 1);
    if (above.root().op != ScalarOp::Arg || below.root().op != ScalarOp::Arg) return kNone;
    const ValueId p = c.leaves[above.root().arg], sum = c.leaves[below.root().arg];
    if (f.op(p).kind == OpKind::Softmax && is_row_sum(f, sum, p))
      return b_.log_softmax(f.op(p).operands[0]);
  }
  return kNone;
}

/// The map with every such logarithm replaced; kNone where it has none.
ValueId Rewriter::rewrite(const Op& op) {
  std::vector<ValueId> operands = op.operands;
  std::vector<ScalarExpr> built;  // node by node, over `operands`
  bool any = false;
  for (const ScalarExpr::Node& n : op.fn.nodes()) {
    if (n.op == ScalarOp::Const) {
      built.emplace_back(n.value);
      continue;
    }
    if (n.op == ScalarOp::Arg) {
      built.push_back(ScalarExpr::arg(n.arg));
      continue;
    }
    std::vector<ScalarExpr> parts;
    for (int i = 0; i < scalar_op_arity(n.op); ++i) parts.push_back(built[n.operand[i]]);
    const ValueId log = n.op == ScalarOp::Log ? log_of(parts[0], operands) : kNone;
    if (log != kNone) {
      any = true;
      built.push_back(ScalarExpr::arg(static_cast<int>(operands.size())));
      operands.push_back(log);
    } else {
      built.push_back(ScalarExpr::make(n.op, parts));
    }
  }
  if (!any) return kNone;
  const ValueId v = b_.map(built.back(), operands);
  return b_.type(v) == op.type ? v : kNone;
}

bool Rewriter::run() {
  bool any = false;
  for (ValueId v : r_.old().body) {
    const Op op = r_.take(v);
    ValueId better = kNone;
    if (op.kind == OpKind::Map && is_float(op.type.dtype)) better = rewrite(op);
    any |= better != kNone;
    r_.set(v, better != kNone ? better : r_.add(op));
  }
  return any && r_.finish(true);
}

bool has_candidate(const Function& f) {
  bool log = false, producer = false;
  for (ValueId v : f.body) {
    const Op& op = f.op(v);
    producer |= op.kind == OpKind::Softmax || is_sigmoid(op);
    if (op.kind != OpKind::Map) continue;
    for (const auto& n : op.fn.nodes()) log |= n.op == ScalarOp::Log;
  }
  return log && producer;
}

}  // namespace

bool use_logits(Module& module, const PassOptions&, Remarks&) {
  bool changed = false;
  for (Function& f : module.functions)
    if (has_candidate(f)) changed |= Rewriter(module, f).run();
  return changed;
}

}  // namespace lathe::passes
