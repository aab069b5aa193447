#include "passes/constraints.h"

#include <cmath>
#include <limits>
#include <optional>

#include "ir/error.h"
#include "ir/text_number.h"

namespace lathe::passes {

namespace {

using ir::ScalarExpr;
using ir::ValueId;
using namespace ir::scalar_dsl;

constexpr double kMost = std::numeric_limits<float>::max();

double parameter(const ir::Attrs& state, const ConstraintParameter& p) {
  return state.real("constraint." + std::string(p.name), p.initial);
}

}  // namespace

std::span<const ConstraintRow> constraint_table() {
  static const std::vector<ConstraintRow> table = [] {
    std::vector<ConstraintRow> rows;
    // Once for the table of parameters, once for the formula, which names them.
#define PARAM(name, initial, low, high) {#name, initial, low, high},
#define CONSTRAINT(name, formula, parameters, uses_norm, value) \
  rows.push_back({#name, formula, {parameters}, uses_norm, nullptr});
#include "passes/constraints.def"
#undef CONSTRAINT
#undef PARAM
    size_t row = 0;
#define PARAM(name, initial, low, high) [[maybe_unused]] const E name(next());
#define CONSTRAINT(name, formula, parameters, uses_norm, value_of_weight)                 \
  rows[row++].value = [](const std::vector<double>& values) -> ScalarExpr {               \
    [[maybe_unused]] auto next = [&, i = size_t{0}]() mutable { return values.at(i++); }; \
    [[maybe_unused]] const E w = E::arg(0), norm = E::arg(1);                             \
    parameters return value_of_weight;                                                    \
  };
#include "passes/constraints.def"
#undef CONSTRAINT
#undef PARAM
    return rows;
  }();
  return table;
}

const ConstraintRow* find_constraint(std::string_view name) {
  for (const ConstraintRow& row : constraint_table())
    if (row.name == name) return &row;
  return nullptr;
}

void check_constraint(const ir::Attrs& state, int rank) {
  const std::string name = state.word("constraint");
  if (name.empty()) return;
  const ConstraintRow* row = find_constraint(name);
  if (!row) {
    std::string names;
    for (const ConstraintRow& r : constraint_table())
      names += (names.empty() ? "" : ", ") + std::string(r.name);
    throw Error("unknown constraint '" + name + "', expected one of " + names);
  }
  const std::string where = "constraint '" + name + "'";
  for (const auto& [key, value] : state) {
    if (!key.starts_with("constraint.")) continue;
    const std::string given = key.substr(std::string_view("constraint.").size());
    if (row->uses_norm && given == "axis") continue;
    const ConstraintParameter* found = nullptr;
    for (const ConstraintParameter& p : row->parameters)
      if (p.name == given) found = &p;
    if (!found) throw Error(where + " has no parameter '" + given + "'");
    const double v = parameter(state, *found);
    if (!(v >= found->low && v <= found->high))
      throw Error(where + ": " + given + " must be " + ir::number_to_text(found->low, false) +
                  " to " + ir::number_to_text(found->high, false) + ", not " +
                  ir::number_to_text(v, false));
  }
  const auto value = [&](std::string_view wanted) {
    for (const ConstraintParameter& p : row->parameters)
      if (p.name == wanted) return std::optional(parameter(state, p));
    return std::optional<double>();
  };
  if (const auto low = value("min_value"), high = value("max_value"); low && high && *low > *high)
    throw Error(where + ": min_value must not be above max_value, " +
                ir::number_to_text(*high, false));
  const int64_t axis = state.integer("constraint.axis", 0);
  if (row->uses_norm && (axis < -rank || axis >= rank))
    throw Error(where + ": there is no axis " + std::to_string(axis) + " in a weight of " +
                std::to_string(rank) + " dimensions");
}

ValueId apply_constraint(ir::Builder& b, const ir::Attrs& state, ValueId w) {
  if (state.word("constraint").empty()) return w;
  check_constraint(state, b.type(w).rank());
  const ConstraintRow& row = *find_constraint(state.word("constraint"));
  std::vector<double> values;
  for (const ConstraintParameter& p : row.parameters) values.push_back(parameter(state, p));
  if (!row.uses_norm) return b.map(row.value(values), {w});
  const ValueId square = b.reduce("sum", b.map(E::arg(0) * E::arg(0), {w}),
                                  {state.integer("constraint.axis", 0)}, true);
  return b.map(row.value(values), {w, b.map("sqrt", {square})});
}

}  // namespace lathe::passes
