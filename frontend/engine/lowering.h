// From a built module to one that a backend takes.
#pragma once

#include "ir/graph.h"
#include "passes/pass.h"

namespace lathe::detail {

/// Up to stage `updated`, without the function init: what the interpreter runs.
ir::Module lower_to_updated(ir::Module module);
/// Up to stage `planned`, without the function init: what is compiled.
ir::Module lower_to_planned(ir::Module module, const passes::PassOptions& options);

}  // namespace lathe::detail
