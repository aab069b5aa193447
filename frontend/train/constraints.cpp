#include "frontend/train/constraints.h"

#include "frontend/base/table.h"
#include "ir/error.h"
#include "passes/constraints.h"

namespace lathe::detail {

ir::Attrs constraint_attrs(std::string_view text, int rank) {
  ir::Attrs attrs;
  if (text.empty()) return attrs;
  const Spec spec = parse_spec(text);
  known_row(passes::constraint_table(), spec.name, "constraint");
  if (spec.positional)
    throw Error("constraint '" + std::string(text) + "': a value needs its name");
  attrs.set("constraint", ir::Attr(spec.name));
  for (const auto& [name, value] : spec.options) attrs.set("constraint." + name, value);
  passes::check_constraint(attrs, rank);
  return attrs;
}

}  // namespace lathe::detail
