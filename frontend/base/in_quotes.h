// What stands in a file, as errors show it.
#pragma once

#include <string>
#include <string_view>

namespace lathe {

/// The first 24 bytes in quotes, those that can't be printed as `?`.
inline std::string in_quotes(std::string_view text) {
  std::string quoted = "'";
  for (char c : text.substr(0, 24)) quoted += c >= 0x20 && c < 0x7f ? c : '?';
  return quoted + (text.size() > 24 ? "...'" : "'");
}

}  // namespace lathe
