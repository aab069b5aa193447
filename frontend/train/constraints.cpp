#include "frontend/train/constraints.h"

#include "frontend/base/letters.h"
#include "frontend/base/table.h"
#include "ir/error.h"
#include "passes/constraints.h"

namespace lathe::detail {

std::span<const ConstraintRow> constraint_table() {
  static const std::vector<ConstraintRow> kTable = [] {
    std::vector<ConstraintRow> rows;
    for (const passes::ConstraintRow& row : passes::constraint_table()) {
      std::vector<OptionSpec> options;
      for (const passes::ConstraintParameter& p : row.parameters)
        options.push_back({std::string(p.name), "real", ir::Attr(p.initial)});
      if (row.uses_norm) options.push_back({"axis", "int", ir::Attr(int64_t{0})});
      rows.push_back({row.name, row.formula, std::move(options), {class_case(row.name)}});
    }
    return rows;
  }();
  return kTable;
}

ir::Attrs constraint_attrs(std::string_view text, int rank) {
  ir::Attrs attrs;
  if (text.empty()) return attrs;
  const Spec spec = parse_spec(text);
  const ConstraintRow& row = known_row(constraint_table(), spec.name, "constraint");
  if (spec.positional) {
    std::string names;
    for (const OptionSpec& p : row.options) names += (names.empty() ? "" : ", ") + p.name;
    throw Error("constraint '" + std::string(text) +
                "': " + (names.empty() ? "takes no options" : "a value needs its name: " + names));
  }
  attrs.set("constraint", ir::Attr(std::string(row.name)));
  for (const auto& [name, value] : spec.options) attrs.set("constraint." + name, value);
  passes::check_constraint(attrs, rank);
  return attrs;
}

}  // namespace lathe::detail
