// Large numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace lathe {

/// `1,234,567`.
inline std::string grouped(int64_t number) {
  const std::string digits = std::to_string(number);
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && digits[i - 1] != '-' && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

}  // namespace lathe
