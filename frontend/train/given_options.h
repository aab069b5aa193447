// From options structs with Keras's defaults in them to the options that were really chosen.
#pragma once

#include <string>
#include <vector>

#include "ir/attributes.h"
#include "ir/error.h"
#include "passes/hyperparameters.h"

namespace lathe::detail {

/// Those of `given` that are not the row's defaults, so that texts and files show what somebody
/// chose. `given` has every hyperparameter of the row, and no other.
inline ir::Attrs chosen_options(const std::vector<passes::Hyperparameter>& row,
                                const ir::Attrs& given) {
  LATHE_CHECK(given.size() == row.size(), "options that a row lacks, or the other way round");
  ir::Attrs chosen;
  for (const passes::Hyperparameter& h : row) {
    const ir::Attr* value = given.find(h.name);
    LATHE_CHECK(value != nullptr, "options lack " + h.name);
    if (h.required || *value != h.default_value) chosen.set(h.name, *value);
  }
  return chosen;
}

}  // namespace lathe::detail
