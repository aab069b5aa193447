// The compiler, as liblathe_llvm.so exports it (export.cpp).
#pragma once

#include "codegen/backend.h"

namespace lathe::codegen {

const Backend& llvm_backend();

}  // namespace lathe::codegen
