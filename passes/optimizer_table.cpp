#include "passes/optimizer_table.h"

#include <algorithm>

#include "ir/error.h"
#include "passes/scalar_power.h"
#include "passes/schedule_table.h"

namespace lathe::passes {

using ir::Attrs;
using ir::ScalarExpr;

namespace {

constexpr double kInfinity = HyperparameterReader::kInfinity;

/// Runs a row: reads hyperparameters from attributes, collects its steps and, as a by-product, what
/// the table says of it.
class Writer {
 public:
  Writer(std::string_view name, const Attrs& attrs, const Attrs& defaults,
         const UpdatedWeight& weight)
      : reader(attrs, "", defaults), weight_(weight) {
    row_.name = name;
  }

  HyperparameterReader reader;

  ScalarExpr arg(int n) const { return ScalarExpr::arg(n); }

  /// The value at entry of what a step keeps in a state.
  ScalarExpr old(bool exists) {
    if (!exists) return {};
    return ScalarExpr::arg(old_ = steps_.arguments++);
  }
  ScalarExpr add(OptimizerStep::Kind kind, const char* name, ScalarExpr value,
                 WeightAxes axes = WeightAxes::None) {
    return add({kind, name, 0, -1, steps_.arguments++, std::move(value), axes});
  }
  ScalarExpr keep(OptimizerStep::Kind kind, const char* name, double initial, ScalarExpr next,
                  WeightAxes axes = WeightAxes::None) {
    return add({kind, name, initial, old_, steps_.arguments++, std::move(next), axes});
  }
  void weight(ScalarExpr value) { steps_.weight = std::move(value); }

  int rank() const { return static_cast<int>(weight_.shape.size()); }
  ScalarExpr longest() const {
    int64_t most = 1;
    for (int64_t size : weight_.shape) most = std::max(most, size);
    return static_cast<double>(most);
  }
  bool named(const std::vector<std::string>& parts) const {
    std::string small = weight_.name;
    for (char& c : small) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return std::any_of(parts.begin(), parts.end(), [&](const std::string& part) {
      return weight_.name.find(part) != std::string::npos || small.find(part) != std::string::npos;
    });
  }
  double own_decay(double fallback) {
    own_decay_ = true;
    return reader.real("weight_decay", fallback, 0, kInfinity);
  }
  void decays(double value) { steps_.common.weight_decay = value; }

  /// As optimizers.def says. Products of a matrix with its transpose are of the shorter side, and
  /// symmetric to the bit.
  ScalarExpr newton_schulz(const char* name, ScalarExpr value, int64_t count, double a, double b,
                           double c) {
    using Kind = OptimizerStep::Kind;
    using namespace ir::scalar_dsl;
    const bool tall = weight_.shape.at(0) > weight_.shape.at(1);
    E x = add(Kind::Local, name, std::move(value));
    for (int64_t i = 0; i < count; ++i) {
      const E s = product(name, x, x, tall, !tall);
      const E factor = add(Kind::Local, name, b * s + c * product(name, s, s));
      x = add(Kind::Local, name,
              a * x + (tall ? product(name, x, factor) : product(name, factor, x)));
    }
    return x;
  }

  void read_common() {
    CommonArguments& c = steps_.common;
    reader.mark_common();
    if (!own_decay_) c.weight_decay = reader.real("weight_decay", 0, 0, kInfinity);
    c.clipnorm = reader.real("clipnorm", 0, 0, kInfinity);
    c.clipvalue = reader.real("clipvalue", 0, 0, kInfinity);
    c.global_clipnorm = reader.real("global_clipnorm", 0, 0, kInfinity);
    c.use_ema = reader.flag("use_ema", false);
    c.ema_momentum = reader.real("ema_momentum", 0.99, 0, 1);
    c.ema_overwrite_frequency = reader.integer("ema_overwrite_frequency", 0, 0);
    c.gradient_accumulation_steps = reader.integer("gradient_accumulation_steps", 0, 0);
    row_.hyperparameters = reader.declared();
  }

  void describe(const std::string& variable, const std::string& value) {
    if (!row_.formula.empty()) row_.formula += "; ";
    row_.formula += variable + " = " + value;
  }

  const OptimizerRow& row() const { return row_; }
  OptimizerSteps take_steps() { return std::move(steps_); }

