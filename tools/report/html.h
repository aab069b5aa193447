// Pieces of an HTML page that are well-formed XML too. Text is escaped here, and only here: a
// function takes text as it is unless it says that it takes HTML.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/plot/chart.h"

namespace lathe::report {

/// `<tag attributes>html</tag>`
std::string element(std::string_view tag, std::string_view html, std::string_view attributes = "");
/// The same of text.
std::string text_element(std::string_view tag, std::string_view text,
                         std::string_view attributes = "");

/// What stands in a column: words that may be broken into lines, something short, or numbers, which
/// stand to the right with digits of one width.
enum class HtmlCells : uint8_t { Words, Short, Numbers };

struct HtmlColumn {
  std::string title;
  HtmlCells cells = HtmlCells::Short;
};

struct HtmlTable {
  std::string caption;
  std::vector<HtmlColumn> columns;  ///< the first one names the rows
  struct Row {
    std::vector<std::string> cells;  ///< one a column
    bool strong = false;
    std::string link;  ///< where the name of the row leads to within the page; may be empty
  };
  std::vector<Row> rows;
  bool synthetic = false;  ///< shows numbers of made prices, and says so
};
/// In a box that scrolls where the table is wider than the page.
std::string table_html(const HtmlTable& table);

/// Names and what there is to say of each.
std::string facts_html(const std::vector<std::pair<std::string, std::string>>& facts);
/// A point a text.
std::string list_html(const std::vector<std::string>& texts, std::string_view attributes = "");

/// A picture with a sentence below it.
std::string figure_html(const plot::Figure& figure, std::string_view caption, bool synthetic);

/// `SYNTHETIC`, loud, or nothing.
std::string badge_html(bool synthetic);

}  // namespace lathe::report
