// Threads for a compiled model, ready made: NAME_threads.h and NAME_threads.c, on pthreads. The object itself has none.
#pragma once

#include <string>

#include "codegen/compile.h"

namespace lathe::codegen {

struct CThreads {
  std::string header, source;
};

/// Both begin with a comment that says how they are compiled.
CThreads c_threads(const Standalone& model, const std::string& prefix);

}  // namespace lathe::codegen
