#include "passes/schedule_table.h"

#include <algorithm>
#include <numbers>

#include "ir/error.h"
#include "passes/scalar_power.h"

namespace lathe::passes {

using ir::Attrs;
using ir::ScalarExpr;

namespace {

constexpr double kInfinity = HyperparameterReader::kInfinity;
constexpr double kPi = std::numbers::pi;
constexpr const char* kPrefix = "schedule.";

/// The same as power(), for rows with a hyperparameter of that name.
ScalarExpr to_the(const ScalarExpr& base, double e) {
  return power(base, e);
}

ScalarExpr piecewise(const ScalarExpr& step, const std::vector<double>& boundaries,
                     const std::vector<double>& values) {
  using namespace ir::scalar_dsl;
  if (values.size() <= boundaries.size()) return {0.0};  // nothing is given, or CHECK refuses it
  E rate(values.back());
  for (size_t i = boundaries.size(); i-- > 0;)
    rate = select(step <= E(boundaries[i]), E(values[i]), rate);
  return rate;
}

std::string count(const std::vector<double>& list) {
  return std::to_string(list.size());
}

bool ascends(const std::vector<double>& list) {
  return std::ranges::is_sorted(list, std::less_equal<>());
}

/// Runs a row.
struct Writer {
  HyperparameterReader reader;
  ScheduleRow row;
  double initial = 0;
  ScalarExpr rate;
  std::string wrong;  ///< what the first CHECK that does not hold says

  void describe(const std::string& text) {
    row.formula += (row.formula.empty() ? "" : "; ") + text;
  }
};

// Each row is a function that runs a Writer.
#define NEEDED(name, low, high) const double name = writer.reader.needed(#name, low, high);
#define NEEDED_REALS(name, low, high) \
  const std::vector<double> name = writer.reader.needed_reals(#name, low, high);
#define CHECK(condition, text) \
  if (!(condition) && writer.wrong.empty()) writer.wrong = text;
#define REAL(name, fallback, low, high) \
  const double name = writer.reader.real(#name, fallback, low, high);
#define FLAG(name, fallback) const bool name = writer.reader.flag(#name, fallback);
#define LET(name, value)                 \
  [[maybe_unused]] const E name = value; \
  writer.describe(#name " = " #value);
#define SCHEDULE(name, statements, value)                   \
  void run_##name(Writer& writer) {                         \
    using namespace ir::scalar_dsl;                         \
    [[maybe_unused]] const E step = E::arg(0);              \
    [[maybe_unused]] const double initial = writer.initial; \
    statements writer.rate = value;                         \
    writer.describe("rate = " #value);                      \
  }
#define VARIANT(name, base)
#include "passes/schedules.def"
#undef SCHEDULE
#undef VARIANT

using RunFn = void (*)(Writer&);

struct Entry {
  const char* name;
  RunFn run;
};
constexpr Entry kEntries[] = {
#define SCHEDULE(name, statements, value) {#name, run_##name},
#define VARIANT(name, base) {#name, run_##base},
#include "passes/schedules.def"
#undef SCHEDULE
#undef VARIANT
};

/// The rate of the row that `attrs` names, with everything that it gives checked.
ScalarExpr checked_rate(const Attrs& attrs, double initial) {
  const std::string name = attrs.word("schedule");
  const ScheduleRow* row = find_schedule(name);
  if (!row) {
    std::string names;
    for (const Entry& e : kEntries) names += (names.empty() ? "" : ", ") + std::string(e.name);
    throw Error("there is no schedule '" + name + "'; there is " + names);
  }
  const std::string where = "schedule '" + name + "'";
  check_hyperparameters(row->hyperparameters, attrs, kPrefix, {}, where);
  Writer writer{HyperparameterReader(attrs, kPrefix), {}, initial, {}, {}};
  kEntries[row - schedule_table().data()].run(writer);
  if (!writer.wrong.empty()) throw Error(where + ": " + writer.wrong);
  return std::move(writer.rate);
}

}  // namespace

std::span<const ScheduleRow> schedule_table() {
  static const std::vector<ScheduleRow> table = [] {
    std::vector<ScheduleRow> rows;
    for (const Entry& e : kEntries) {
      const Attrs none;
      Writer writer{HyperparameterReader(none, kPrefix), {}, 0, {}, {}};
      e.run(writer);
      writer.row.name = e.name;
      writer.row.hyperparameters = writer.reader.declared();
      rows.push_back(std::move(writer.row));
    }
    return rows;
  }();
  return table;
}

const ScheduleRow* find_schedule(std::string_view name) {
  for (const ScheduleRow& row : schedule_table())
    if (row.name == name) return &row;
  return nullptr;
}

bool has_schedule(const Attrs& attrs) {
  return attrs.has("schedule");
}

void check_schedule(const Attrs& attrs) {
  if (has_schedule(attrs)) {
    checked_rate(attrs, 0);
    return;
  }
  for (const auto& [name, value] : attrs)
    if (name.starts_with(kPrefix)) throw Error("'" + name + "' is given without a schedule");
}

ScalarExpr schedule_rate(const Attrs& attrs, double initial) {
  if (!has_schedule(attrs)) return {initial};
  return checked_rate(attrs, initial);
}

}  // namespace lathe::passes
