// The one floating-point mode of a step: denormals are flushed to zero (inputs and results),
// rounding is to nearest even, no exception traps. Every worker holds one of these around compiled
// code, so that results do not depend on which thread ran a tile, nor on what the caller had set.
#pragma once

#include <cstdint>

namespace lathe::runtime {

/// Sets the mode of the calling thread and restores what was there before. The previous sticky
/// exception flags come back too.
class FpMode {
 public:
  FpMode();
  ~FpMode();
  FpMode(const FpMode&) = delete;
  FpMode& operator=(const FpMode&) = delete;

 private:
  uint64_t saved_;
};

}  // namespace lathe::runtime
