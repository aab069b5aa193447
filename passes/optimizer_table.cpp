#include "passes/optimizer_table.h"

#include <cmath>
#include <limits>

#include "ir/error.h"
#include "ir/text_number.h"

namespace lathe::passes {

using ir::Attr;
using ir::Attrs;
using ir::ScalarExpr;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Runs a row: reads hyperparameters from attributes, collects its steps and, as a by-product, what
/// the table says of it.
class Writer {
 public:
  explicit Writer(std::string_view name, const Attrs& attrs) : attrs_(attrs) { row_.name = name; }

  ScalarExpr arg(int n) const { return ScalarExpr::arg(n); }

  double real(const char* name, double fallback, double low, double high) {
    row_.hyperparameters.push_back({name, Attr(fallback), low, high});
    return attrs_.real(name, fallback);
  }
  bool flag(const char* name, bool fallback) {
    row_.hyperparameters.push_back({name, Attr(fallback)});
    return attrs_.flag(name, fallback);
  }

  /// The value at entry of what a step keeps in a state.
  ScalarExpr old(bool exists) {
    if (!exists) return {};
    return ScalarExpr::arg(old_ = steps_.arguments++);
  }
  ScalarExpr scalar(const char* name, ScalarExpr value) {
    return add({OptimizerStep::Kind::Scalar, name, 0, -1, steps_.arguments++, std::move(value)});
  }
  ScalarExpr carried(const char* name, double initial, ScalarExpr next) {
    return add(
        {OptimizerStep::Kind::Carried, name, initial, old_, steps_.arguments++, std::move(next)});
  }
  ScalarExpr slot(const char* state, double initial, ScalarExpr next) {
    return add(
        {OptimizerStep::Kind::Slot, state, initial, old_, steps_.arguments++, std::move(next)});
  }
  void weight(ScalarExpr value) { steps_.weight = std::move(value); }

  void describe(const std::string& variable, const char* value) {
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

  const Attrs& attrs_;
  OptimizerRow row_;
  OptimizerSteps steps_;
  int old_ = -1;
};

/// base to the power e, base > 0.
[[maybe_unused]] ScalarExpr power(double base, const ScalarExpr& e) {
  using namespace ir::scalar_dsl;
  return exp(e * E(std::log(base)));
}

// Each row is a function that runs a Writer.
#define REAL(name, fallback, low, high)                        \
  const double name = writer.real(#name, fallback, low, high); \
  (void)name;
#define FLAG(name, fallback)                      \
  const bool name = writer.flag(#name, fallback); \
  (void)name;
#define SCALAR(name, value)                   \
  const E name = writer.scalar(#name, value); \
  writer.describe(#name, #value);             \
  (void)name;
#define CARRIED(name, initial, next)           \
  E name = writer.old(true);                   \
  name = writer.carried(#name, initial, next); \
  writer.describe(#name, #next);
#define SLOT(name, state, when, initial, next)         \
  E name = writer.old(when);                           \
  if (when) name = writer.slot(#state, initial, next); \
  writer.describe(#name, #next);
#define OPTIMIZER(name, rate, steps, new_weight)                                              \
  void run_##name(Writer& writer) {                                                           \
    using namespace ir::scalar_dsl;                                                           \
    writer.real("learning_rate", rate, 0, kInfinity);                                         \
    const E w = writer.arg(OptimizerSteps::Weight), g = writer.arg(OptimizerSteps::Gradient); \
    const E lr = writer.arg(OptimizerSteps::Rate), t = writer.arg(OptimizerSteps::Time);      \
    (void)w, (void)g, (void)lr, (void)t;                                                      \
    steps writer.weight(new_weight);                                                          \
    writer.describe("w", #new_weight);                                                        \
  }
#include "passes/optimizers.def"
#undef OPTIMIZER

using RunFn = void (*)(Writer&);

struct Entry {
  const char* name;
  RunFn run;
};
constexpr Entry kEntries[] = {
#define OPTIMIZER(name, rate, steps, new_weight) {#name, run_##name},
#include "passes/optimizers.def"
#undef OPTIMIZER
};

std::string known_names() {
  std::string names;
  for (const Entry& e : kEntries) names += (names.empty() ? "" : ", ") + std::string(e.name);
  return names;
}

void check(const Hyperparameter& h, const Attr& given, std::string_view optimizer) {
  const std::string where = "optimizer '" + std::string(optimizer) + "': '" + h.name + "' must be ";
  if (std::holds_alternative<bool>(h.default_value)) {
    if (!std::holds_alternative<bool>(given)) throw Error(where + "true or false");
    return;
  }
  double v = 0;
  if (const auto* real = std::get_if<double>(&given))
    v = *real;
  else if (const auto* integer = std::get_if<int64_t>(&given))
    v = static_cast<double>(*integer);
  else
    throw Error(where + "a number, not of type " + std::string(ir::attr_type_name(given)));
  if (!(v >= h.low && v <= h.high) || std::isinf(v))
    throw Error(where +
                (h.high == kInfinity ? "at least " + ir::number_to_text(h.low, false)
                                     : ir::number_to_text(h.low, false) + " to " +
                                           ir::number_to_text(h.high, false)) +
                ", not " + ir::number_to_text(v, false));
}

/// The entry that `attrs` names, with everything that it gives checked.
const Entry& checked_entry(const Attrs& attrs) {
  const std::string name = attrs.word("optimizer");
  const OptimizerRow* row = find_optimizer(name);
  if (!row) throw Error("there is no optimizer '" + name + "'; there is " + known_names());
  for (const auto& [key, value] : attrs) {
    if (key == "optimizer" || key == "layer") continue;
    const Hyperparameter* found = nullptr;
    std::string names;
    for (const Hyperparameter& h : row->hyperparameters) {
      if (h.name == key) found = &h;
      names += (names.empty() ? "" : ", ") + h.name;
    }
    if (!found)
      throw Error("optimizer '" + name + "' has no hyperparameter '" + key + "'; it has " + names);
    check(*found, value, name);
  }
  return kEntries[row - optimizer_table().data()];
}

}  // namespace

std::span<const OptimizerRow> optimizer_table() {
  static const std::vector<OptimizerRow> table = [] {
    std::vector<OptimizerRow> rows;
    for (const Entry& e : kEntries) {
      const Attrs defaults;
      Writer writer(e.name, defaults);
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

OptimizerSteps optimizer_steps(const Attrs& attrs) {
  const Entry& entry = checked_entry(attrs);
  Writer writer(entry.name, attrs);
  entry.run(writer);
  return writer.take_steps();
}

double optimizer_learning_rate(const Attrs& attrs) {
  checked_entry(attrs);
  const OptimizerRow* row = find_optimizer(attrs.word("optimizer"));
  return attrs.real("learning_rate", std::get<double>(row->hyperparameters.at(0).default_value));
}

}  // namespace lathe::passes
