// This machine's CPU, as far as compiled code depends on it, without asking LLVM.
#pragma once

#include <cstdint>
#include <string>

namespace lathe::codegen {

/// f32 lanes of the vectors that code for this machine uses.
int64_t host_vector_lanes();

/// What LLVM makes its name and its features of: on x86 the raw answers of CPUID and which registers
/// the system saves, elsewhere what the system says of the CPU. The same on every core of a machine.
std::string host_cpu_identity();

}  // namespace lathe::codegen
