#include "frontend/layers/activations.h"

#include <algorithm>

#include "frontend/base/nearest.h"
#include "ir/elementwise.h"
#include "ir/error.h"

namespace lathe::detail {

std::vector<std::string> activation_names() {
  std::vector<std::string> names = {"linear", "softmax"};
  for (const ir::ElementwiseRow& row : ir::elementwise_table())
    if (row.arity == 1 && !row.expr.is_truth()) names.emplace_back(row.name);
  std::sort(names.begin(), names.end());
  return names;
}

void check_activation(std::string_view name) {
  const std::vector<std::string> names = activation_names();
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw Error(unknown_name("activation", name, names));
}

ir::ValueId apply_activation(ir::Builder& b, std::string_view name, ir::ValueId x) {
  if (name == "linear") return x;
  if (name == "softmax") return b.softmax(x);
  return b.map(name, {x});
}

}  // namespace lathe::detail
