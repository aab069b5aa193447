#include "tests/ir/random_module.h"

#include <limits>

#include "ir/builder.h"
#include "ir/error.h"
#include "tests/ir/random_numbers.h"
#include "tests/ir/random_ops.h"

namespace lathe::ir {

namespace {

Attr random_attr(Random& r) {
  static const std::vector<std::string> kWords = {
      "glorot_uniform", "a.b-c", "true", "inf", "", "two words", "quote\" \\ \n\t", "\xc3\xa4\xff"};
  switch (r.below(7)) {
    case 0:
      return r.chance(50);
    case 1:
      return static_cast<int64_t>(r.bits()) >> r.below(64);
    case 2:
      return r.pick(std::vector<double>{0.1, -0.0, 1, 1e300, 5e-324, r.real(),
                                        std::numeric_limits<double>::infinity(),
                                        std::numeric_limits<double>::quiet_NaN()});
    case 3:
      return r.pick(kWords);
    case 4: {
      std::vector<int64_t> v(r.below(3));
      for (int64_t& i : v) i = r.below(100) - 50;
      return v;
    }
    case 5: {
      std::vector<std::string> v(r.below(3));
      for (std::string& w : v) w = r.pick(kWords);
      return v;
    }
    default: {
      std::vector<double> v(r.below(3));
      for (double& i : v) i = r.real();
      return v;
    }
  }
}

/// Parameters, ops, effects and outputs of a function.
class FunctionMaker {
 public:
  FunctionMaker(Random& r, Module& m, Function& f, const std::vector<int64_t>& sizes,
                const Attrs& optimizer)
      : r_(r), b_(m, f), f_(f), m_(m), ops_(r, b_, m, f, sizes), optimizer_(optimizer) {}

  void run() {
    params();
    const int64_t count = 3 + r_.below(25);
    for (int64_t i = 0; i < count; ++i) try {
        ops_.add();
      } catch (const Error&) {  // the shapes did not fit: another one
      }
    effects();
    outputs();
    names();
  }

 private:
  void params() {
    ops_.keep(b_.param("x", {DType::F32, {Dim::batch(), columns()}}), 3);
    const ValueId labels =
        b_.param("labels", {r_.chance(50) ? DType::I32 : DType::U8, {Dim::batch()}});
    ops_.keep(labels, 3);
    ops_.set_labels(labels);
    if (r_.chance(30)) {
      const ValueId data =
          b_.param("data", {r_.chance(50) ? DType::U8 : DType::F32, {Dim::rows(), ops_.dim()}});
      ops_.set_data(data, b_.param("index", {DType::I32, {Dim::batch()}}));
    }
    for (int64_t i = r_.below(3); i > 0; --i)
      ops_.keep(b_.param("p" + std::to_string(i), {ops_.float_type(), ops_.shape()}), 3);
    for (size_t s = 0; s < m_.states.size(); ++s)
      if (m_.states[s].type.dtype != DType::I64) ops_.keep(b_.state(static_cast<StateId>(s)), 3);
  }

  /// Often as many as the first matrix has rows, so that there is something to multiply.
  Dim columns() {
    const Shape& first = m_.states[0].type.shape;
    return first.size() == 2 && r_.chance(60) ? first[0] : ops_.dim();
  }

  bool is_trainable(StateId s) const { return m_.states[s].attrs.flag("trainable"); }

  /// A value of the state's type: one that there is, or the state with something done to it.
  ValueId value_for(StateId s) {
    const TensorType& t = m_.states[s].type;
    for (ValueId v : ops_.pool())
      if (b_.type(v) == t && f_.op(v).kind != OpKind::State && r_.chance(70)) return v;
    if (!is_float(t.dtype)) return b_.map(ScalarExpr::parse("(add a0 1)"), {b_.state(s)});
    return b_.map(ScalarExpr::parse("(mul a0 0.5)"), {b_.state(s)});
  }

