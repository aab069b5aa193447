#include "runtime/fp_mode.h"

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

constexpr uint64_t kFlush = uint64_t{1} << 24;     // FZ
constexpr uint64_t kRounding = uint64_t{3} << 22;  // RMode
constexpr uint64_t kTraps = (uint64_t{0x1F} << 8) | (uint64_t{1} << 15);
}  // namespace

FpMode::FpMode() : saved_(read_control()) {
  write_control((saved_ & ~(kRounding | kTraps)) | kFlush);
}
FpMode::~FpMode() {
  write_control(saved_);
}

#else

namespace {
constexpr unsigned kAllMasked = 0x1F80;     // also rounding to nearest, and no sticky flags
constexpr unsigned kFlushResults = 0x8000;  // FTZ
constexpr unsigned kFlushInputs = 0x0040;   // DAZ
}  // namespace

FpMode::FpMode() : saved_(_mm_getcsr()) {
  _mm_setcsr(kAllMasked | kFlushResults | kFlushInputs);
}
FpMode::~FpMode() {
  _mm_setcsr(static_cast<unsigned>(saved_));
}

#endif

}  // namespace lathe::runtime
