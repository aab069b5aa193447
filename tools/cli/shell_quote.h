// Words as a shell takes them, for commands that people paste.
#pragma once

#include <string>

namespace lathe::cli {

/// In single quotes, unless no shell would see anything in it.
inline std::string shell_quoted(const std::string& word) {
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string("_-./,:=+@%").find(c) != std::string::npos;
  };
  bool all_plain = !word.empty();
  for (char c : word) all_plain = all_plain && plain(c);
  if (all_plain) return word;
  std::string out = "'";
  for (char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace lathe::cli
