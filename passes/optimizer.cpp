#include "passes/optimizer.h"

#include <algorithm>

#include "ir/error.h"
#include "passes/optimizer_table.h"
#include "passes/rewrite.h"

namespace lathe::passes {

using namespace ir;
using Kind = OptimizerStep::Kind;

namespace {

constexpr DType kScalar = DType::F32;  // of what is computed once a step

StateId need_state(Module& m, const std::string& name, const TensorType& type, const char* role,
                   double initial, const std::string& layer = "") {
  if (const StateId s = m.find_state(name); s != kNone) {
    if (m.states[s].type != type)
      throw Error("state '" + name + "' has type " + m.states[s].type.to_string() +
                  ", but the optimizer needs it as " + type.to_string());
    return s;
  }
  Attrs attrs;
  attrs.set("role", role);
  attrs.set("init", initial == 0 ? "zeros" : "constant");
  if (initial != 0) attrs.set("value", initial);
  if (!layer.empty()) attrs.set("layer", layer);
  m.states.push_back({name, type, std::move(attrs)});
  return static_cast<StateId>(m.states.size()) - 1;
}

/// The updates of one function.
class Expansion {
 public:
  Expansion(Module& m, Function& f) : m_(m), r_(m, f, "optimizer"), b_(r_.builder()) {}

  bool run();

 private:
  void expand(const Op& update);
  /// The values of the arguments that are the same for all weights, once for each set of
  /// attributes.
  std::vector<ValueId>& shared_values(const Attrs& attrs, const OptimizerSteps& steps);
  ValueId evaluate(const ScalarExpr& e, const std::vector<ValueId>& values, DType dtype);
  ValueId time();

  Module& m_;
  Rebuild r_;
  Builder& b_;
  std::vector<std::pair<Attrs, std::vector<ValueId>>> shared_;
  ValueId next_iteration_ = kNone, time_ = kNone;
};

ValueId Expansion::evaluate(const ScalarExpr& e, const std::vector<ValueId>& values, DType dtype) {
  std::vector<ValueId> operands;
  std::vector<ScalarExpr> arguments(e.arity());
  for (int i = 0; i < e.arity(); ++i) {
    if (!e.uses(i)) continue;
    arguments[i] = ScalarExpr::arg(static_cast<int>(operands.size()));
    const ValueId v = values.at(i);
    LATHE_CHECK(v != kNone, "a row of optimizers.def uses a value that it has not made");
    operands.push_back(b_.convert(v, dtype));
  }
  if (operands.empty()) return b_.constant(e.evaluate({}), dtype);
  return b_.map(e.substitute(arguments), std::move(operands));
}

ValueId Expansion::time() {
  if (time_ == kNone) time_ = b_.convert(next_iteration_, kScalar);
  return time_;
}

std::vector<ValueId>& Expansion::shared_values(const Attrs& attrs, const OptimizerSteps& steps) {
  for (auto& [key, values] : shared_)
    if (key == attrs) return values;
  b_.set_layer("");
  std::vector<ValueId> values(steps.arguments, kNone);
  const StateId rate =
      need_state(m_, "learning_rate", {kScalar, {}}, "rate", optimizer_learning_rate(attrs));
  values[OptimizerSteps::Rate] = b_.state(rate);
  if (next_iteration_ == kNone) {
    const StateId counter = need_state(m_, "iterations", {DType::I64, {}}, "counter", 0);
    next_iteration_ = b_.map(ScalarExpr::parse("(add a0 1)"), {b_.state(counter)});
    b_.assign(counter, next_iteration_);
  }
  for (const OptimizerStep& step : steps.steps) {
    if (step.kind == Kind::Slot) continue;
    if (step.value.uses(OptimizerSteps::Time)) values[OptimizerSteps::Time] = time();
    if (step.kind == Kind::Carried) {
      const StateId s =
          need_state(m_, "optimizer." + step.name, {kScalar, {}}, "slot", step.initial);
      values[step.old] = b_.state(s);
      values[step.result] = evaluate(step.value, values, kScalar);
      b_.assign(s, values[step.result]);
    } else {
      values[step.result] = evaluate(step.value, values, kScalar);
    }
  }
  shared_.emplace_back(attrs, std::move(values));
  return shared_.back().second;
}

void Expansion::expand(const Op& update) {
  Attrs attrs = update.attrs;
  attrs.erase("layer");
  const OptimizerSteps steps = optimizer_steps(attrs);
  const std::string layer = b_.layer();
  std::vector<ValueId> values = shared_values(attrs, steps);
  b_.set_layer(layer);
  const std::string name = m_.states[update.state].name;
  const TensorType type = m_.states[update.state].type;
  values[OptimizerSteps::Weight] = b_.state(update.state);
  values[OptimizerSteps::Gradient] = update.operands.at(0);
  const auto uses_time = [](const ScalarExpr& e) { return e.uses(OptimizerSteps::Time); };
  if (uses_time(steps.weight) ||
      std::any_of(steps.steps.begin(), steps.steps.end(),
                  [&](const OptimizerStep& s) { return uses_time(s.value); }))
    values[OptimizerSteps::Time] = time();
  for (const OptimizerStep& step : steps.steps) {
    if (step.kind != Kind::Slot) continue;
    const StateId slot = need_state(m_, name + "." + step.name, type, "slot", step.initial,
                                    m_.states[update.state].attrs.word("layer"));
    values[step.old] = b_.state(slot);
    values[step.result] = evaluate(step.value, values, type.dtype);
    b_.assign(slot, values[step.result]);
  }
  b_.assign(update.state, evaluate(steps.weight, values, type.dtype));
}

bool Expansion::run() {
  const Function& old = r_.old();
  for (ValueId v : old.body) {
    const Op op = r_.take(v);
    if (op.kind == OpKind::Update)
      expand(op);
    else
      r_.set(v, r_.add(op));
  }
  return r_.finish();
}

}  // namespace

bool expand_optimizers(Module& module, const PassOptions&, Remarks&) {
  bool changed = false;
  for (Function& f : module.functions) {
    const bool any = std::any_of(f.body.begin(), f.body.end(),
                                 [&](ValueId v) { return f.op(v).kind == OpKind::Update; });
    if (any) changed |= Expansion(module, f).run();
  }
  return changed;
}

}  // namespace lathe::passes
