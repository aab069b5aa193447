// Random numbers and the little mathematics that drawing needs, with the same bits on every
// machine: integer hashing, and floating point made only of operations that IEEE 754 rounds
// exactly. The standard library's distributions and sin() differ between implementations, so
// neither is used.
#pragma once

#include <cmath>
#include <cstdint>

namespace lathe::data {

/// Counter-based: a stream's n-th number is a hash of key and n, so streams are independent of one
/// another and of the order they are used in.
class CounterRandom {
 public:
  CounterRandom(uint64_t seed, uint64_t stream, uint64_t item)
      : key_(mix(mix(mix(seed ^ 0x243f6a8885a308d3ull) + stream) + item)) {}

  uint64_t next() { return mix(key_ + 0x9e3779b97f4a7c15ull * ++counter_); }

  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }

  /// Uniform in 0 .. count - 1.
  uint32_t below(uint32_t count) { return static_cast<uint32_t>(((next() >> 32) * count) >> 32); }

  bool chance(double probability) { return uniform() < probability; }

  /// Mean 0, deviation 1, never beyond 3.47: four uniform numbers summed, near enough to a normal.
  double bell() {
    uint64_t sum = 0;  // in integers, as C++ leaves open in which order a sum's operands are drawn
    for (int i = 0; i < 4; ++i) sum += next() >> 11;
    return (static_cast<double>(sum) * 0x1p-53 - 2.0) * 1.7320508075688772;
  }

 private:
  /// A bijection of 64 bits in which every input bit moves every output bit (xor-shift-multiply).
  static uint64_t mix(uint64_t x) {
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9ull;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebull;
    return x ^ (x >> 31);
  }

  uint64_t key_;
  uint64_t counter_ = 0;
};

/// sin(2 pi t), within 1e-6: one turn folded to a quarter, then the Taylor polynomial of degree 11.
inline double sin_turns(double t) {
  t -= std::floor(t);
  if (t > 0.5) return -sin_turns(t - 0.5);
  if (t > 0.25) t = 0.5 - t;
  const double x = 6.283185307179586 * t, x2 = x * x;
  double p = -1.0 / 39916800;
  p = p * x2 + 1.0 / 362880;
  p = p * x2 - 1.0 / 5040;
  p = p * x2 + 1.0 / 120;
  p = p * x2 - 1.0 / 6;
  p = p * x2 + 1.0;
  return p * x;
}

inline double cos_turns(double t) {
  return sin_turns(t + 0.25);
}

}  // namespace lathe::data
