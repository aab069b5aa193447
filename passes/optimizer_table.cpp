#include "passes/optimizer_table.h"

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
  Writer(std::string_view name, const Attrs& attrs, const Attrs& defaults)
      : reader(attrs, "", defaults) {
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

  void read_common() {
    CommonArguments& c = steps_.common;
    reader.mark_common();
    c.weight_decay = reader.real("weight_decay", 0, 0, kInfinity);
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

  OptimizerRow row_;
  OptimizerSteps steps_;
  int old_ = -1;
};

/// -1, 0 or 1; NaN stays.
[[maybe_unused]] ScalarExpr sign(const ScalarExpr& x) {
  using namespace ir::scalar_dsl;
  return select(x > E(0.0), E(1.0), select(x < E(0.0), E(-1.0), x));
}

// Each row is a function that runs a Writer. `rank` is that of the weight.
#define REAL(name, fallback, low, high)                               \
  const double name = writer.reader.real(#name, fallback, low, high); \
  (void)name;
#define REAL_BELOW(name, fallback, low, high)                               \
  const double name = writer.reader.real_below(#name, fallback, low, high); \
  (void)name;
#define FLAG(name, fallback)                             \
  const bool name = writer.reader.flag(#name, fallback); \
  (void)name;
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
  void run_##name(Writer& writer, [[maybe_unused]] int rank) {                                \
    using namespace ir::scalar_dsl;                                                           \
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

using RunFn = void (*)(Writer&, int rank);

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
      Writer writer(e.name, none, e.defaults);
      e.run(writer, 2);
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

OptimizerSteps optimizer_steps(const Attrs& attrs, int rank) {
  const Entry& entry = checked_entry(attrs);
  Writer writer(entry.name, attrs, entry.defaults);
  entry.run(writer, rank);
  return writer.take_steps();
}

double optimizer_learning_rate(const Attrs& attrs) {
  checked_entry(attrs);
  const OptimizerRow* row = find_optimizer(attrs.word("optimizer"));
  return attrs.real("learning_rate", std::get<double>(row->hyperparameters.at(0).default_value));
}

}  // namespace lathe::passes