 private:
  ScalarExpr add(OptimizerStep step) {
    const int result = step.result;
    steps_.steps.push_back(std::move(step));
    return ScalarExpr::arg(result);
  }

  /// Of two arguments.
  ScalarExpr product(const char* name, const ScalarExpr& left, const ScalarExpr& right,
                     bool transpose_left = false, bool transpose_right = false) {
    OptimizerStep step;
    step.kind = OptimizerStep::Kind::Product;
    step.name = name;
    step.result = steps_.arguments++;
    step.left = left.root().arg;
    step.right = right.root().arg;
    step.transpose_left = transpose_left;
    step.transpose_right = transpose_right;
    return add(std::move(step));
  }

  UpdatedWeight weight_;
  OptimizerRow row_;
  OptimizerSteps steps_;
  int old_ = -1;
  bool own_decay_ = false;
};

/// -1, 0 or 1; NaN stays.
[[maybe_unused]] ScalarExpr sign(const ScalarExpr& x) {
  using namespace ir::scalar_dsl;
  return select(x > E(0.0), E(1.0), select(x < E(0.0), E(-1.0), x));
}

// Each row is a function that runs a Writer.
#define REAL(name, fallback, low, high)                               \
  const double name = writer.reader.real(#name, fallback, low, high); \
  (void)name;
#define REAL_BELOW(name, fallback, low, high)                               \
  const double name = writer.reader.real_below(#name, fallback, low, high); \
  (void)name;
#define FLAG(name, fallback)                             \
  const bool name = writer.reader.flag(#name, fallback); \
  (void)name;
#define INTEGER(name, fallback, low, high)                                \
  const int64_t name = writer.reader.integer(#name, fallback, low, high); \
  (void)name;
#define WORDS(name)                                                 \
  const std::vector<std::string> name = writer.reader.words(#name); \
  (void)name;
#define WEIGHT_DECAY(fallback, value)                     \
  const double weight_decay = writer.own_decay(fallback); \
  writer.decays(value);
#define CHOICE(name, condition)       \
  const bool name = condition;        \
  writer.describe(#name, #condition); \
  (void)name;
#define NEWTON_SCHULZ(name, when, value, count, a, b, c)               \
  E name;                                                              \
  if (when) name = writer.newton_schulz(#name, value, count, a, b, c); \
  writer.describe(#name, "newton_schulz(" #value ")");
#define SCALAR(name, value)                                             \
  const E name = writer.add(OptimizerStep::Kind::Scalar, #name, value); \
  writer.describe(#name, #value);                                       \
  (void)name;
#define LOCAL(name, value)                                             \
  const E name = writer.add(OptimizerStep::Kind::Local, #name, value); \
  writer.describe(#name, #value);                                      \
  (void)name;
#define CARRIED(name, initial, next)                                      \
  const E name##_old = writer.old(true);                                  \
  E name = name##_old;                                                    \
  name = writer.keep(OptimizerStep::Kind::Carried, #name, initial, next); \
  writer.describe(#name, #next);                                          \
  (void)name##_old;
#define SLOT(name, state, when, initial, next) SLOT_OVER(name, state, None, when, initial, next)
#define SLOT_OVER(name, state, axes, when, initial, next)                                   \
  const E name##_old = writer.old(when);                                                    \
  E name = name##_old;                                                                      \
  if (when)                                                                                 \
    name = writer.keep(OptimizerStep::Kind::Slot, #state, initial, next, WeightAxes::axes); \
  writer.describe(#name, #next);                                                            \
  (void)name##_old;
#define SUM(name, axes, when, value)                                                     \
  E name;                                                                                \
  if (when) name = writer.add(OptimizerStep::Kind::Sum, #name, value, WeightAxes::axes); \
  writer.describe(#name, "sum(" #value ")");
#define MEAN(name, axes, when, value)                                                     \
  E name;                                                                                 \
  if (when) name = writer.add(OptimizerStep::Kind::Mean, #name, value, WeightAxes::axes); \
  writer.describe(#name, "mean(" #value ", " #axes ")");
#define OPTIMIZER(name, rate, steps, new_weight)                                              \
  void run_##name(Writer& writer) {                                                           \
    using namespace ir::scalar_dsl;                                                           \
    [[maybe_unused]] const int rank = writer.rank();                                          \
    [[maybe_unused]] const E longest = writer.longest();                                      \
    [[maybe_unused]] const auto named = [&](const std::vector<std::string>& parts) {          \
      return writer.named(parts);                                                             \
    };                                                                                        \
    writer.reader.real("learning_rate", rate, 0, kInfinity);                                  \
    const E w = writer.arg(OptimizerSteps::Weight), g = writer.arg(OptimizerSteps::Gradient); \
    const E lr = writer.arg(OptimizerSteps::Rate), t = writer.arg(OptimizerSteps::Time);      \
    (void)w, (void)g, (void)lr, (void)t;                                                      \
    steps writer.weight(new_weight);                                                          \
    writer.describe("w", #new_weight);                                                        \
    writer.read_common();                                                                     \
  }
#define VARIANT(name, base, defaults)
#include "passes/optimizers.def"
#undef OPTIMIZER
#undef VARIANT

using RunFn = void (*)(Writer&);

struct Entry {
  const char* name;
  RunFn run;
  Attrs defaults;  ///< instead of the row's own
};

const std::vector<Entry>& entries() {
  static const std::vector<Entry> list = [] {
    std::vector<Entry> all;
#define DEFAULT(name, value) all.back().defaults.set(#name, value);
#define OPTIMIZER(name, rate, steps, new_weight) all.push_back({#name, run_##name, {}});
#define VARIANT(name, base, changes)      \
  all.push_back({#name, run_##base, {}}); \
  changes
#include "passes/optimizers.def"
#undef OPTIMIZER
#undef VARIANT
#undef DEFAULT
    return all;
  }();
  return list;
}

std::string known_names() {
  std::string names;
  for (const Entry& e : entries()) names += (names.empty() ? "" : ", ") + std::string(e.name);
  return names;
}

/// The entry that `attrs` names, with everything that it gives checked.
const Entry& checked_entry(const Attrs& attrs) {
  const std::string name = attrs.word("optimizer");
  const OptimizerRow* row = find_optimizer(name);
  if (!row) throw Error("there is no optimizer '" + name + "'; there is " + known_names());
  const std::string where = "optimizer '" + name + "'";
  check_hyperparameters(row->hyperparameters, attrs, "", {"optimizer", "layer", "schedule"}, where);
  std::string clips;
  for (const char* clip : {"clipnorm", "clipvalue", "global_clipnorm"})
    if (attrs.real(clip, 0) > 0) clips += (clips.empty() ? "'" : "' and '") + std::string(clip);
  if (clips.find(" and ") != clips.npos)
    throw Error(where + ": " + clips + "' are given, but a gradient is clipped one way only");
  for (const char* of_ema : {"ema_momentum", "ema_overwrite_frequency"})
    if (attrs.has(of_ema) && !attrs.flag("use_ema", false))
      throw Error(where + ": '" + of_ema + "' is given without 'use_ema = true'");
  if (attrs.real("gradient_accumulation_steps", 0) == 1)
    throw Error(where + ": 'gradient_accumulation_steps' must be at least 2, or 0 for none, not 1");
  check_schedule(attrs);
  return entries()[row - optimizer_table().data()];
}

}  // namespace

std::span<const OptimizerRow> optimizer_table() {
  static const std::vector<OptimizerRow> table = [] {
    std::vector<OptimizerRow> rows;
    for (const Entry& e : entries()) {
      const Attrs none;
      Writer writer(e.name, none, e.defaults, {});
      e.run(writer);
      rows.push_back(writer.row());
    }
    return rows;
  }();
  return table;
}

const OptimizerRow* find_optimizer(std::string_view name) {
  for (const OptimizerRow& row : optimizer_table())
    if (row.name == name) return &row;
  return nullptr;
}

OptimizerSteps optimizer_steps(const Attrs& attrs, const UpdatedWeight& weight) {
  const Entry& entry = checked_entry(attrs);
  Writer writer(entry.name, attrs, entry.defaults, weight);
  entry.run(writer);
  return writer.take_steps();
}

double optimizer_learning_rate(const Attrs& attrs) {
  checked_entry(attrs);
  const OptimizerRow* row = find_optimizer(attrs.word("optimizer"));
  return attrs.real("learning_rate", std::get<double>(row->hyperparameters.at(0).default_value));
}

}  // namespace lathe::passes
