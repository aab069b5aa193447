// The floating-point mode of generated code, as bits of the control registers: for runtime::FpMode and for compiled
// models, which set it themselves.
#pragma once

#include <cstdint>

namespace lathe::runtime {

/// MXCSR: all exceptions masked, rounding to nearest, no sticky flags; results (FTZ) and inputs (DAZ) flushed.
inline constexpr uint32_t kX86Mode = 0x1F80 | 0x8000 | 0x0040;
/// FPCR: set FZ; clear RMode and the traps.
inline constexpr uint64_t kArmFlush = uint64_t{1} << 24;
inline constexpr uint64_t kArmCleared = uint64_t{3} << 22 | uint64_t{0x1F} << 8 | uint64_t{1} << 15;

}  // namespace lathe::runtime
