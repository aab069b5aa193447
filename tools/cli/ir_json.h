// A module as JSON, and as a Graphviz drawing: for programs that look at the IR.
#pragma once

#include <string>

#include "ir/graph.h"

namespace lathe::cli {

/// {"name", "attributes", "states": [{"name", "type", …}], "functions": [{"name", "params",
/// "outputs", "kernels", "ops": [{"op", "result", "operands", "type", …}]}]}, indented.
std::string module_json(const ir::Module& module);

/// A digraph: a cluster a function, in it a cluster a kernel, a node an op, an edge an operand.
std::string module_dot(const ir::Module& module);

}  // namespace lathe::cli
