#include "runtime/fp_mode.h"

#include "runtime/fp_mode_bits.h"

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#elif !defined(__aarch64__)
#error "add the floating-point control register of this architecture"
#endif

namespace lathe::runtime {

#if defined(__aarch64__)

namespace {
uint64_t read_control() {
  uint64_t v;
  asm volatile("mrs %0, fpcr" : "=r"(v));
  return v;
}
void write_control(uint64_t v) {
  asm volatile("msr fpcr, %0" ::"r"(v) : "memory");
}
}  // namespace

FpMode::FpMode() : saved_(read_control()) {
  write_control((saved_ & ~kArmCleared) | kArmFlush);
}
FpMode::~FpMode() {
  write_control(saved_);
}

#else

FpMode::FpMode() : saved_(_mm_getcsr()) {
  _mm_setcsr(kX86Mode);
}
FpMode::~FpMode() {
  _mm_setcsr(static_cast<unsigned>(saved_));
}

#endif

}  // namespace lathe::runtime
