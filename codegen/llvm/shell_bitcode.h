// codegen/standalone/shell.cpp as LLVM bitcode, as clang made it when this library was built.
#pragma once

#include <cstddef>

namespace lathe::codegen {

extern "C" const char lathe_shell_bitcode[], lathe_shell_bitcode_end[];

inline size_t shell_bitcode_size() {
  return static_cast<size_t>(lathe_shell_bitcode_end - lathe_shell_bitcode);
}

}  // namespace lathe::codegen
