#include "tools/report/text_table.h"

#include <algorithm>
#include <numeric>

#include "tools/plot/utf8.h"

namespace lathe::report {
namespace {

constexpr size_t kLeastWidth = 8;  ///< that a cell is cut to

std::vector<size_t> widths_of(const std::vector<TextColumn>& columns,
                              const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (size_t c = 0; c < columns.size(); ++c) {
    size_t width = plot::code_points(columns[c].title).size();
    for (const auto& row : rows) width = std::max(width, plot::code_points(row[c]).size());
    widths.push_back(width);
  }
  return widths;
}

size_t sum(const std::vector<size_t>& widths, size_t gap) {
  return std::accumulate(widths.begin(), widths.end(), size_t{0}) + gap * (widths.size() - 1);
}

/// Those that may be left out and have the highest number; false where there is none.
bool leave_out(std::vector<TextColumn>& columns, std::vector<std::vector<std::string>>& rows) {
  int most = 0;
  for (const TextColumn& c : columns) most = std::max(most, c.spare);
  if (most == 0) return false;
  for (size_t c = columns.size(); c-- > 0;) {
    if (columns[c].spare != most) continue;
    columns.erase(columns.begin() + static_cast<std::ptrdiff_t>(c));
    for (auto& row : rows) row.erase(row.begin() + static_cast<std::ptrdiff_t>(c));
  }
  return true;
}

/// As wide as `width`, cut where it is longer.
std::string padded(const std::string& text, size_t width, bool right) {
  std::u32string letters = plot::code_points(text);
  if (letters.size() > width) {
    letters.resize(width - std::min<size_t>(width, 3));
    letters += U"...";
  }
  std::string out;
  for (const char32_t c : letters) plot::append_utf8(out, c < 0x20 ? U' ' : c);
  const std::string blanks(width - std::min(width, letters.size()), ' ');
  return right ? blanks + out : out + blanks;
}

}  // namespace

std::string text_table(std::vector<TextColumn> columns,
                       std::vector<std::vector<std::string>> rows) {
  std::vector<size_t> widths = widths_of(columns, rows);
  while (sum(widths, 1) > kTextWidth && leave_out(columns, rows)) widths = widths_of(columns, rows);
  while (sum(widths, 1) > kTextWidth) {
    size_t longest = columns.size();
    for (size_t c = 0; c < columns.size(); ++c) {
      const bool may = !columns[c].number && widths[c] > kLeastWidth;
      if (may && (longest == columns.size() || widths[c] > widths[longest])) longest = c;
    }
    if (longest == columns.size()) break;
    --widths[longest];
  }
  const size_t gap = sum(widths, 2) > kTextWidth ? 1 : 2;
  std::string out;
  const auto write = [&](const auto& cell_of) {
    std::string line;
    for (size_t c = 0; c < columns.size(); ++c)
      line += std::string(c == 0 ? 0 : gap, ' ') + padded(cell_of(c), widths[c], columns[c].number);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  };
  write([&](size_t c) { return columns[c].title; });
  for (const auto& row : rows) write([&](size_t c) { return row[c]; });
  return out;
}

std::string wrapped(std::string_view text) {
  std::string out, line;
  size_t width = 0;
  const auto end_line = [&] {
    out += line + '\n';
    line.clear();
    width = 0;
  };
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(" \n"), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    const size_t letters = plot::code_points(word).size();
    if (width > 0 && width + 1 + letters > kTextWidth) end_line();
    if (width > 0) line += ' ';
    width += (width > 0 ? 1 : 0) + letters;
    line += word;
  }
  if (width > 0) end_line();
  return out;
}

}  // namespace lathe::report
