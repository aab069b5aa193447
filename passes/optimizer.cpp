#include "passes/optimizer.h"
#include "passes/constraints.h"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "ir/error.h"
#include "passes/optimizer_table.h"
#include "passes/rewrite.h"
#include "passes/schedule_table.h"

namespace lathe::passes {

using namespace ir;
using namespace scalar_dsl;
using Kind = OptimizerStep::Kind;

namespace {

constexpr DType kScalar = DType::F32;  // of what is computed once a step
const E kA = E::arg(0), kB = E::arg(1), kC = E::arg(2);

StateId need_state(Module& m, const std::string& name, const TensorType& type, const char* role,
                   double initial, const std::string& layer = "") {
  if (const StateId s = m.find_state(name); s != kNone) {
    if (m.states[s].type != type)
      throw Error("state '" + name + "' has type " + m.states[s].type.to_string() +
                  ", but the optimizer needs it as " + type.to_string());
    if (m.states[s].attrs.word("role") != role || m.states[s].attrs.flag("trainable", false))
      throw Error("state '" + name + "' is the model's own, but the optimizer keeps its " + role +
                  " there: another name, or {role = " + role + "}, is expected");
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

bool uses_time(const OptimizerSteps& steps) {
  return steps.weight.uses(OptimizerSteps::Time) ||
         std::any_of(steps.steps.begin(), steps.steps.end(),
                     [](const OptimizerStep& s) { return s.reads(OptimizerSteps::Time); });
}

/// What is computed once for all weights.
std::vector<OptimizerStep> shared_steps(const OptimizerSteps& steps) {
  std::vector<OptimizerStep> shared;
  std::copy_if(
      steps.steps.begin(), steps.steps.end(), std::back_inserter(shared),
      [](const OptimizerStep& s) { return s.kind == Kind::Scalar || s.kind == Kind::Carried; });
  return shared;
}

/// The attributes that updates of one group have in common.
Attrs group_attrs(const Op& update) {
  Attrs attrs = update.attrs;
  attrs.erase("layer");
  return attrs;
}

/// A module has one %learning_rate and one state of each CARRIED: updates that need another one are
/// refused.
void check_shared_states(const Module& m) {
  struct Settings {
    Attrs attrs;
    std::string weight;
    E rate;
    std::vector<OptimizerStep> shared;
  };
  std::vector<Settings> seen;
  const auto check = [&](const Function& f, const Op& update) {
    Settings s{group_attrs(update), "'%" + m.states[update.state].name + "'", {}, {}};
    if (std::any_of(seen.begin(), seen.end(),
                    [&](const Settings& t) { return t.attrs == s.attrs; }))
      return;
    s.rate = schedule_rate(s.attrs, optimizer_learning_rate(s.attrs));
    s.shared = shared_steps(optimizer_steps(s.attrs));
    for (const Settings& t : seen) {
      const std::string both =
          "function '" + f.name + "': the updates of " + t.weight + " and " + s.weight;
      if (has_schedule(t.attrs) != has_schedule(s.attrs) || t.rate != s.rate)
        throw Error(both + " have different learning rates, but a module has one");
      for (const OptimizerStep& a : t.shared)
        for (const OptimizerStep& b : s.shared)
          if (a.kind == Kind::Carried && b.kind == Kind::Carried && a.name == b.name)
            throw Error(both + " have different settings, but optimizer '" +
                        s.attrs.word("optimizer") + "' keeps one '%optimizer." + a.name +
                        "' for all weights");
    }
    seen.push_back(std::move(s));
  };
  for (const Function& f : m.functions)
    for (ValueId v : f.body)
      if (f.op(v).kind == OpKind::Update) check(f, f.op(v));
}

/// Whether a statement behind `step`, or the new weight, reads argument `arg`.
bool reads_later(const OptimizerSteps& steps, const OptimizerStep* step, int arg) {
  return steps.weight.uses(arg) ||
         std::any_of(steps.steps.begin(), steps.steps.end(),
                     [&](const OptimizerStep& s) { return &s > step && s.reads(arg); });
}

/// The updates of one function.
class Expansion {
 public:
  Expansion(Module& m, Function& f, Remarks& remarks)
      : m_(m), remarks_(remarks), r_(m, f, "optimizer"), b_(r_.builder()) {}

  bool run();

 private:
  /// The updates with the same attributes, and what is computed once for all of them.
  struct Pending {
    StateId weight;
    ValueId gradient;
    std::string layer;
  };
  struct Group {
    Attrs attrs;
    CommonArguments common;
    std::vector<OptimizerStep> shared;  ///< whose values are in `values`
    std::vector<ValueId> values;        ///< by argument of the row
    ValueId updating = kNone;           ///< f32[], 1 in steps that end an accumulation, otherwise 0
    ValueId averaging = kNone;          ///< f32[]: the EMA's momentum in this step
    ValueId overwriting = kNone;    ///< f32[], 1 where the average becomes the weight, otherwise 0
    ValueId gradient_norm = kNone;  ///< of all gradients, for global_clipnorm
    size_t left = 0;                ///< updates still to come
    std::vector<Pending> waiting;   ///< for the norm
  };

  void count_groups();
  Group& group_of(const Op& update);
  void begin(Group& g, const OptimizerSteps& steps);
  void take(const Op& update);
  void expand(Group& g, const Pending& p);
  ValueId clipped(Group& g, ValueId gradient);
  void remark(const Group& g, const Pending& p, const OptimizerSteps& steps);

  ValueId evaluate(const ScalarExpr& e, const std::vector<ValueId>& values, DType dtype);
  ValueId reduced(const OptimizerStep& step, ValueId x, const TensorType& weight);
  ValueId sum_of_squares(ValueId x);
  /// `next` where the group updates, the old value in between.
  ValueId kept(const Group& g, ValueId old, ValueId next);
  ValueId rate(const Attrs& attrs);
  void count_step();

  Module& m_;
  Remarks& remarks_;
  Rebuild r_;
  Builder& b_;
  std::vector<Group> groups_;
  ValueId iterations_ = kNone, next_iteration_ = kNone, rate_ = kNone;
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

ValueId Expansion::reduced(const OptimizerStep& step, ValueId x, const TensorType& weight) {
  const int rank = weight.rank();
  if (rank == 0) return x;
  const std::string kind = step.kind == Kind::Sum ? "sum" : "mean";
  if (step.axes == WeightAxes::All) {
    std::vector<int64_t> axes(rank);
    std::iota(axes.begin(), axes.end(), 0);
    return b_.reduce(kind, b_.broadcast(x, weight.shape), axes);
  }
  return b_.reduce(kind, x, {rank - (step.axes == WeightAxes::Last ? 1 : 2)}, true);
}

ValueId Expansion::sum_of_squares(ValueId x) {
  OptimizerStep sum;
  sum.kind = Kind::Sum;
  sum.axes = WeightAxes::All;
  const TensorType type = b_.type(x);
  return reduced(sum, b_.map(kA * kA, {x}), type);
}

ValueId Expansion::kept(const Group& g, ValueId old, ValueId next) {
  if (g.updating == kNone) return next;
  const ValueId updating = b_.convert(g.updating, b_.type(next).dtype);
  return b_.map(select(kC > E(0.0), kA, kB), {next, old, updating});
}

void Expansion::count_step() {
  if (next_iteration_ != kNone) return;
  const StateId counter = need_state(m_, "iterations", {DType::I64, {}}, "counter", 0);
  iterations_ = b_.state(counter);
  next_iteration_ = b_.map(ScalarExpr::parse("(add a0 1)"), {iterations_});
  b_.assign(counter, next_iteration_);
}

ValueId Expansion::rate(const Attrs& attrs) {
  if (rate_ != kNone) return rate_;
  const double initial = optimizer_learning_rate(attrs);
  const E schedule = schedule_rate(attrs, initial);
  const double first = schedule.evaluate(std::vector<double>{0.0});
  const StateId state = need_state(m_, "learning_rate", {kScalar, {}}, "rate", first);
  if (!has_schedule(attrs)) return rate_ = b_.state(state);
  count_step();
  const ValueId step = b_.convert(iterations_, DType::F64);
  rate_ = schedule.uses(0) ? b_.convert(b_.map(schedule, {step}), kScalar)
                           : b_.constant(first, kScalar);
  b_.assign(state, rate_);
  return rate_;
}

void Expansion::begin(Group& g, const OptimizerSteps& steps) {
  b_.set_layer("");
  g.common = steps.common;
  g.shared = shared_steps(steps);
  g.values.assign(steps.arguments, kNone);
  g.values[OptimizerSteps::Rate] = rate(g.attrs);
  count_step();
  // Updates done before this step, and the number of this one.
  const int64_t every = std::max<int64_t>(g.common.gradient_accumulation_steps, 1);
  const std::string k = std::to_string(every);
  const ValueId done =
      every == 1 ? iterations_ : b_.map(ScalarExpr::parse("(div a0 " + k + ")"), {iterations_});
  const auto update_number = [&] {
    return every == 1 ? next_iteration_ : b_.map(ScalarExpr::parse("(add a0 1)"), {done});
  };
  const auto divides = [&](const std::string& n, ValueId x) {
    const E e = ScalarExpr::parse("(select (eq a0 (mul " + n + " (div a0 " + n + "))) 1 0)");
    return b_.convert(b_.map(e, {x}), kScalar);
  };
  if (every > 1) g.updating = divides(k, next_iteration_);
  if (uses_time(steps)) g.values[OptimizerSteps::Time] = b_.convert(update_number(), kScalar);
  if (g.common.use_ema) {
    // The first average is the weight itself.
    g.averaging = b_.map(select(equal(kA, E(0.0)), E(0.0), E(g.common.ema_momentum)),
                         {b_.convert(done, kScalar)});
    if (g.common.ema_overwrite_frequency > 0)
      g.overwriting = divides(std::to_string(g.common.ema_overwrite_frequency), update_number());
  }
  for (const OptimizerStep& step : steps.steps) {
    if (step.kind == Kind::Carried) {
      const StateId s =
          need_state(m_, "optimizer." + step.name, {kScalar, {}}, "slot", step.initial);
      g.values[step.old] = b_.state(s);
      g.values[step.result] = evaluate(step.value, g.values, kScalar);
      b_.assign(s, kept(g, g.values[step.old], g.values[step.result]));
    } else if (step.kind == Kind::Scalar) {
      g.values[step.result] = evaluate(step.value, g.values, kScalar);
    }
  }
}

void Expansion::remark(const Group& g, const Pending& p, const OptimizerSteps& steps) {
  std::string why;
  const auto add = [&](const std::string& reason) { why += (why.empty() ? "" : "; ") + reason; };
  if (g.common.global_clipnorm > 0) add("global_clipnorm needs the norm of all gradients");
  if (g.common.clipnorm > 0) add("clipnorm needs the norm of the whole gradient");
  std::string sums;
  bool products = false;
  for (const OptimizerStep& s : steps.steps) {
    if (s.kind == Kind::Sum || s.kind == Kind::Mean) sums += (sums.empty() ? "" : ", ") + s.name;
    products |= s.kind == Kind::Product;
  }
  if (const ConstraintRow* row = find_constraint(m_.states[p.weight].attrs.word("constraint"));
      row && row->uses_norm)
    add("constraint " + std::string(row->name) + " needs norms of the updated weight");
  if (!sums.empty()) add(g.attrs.word("optimizer") + " needs sums over the whole weight: " + sums);
  if (products) add(g.attrs.word("optimizer") + " needs matrix products of the whole gradient");
  if (!why.empty())
    remarks_.push_back({"optimizer", r_.old().name, "%" + m_.states[p.weight].name,
                        "the update can't be fused into the gradient's kernel: " + why});
}

ValueId Expansion::clipped(Group& g, ValueId x) {
  const CommonArguments& c = g.common;
  if (c.clipvalue > 0) return b_.map(min(max(kA, E(-c.clipvalue)), E(c.clipvalue)), {x});
  if (c.clipnorm > 0) {
    const E limit(c.clipnorm);
    const ValueId norm = b_.map(sqrt(kA), {sum_of_squares(x)});
    return b_.map(kA * limit / max(kB, limit), {x, norm});
  }
  if (c.global_clipnorm > 0) {
    // Not finite where the norm is not, as in Keras.
    const E limit(c.global_clipnorm);
    const ValueId norm = b_.convert(g.gradient_norm, b_.type(x).dtype);
    const ValueId scale = b_.map(limit * min(E(1.0) / kA, E(1.0) / limit) + (kA - kA), {norm});
    return b_.map(kA * kB, {x, scale});
  }
  return x;
}

void Expansion::expand(Group& g, const Pending& p) {
  const TensorType type = m_.states[p.weight].type;
  const std::string name = m_.states[p.weight].name;
  UpdatedWeight weight{name, {}};
  for (const Dim& d : type.shape) weight.shape.push_back(d.size());
  const OptimizerSteps steps = optimizer_steps(g.attrs, weight);
  const std::string of_layer = m_.states[p.weight].attrs.word("layer");
  const auto slot = [&](const std::string& suffix, const TensorType& t, double initial) {
    return need_state(m_, name + "." + suffix, t, "slot", initial, of_layer);
  };
  b_.set_layer(p.layer);
  remark(g, p, steps);
  LATHE_CHECK(shared_steps(steps) == g.shared,
              "a SCALAR or CARRIED of optimizers.def stands below what depends on the rank");
  std::vector<ValueId> values = g.values;
  values.resize(steps.arguments, kNone);
  const ValueId before = b_.state(p.weight);
  ValueId w = before;
  const double decay = steps.common.weight_decay;
  if (decay > 0 && m_.states[p.weight].attrs.flag("decay", true)) {
    const ValueId lr = b_.convert(g.values[OptimizerSteps::Rate], type.dtype);
    w = b_.map(kA - kA * E(decay) * kB, {w, lr});
  }
  values[OptimizerSteps::Weight] = w;
  values[OptimizerSteps::Gradient] = clipped(g, p.gradient);
  std::vector<std::pair<StateId, ValueId>> last;  // assigns behind all else
  for (const OptimizerStep& step : steps.steps) {
    switch (step.kind) {
      case Kind::Scalar:
      case Kind::Carried:
        break;  // done for all weights
      case Kind::Local:
        values[step.result] = evaluate(step.value, values, type.dtype);
        break;
      case Kind::Sum:
      case Kind::Mean:
        values[step.result] = reduced(step, evaluate(step.value, values, type.dtype), type);
        break;
      case Kind::Product:
        values[step.result] = b_.matmul(values[step.left], values[step.right], step.transpose_left,
                                        step.transpose_right);
        break;
      case Kind::Slot: {
        TensorType t = type;
        if (step.axes != WeightAxes::None)
          t.shape.at(t.rank() - (step.axes == WeightAxes::Last ? 1 : 2)) = Dim(1);
        const StateId s = slot(step.name, t, step.initial);
        values[step.old] = b_.state(s);
        values[step.result] = evaluate(step.value, values, type.dtype);
        const ValueId next = kept(g, values[step.old], values[step.result]);
        // An assign in front of a reader of the old value would have to wait for it when kernels
        // are formed.
        if (reads_later(steps, &step, step.old))
          last.emplace_back(s, next);
        else
          b_.assign(s, next);
        break;
      }
    }
  }
  ValueId next = kept(g, before, evaluate(steps.weight, values, type.dtype));
  for (const auto& [s, value] : last) b_.assign(s, value);
  if (g.common.use_ema) {
    const StateId s = slot("average", type, 0);
    const ValueId momentum = b_.convert(g.averaging, type.dtype);
    const ValueId average = b_.map(kC * kA + (E(1.0) - kC) * kB, {b_.state(s), next, momentum});
    b_.assign(s, average);
    if (g.overwriting != kNone)
      next = b_.map(select(kC > E(0.0), kA, kB),
                    {average, next, b_.convert(g.overwriting, type.dtype)});
  }
  b_.assign(p.weight, apply_constraint(b_, m_.states[p.weight].attrs, next));
}

void Expansion::count_groups() {
  for (ValueId v : r_.old().body)
    if (r_.old().op(v).kind == OpKind::Update) ++group_of(r_.old().op(v)).left;
}

Expansion::Group& Expansion::group_of(const Op& update) {
  const Attrs attrs = group_attrs(update);
  for (Group& g : groups_)
    if (g.attrs == attrs) return g;
  groups_.emplace_back();
  groups_.back().attrs = attrs;
  return groups_.back();
}

void Expansion::take(const Op& update) {
  Group& g = group_of(update);
  Pending p{update.state, update.operands.at(0), b_.layer()};
  if (g.values.empty()) begin(g, optimizer_steps(g.attrs));
  b_.set_layer(p.layer);
  if (const int64_t k = g.common.gradient_accumulation_steps; k > 1) {
    const TensorType type = m_.states[p.weight].type;
    const StateId s = need_state(m_, m_.states[p.weight].name + ".gradient_accumulator", type,
                                 "slot", 0, m_.states[p.weight].attrs.word("layer"));
    const ValueId sum = b_.map(kA + kB, {p.gradient, b_.state(s)});
    const ValueId none = b_.constant(0, type.dtype);
    b_.assign(s, b_.broadcast(kept(g, sum, none), type.shape));
    p.gradient = b_.map(kA / E(static_cast<double>(k)), {sum});
  }
  --g.left;
  if (g.common.global_clipnorm == 0) return expand(g, p);
  g.waiting.push_back(std::move(p));
  if (g.left > 0) return;
  for (const Pending& each : g.waiting) {
    const ValueId square = b_.convert(sum_of_squares(each.gradient), kScalar);
    b_.set_layer("");
    g.gradient_norm =
        g.gradient_norm == kNone ? square : b_.map(kA + kB, {g.gradient_norm, square});
  }
  g.gradient_norm = b_.map(sqrt(kA), {g.gradient_norm});
  for (const Pending& each : g.waiting) expand(g, each);
}

bool Expansion::run() {
  const Function& old = r_.old();
  count_groups();
  for (ValueId v : old.body) {
    const Op op = r_.take(v);
    if (op.kind == OpKind::Update)
      take(op);
    else
      r_.set(v, r_.add(op));
  }
  return r_.finish();
}

}  // namespace

bool expand_optimizers(Module& module, const PassOptions&, Remarks& remarks) {
  check_shared_states(module);
  bool changed = false;
  for (Function& f : module.functions) {
    const bool any = std::any_of(f.body.begin(), f.body.end(),
                                 [&](ValueId v) { return f.op(v).kind == OpKind::Update; });
    if (any) changed |= Expansion(module, f, remarks).run();
  }
  return changed;
}

}  // namespace lathe::passes
