#include "tools/plot/utf8.h"

#include <cstdint>

namespace lathe::plot {
namespace {

/// How many bytes a character has that begins with this one; 0: none does.
size_t length(uint8_t first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  if (first >= 0xf0 && first < 0xf5) return 4;
  return 0;
}

bool is_scalar(char32_t c, size_t bytes) {
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  return c >= least[bytes] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

}  // namespace

std::u32string code_points(std::string_view text) {
  std::u32string out;
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<uint8_t>(text[i]);
    const size_t bytes = length(first);
    bool good = bytes > 0 && i + bytes <= text.size();
    char32_t c = bytes > 1 ? first & (0x7fu >> bytes) : first;
    for (size_t k = 1; good && k < bytes; ++k) {
      const auto next = static_cast<uint8_t>(text[i + k]);
      good = (next & 0xc0) == 0x80;
      c = c << 6 | (next & 0x3fu);
    }
    good = good && is_scalar(c, bytes);
    out += good ? c : kReplacement;
    i += good ? bytes : 1;
  }
  return out;
}

void append_utf8(std::string& to, char32_t c) {
  const auto byte = [&to](char32_t bits) { to += static_cast<char>(bits); };
  const auto tail = [&](int shift) { byte(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xc0 | c >> 6);
  } else if (c < 0x10000) {
    byte(0xe0 | c >> 12);
    tail(6);
  } else {
    byte(0xf0 | c >> 18);
    tail(12);
    tail(6);
  }
  tail(0);
}

}  // namespace lathe::plot
