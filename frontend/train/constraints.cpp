#include "frontend/train/constraints.h"

#include "frontend/base/table.h"
#include "ir/error.h"
#include "passes/constraints.h"

namespace lathe::detail {

ir::Attrs constraint_attrs(std::string_view text, int rank) {
  ir::Attrs attrs;
  if (text.empty()) return attrs;
  const Spec spec = parse_spec(text);
  const auto& row = known_row(passes::constraint_table(), spec.name, "constraint");
  if (spec.positional) {
    std::string names;
    for (const auto& p : row.parameters) names += (names.empty() ? "" : ", ") + std::string(p.name);
    throw Error("constraint '" + std::string(text) +
                "': " + (names.empty() ? "takes no options" : "a value needs its name: " + names));
  }
  attrs.set("constraint", ir::Attr(spec.name));
  for (const auto& [name, value] : spec.options) attrs.set("constraint." + name, value);
  passes::check_constraint(attrs, rank);
  return attrs;
}

}  // namespace lathe::detail
