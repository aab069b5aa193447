// Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random
// numbers: as easy as 1, 2, 3", SC 2011). A number depends on its key alone, so any worker can make
// any one.
//
// The keying, which compiled code reproduces bit by bit:
//   key     = { low 32 bits of seed, high 32 bits of seed }
//   counter = { low 32 bits of (element / 4), high 32 bits of (element / 4), stream, step }
//   the number of `element` is word (element % 4) of philox4x32(counter, key)
// where `element` is the row-major index in the tensor drawn, `stream` tells apart the draws of a
// program (an id given to each random op), and `step` counts training steps (0 for initialisers).
// A uniform f32 in [0, 1) is (word >> 8) * 2^-24, which is exact.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace lathe::runtime {

using PhiloxCounter = std::array<uint32_t, 4>;
using PhiloxKey = std::array<uint32_t, 2>;

/// Ten rounds. In each, with M0 = 0xD2511F53 and M1 = 0xCD9E8D57,
/// {c0, c1, c2, c3} becomes {hi(M1*c2) ^ c1 ^ k0, lo(M1*c2), hi(M0*c0) ^ c3 ^ k1, lo(M0*c0)};
/// between rounds 0x9E3779B9 is added to k0 and 0xBB67AE85 to k1.
constexpr PhiloxCounter philox4x32(PhiloxCounter c, PhiloxKey k) {
  for (int round = 0; round < 10; ++round) {
    if (round > 0) {
      k[0] += 0x9E3779B9u;
      k[1] += 0xBB67AE85u;
    }
    const uint64_t a = uint64_t{0xD2511F53u} * c[0];
    const uint64_t b = uint64_t{0xCD9E8D57u} * c[2];
    c = {static_cast<uint32_t>(b >> 32) ^ c[1] ^ k[0], static_cast<uint32_t>(b),
         static_cast<uint32_t>(a >> 32) ^ c[3] ^ k[1], static_cast<uint32_t>(a)};
  }
  return c;
}

/// The four numbers of elements 4 * block to 4 * block + 3.
constexpr PhiloxCounter philox_block(uint64_t seed, uint32_t stream, uint32_t step,
                                     uint64_t block) {
  return philox4x32(
      {static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), stream, step},
      {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
}

/// 32 uniform bits.
constexpr uint32_t bits_at(uint64_t seed, uint32_t stream, uint32_t step, uint64_t element) {
  return philox_block(seed, stream, step, element / 4)[element % 4];
}

/// The f32 in [0, 1) that belongs to 32 uniform bits: a multiple of 2^-24.
constexpr float uniform_from_bits(uint32_t bits) {
  return static_cast<float>(bits >> 8) * 0x1p-24f;
}

constexpr float uniform_at(uint64_t seed, uint32_t stream, uint32_t step, uint64_t element) {
  return uniform_from_bits(bits_at(seed, stream, step, element));
}

/// The stream of `shuffled_indices`. Random ops number theirs from 0.
inline constexpr uint32_t kShuffleStream = 0xFFFFFFFFu;

/// 0 to n-1 in an order drawn by (seed, epoch): a Fisher-Yates shuffle, every order equally likely,
/// the same on every machine. For i = n-1 down to 1, entry i is swapped with entry j, uniform in
/// [0, i]: j is the high half of bits * (i+1), where bits are the next element of kShuffleStream at
/// step `epoch`; a draw whose low half is below 2^32 mod (i+1) is thrown away (Lemire: "Fast random
/// integer generation in an interval", 2019). Throws Error if n is negative or over 2^31 - 1.
std::vector<int32_t> shuffled_indices(int64_t n, uint64_t seed, uint32_t epoch);

}  // namespace lathe::runtime