  void effects() {
    b_.set_layer("");
    const bool minimize = r_.chance(40), update = !minimize && r_.chance(20);
    for (size_t i = 0; i < m_.states.size(); ++i) {
      const auto s = static_cast<StateId>(i);
      if ((minimize || update) && is_trainable(s)) {
        if (update) b_.update(s, value_for(s), optimizer_);
        continue;
      }
      if (r_.chance(40)) b_.assign(s, value_for(s));
    }
    if (!minimize) return;
    ValueId loss = ops_.real();
    if (const int rank = b_.type(loss).rank(); rank > 0) {
      std::vector<int64_t> axes(rank);
      for (int i = 0; i < rank; ++i) axes[i] = i;
      loss = b_.reduce("mean", loss, axes);
    }
    ops_.keep(loss, 1);
    b_.minimize(loss, optimizer_);
  }

  void outputs() {
    for (int64_t i = 1 + r_.below(3); i > 0; --i) b_.output("out" + std::to_string(i), ops_.any());
    if (r_.chance(40)) f_.attrs.set("note", random_attr(r_));
  }

  void names() {
    int n = 0;
    for (ValueId id : f_.body)
      if (const OpKind k = f_.op(id).kind;
          r_.chance(20) && k != OpKind::Assign && k != OpKind::Update && k != OpKind::Minimize)
        f_.op(id).name = (r_.chance(50) ? "v." : "v-") + std::to_string(n++);
  }

  Random& r_;
  Builder b_;
  Function& f_;
  Module& m_;
  RandomOps ops_;
  const Attrs& optimizer_;
};

/// What a module's states are trained with: one for all of its functions, as a model has it.
Attrs random_optimizer(Random& r) {
  Attrs a;
  a.set("optimizer", r.pick(std::vector<std::string>{"sgd", "sgd", "rmsprop", "adagrad", "adam"}));
  if (r.chance(30)) a.set("learning_rate", 0.05);
  if (a.word("optimizer") == "sgd" && r.chance(40)) {
    a.set("momentum", 0.9);
    if (r.chance(50)) a.set("nesterov", true);
  }
  switch (r.below(6)) {
    case 0:
      a.set("schedule", "exponential_decay");
      a.set("schedule.decay_steps", 4.0);
      a.set("schedule.decay_rate", 0.5);
      if (r.chance(50)) a.set("schedule.staircase", true);
      break;
    case 1:
      a.set("schedule", "piecewise_constant");
      a.set("schedule.boundaries", std::vector<double>{1, 3});
      a.set("schedule.values", std::vector<double>{0.1, 0.05, 0.01});
      break;
    default:  // a constant rate
      break;
  }
  return a;
}

}  // namespace

Module random_module(uint64_t seed, const std::vector<int64_t>& sizes) {
  Random r(seed);
  Module m;
  m.name = "random" + std::to_string(seed);
  if (r.chance(50)) m.attrs.set("lathe", 1);
  const auto state = [&](std::string name, TensorType type) -> State& {
    m.states.push_back({std::move(name), std::move(type), {}});
    return m.states.back();
  };
  const auto size = [&]() -> Dim { return sizes.empty() ? 1 + r.below(5) : r.pick(sizes); };
  for (int64_t i = 1 + r.below(3); i > 0; --i) {
    const DType type = r.chance(80) ? DType::F32 : DType::F64;
    Shape shape = {size(), size()};
    if (r.chance(30)) shape.pop_back();
    State& s = state("w" + std::to_string(i), {type, shape});
    if (r.chance(70)) s.attrs.set("trainable", true);
    s.attrs.set("init", "zeros");
    if (r.chance(30)) s.attrs.set("note", random_attr(r));
  }
  state("step", {DType::I64, {}}).attrs.set("role", "counter");
  static const char* const kNames[] = {"predict", "train_step", "evaluate"};
  const Attrs optimizer = random_optimizer(r);
  const int64_t functions = 1 + r.below(3);
  for (int64_t i = 0; i < functions; ++i) {
    Function& f = m.functions.emplace_back();
    f.name = kNames[i];
    FunctionMaker(r, m, f, sizes, optimizer).run();
  }
  return m;
}

}  // namespace lathe::ir
