// XXH64, the 64-bit checksum of Yann Collet's xxHash (https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md),
// with seed 0: some bytes a cycle, so that weights can be checked each time they are read. Needs nothing, so that
// compiled models have it too.
#pragma once

#include <cstdint>

namespace lathe::runtime {

namespace xxh64_detail {

inline constexpr uint64_t kPrimes[] = {0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9,
                                       0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5};

inline uint64_t turn(uint64_t x, int bits) {
  return (x << bits) | (x >> (64 - bits));
}
inline uint64_t round(uint64_t sum, uint64_t input) {
  return turn(sum + input * kPrimes[1], 31) * kPrimes[0];
}
inline uint64_t merge(uint64_t sum, uint64_t lane) {
  return (sum ^ round(0, lane)) * kPrimes[0] + kPrimes[3];
}
/// Little-endian, at any address.
inline uint64_t word64(const uint8_t* at) {
  uint64_t x;
  __builtin_memcpy(&x, at, 8);
  return x;
}
inline uint64_t word32(const uint8_t* at) {
  uint32_t x;
  __builtin_memcpy(&x, at, 4);
  return x;
}

}  // namespace xxh64_detail

inline uint64_t xxh64(const void* data, uint64_t size) {
  using namespace xxh64_detail;
  const auto* at = static_cast<const uint8_t*>(data);
  const uint8_t* const end = at + size;
  uint64_t sum = kPrimes[4];
  if (size >= 32) {
    uint64_t lane[4] = {kPrimes[0] + kPrimes[1], kPrimes[1], 0, 0 - kPrimes[0]};
    for (; end - at >= 32; at += 32)
      for (int i = 0; i < 4; ++i) lane[i] = round(lane[i], word64(at + 8 * i));
    sum = turn(lane[0], 1) + turn(lane[1], 7) + turn(lane[2], 12) + turn(lane[3], 18);
    for (const uint64_t l : lane) sum = merge(sum, l);
  }
  sum += size;
  for (; end - at >= 8; at += 8)
    sum = turn(sum ^ round(0, word64(at)), 27) * kPrimes[0] + kPrimes[3];
  if (end - at >= 4) {
    sum = turn(sum ^ (word32(at) * kPrimes[0]), 23) * kPrimes[1] + kPrimes[2];
    at += 4;
  }
  for (; at < end; ++at) sum = turn(sum ^ (*at * kPrimes[4]), 11) * kPrimes[0];
  sum = (sum ^ (sum >> 33)) * kPrimes[1];
  sum = (sum ^ (sum >> 29)) * kPrimes[2];
  return sum ^ (sum >> 32);
}

}  // namespace lathe::runtime
