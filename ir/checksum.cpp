#include "ir/checksum.h"

#include <array>

namespace lathe::ir {

namespace {

constexpr uint64_t kPolynomial = 0xC96C5795D7870F42ull;  // 0x42F0E1EBA9EA3693, bits reversed
constexpr int kSlices = 8;
using Tables = std::array<std::array<uint64_t, 256>, kSlices>;

// tables[s][b]: what byte b adds when s more bytes follow it, so that eight go in one step.
constexpr Tables make_tables() {
  Tables t{};
  for (int b = 0; b < 256; ++b) {
    uint64_t v = static_cast<uint64_t>(b);
    for (int bit = 0; bit < 8; ++bit) v = (v >> 1) ^ ((v & 1) != 0 ? kPolynomial : 0);
    t[0][b] = v;
  }
  for (int s = 1; s < kSlices; ++s)
    for (int b = 0; b < 256; ++b) t[s][b] = (t[s - 1][b] >> 8) ^ t[0][t[s - 1][b] & 0xff];
  return t;
}

constexpr Tables kTables = make_tables();

}  // namespace

uint64_t crc64(std::string_view bytes, uint64_t before) {
  uint64_t c = ~before;
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  size_t n = bytes.size();
  for (; n >= kSlices; n -= kSlices, p += kSlices) {
    uint64_t next = 0;
    for (int i = 0; i < kSlices; ++i)
      next ^= kTables[kSlices - 1 - i][((c >> (8 * i)) & 0xff) ^ p[i]];
    c = next;
  }
  for (; n > 0; --n, ++p) c = (c >> 8) ^ kTables[0][(c ^ *p) & 0xff];
  return ~c;
}

}  // namespace lathe::ir
