// The one function that liblathe_llvm.so exports: kBackendSymbol of codegen/backend.h.
#include "codegen/llvm/backend.h"

extern "C" const lathe::codegen::Backend* lathe_llvm_backend() {
  return &lathe::codegen::llvm_backend();
}
