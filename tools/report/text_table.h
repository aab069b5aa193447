// Tables and sentences in a terminal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lathe::report {

inline constexpr size_t kTextWidth = 100;

struct TextColumn {
  std::string title;
  bool number = true;  ///< to the right
  int spare = 0;       ///< left out first where there is no room, the highest first; 0: never
};

/// A line a row, all of them under the columns' titles. Two blanks between columns, or one where
/// there is no room; then columns are left out, and then the longest cells that are no numbers cut.
/// Columns are as wide as their cells in characters.
std::string text_table(std::vector<TextColumn> columns, std::vector<std::vector<std::string>> rows);

/// Broken at blanks into lines.
std::string wrapped(std::string_view text);

}  // namespace lathe::report
