// A cell of a CSV file as it is written.
#pragma once

#include <string>

namespace lathe {

/// In quotes where it holds the separator, a quote or a line's end.
inline std::string csv_cell(const std::string& text, char separator = ',') {
  if (text.find_first_of(std::string("\"\n\r") + separator) == std::string::npos) return text;
  std::string quoted = "\"";
  for (char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

}  // namespace lathe
