// A model as an object file that needs nothing of Lathe: kernels, the shell (codegen/standalone/shell.h) and its
// tables.
#pragma once

#include "codegen/backend.h"

namespace lathe::codegen {

/// As codegen::compile_standalone (compile.h).
Standalone make_standalone(const std::vector<StandaloneCode>& codes,
                           const StandaloneOptions& options);

}  // namespace lathe::codegen
