#include "tools/report/html.h"

#include <fmt/format.h>

#include "ir/error.h"
#include "tools/plot/svg.h"

namespace lathe::report {

using plot::escaped;

std::string element(std::string_view tag, std::string_view html, std::string_view attributes) {
  return fmt::format("<{0}{1}{2}>{3}</{0}>\n", tag, attributes.empty() ? "" : " ", attributes,
                     html);
}

std::string text_element(std::string_view tag, std::string_view text, std::string_view attributes) {
  return element(tag, escaped(text), attributes);
}

namespace {

std::string class_of(HtmlCells cells) {
  switch (cells) {
    case HtmlCells::Words:
      return "class=\"words\"";
    case HtmlCells::Short:
      return "";
    case HtmlCells::Numbers:
      return "class=\"n\"";
  }
  internal_error(__FILE__, __LINE__, "a kind of cells that is none");
}

}  // namespace

std::string table_html(const HtmlTable& table) {
  const auto attributes = [&table](size_t column, const std::string& scope) {
    const std::string kind = class_of(table.columns[column].cells);
    return scope + (scope.empty() || kind.empty() ? "" : " ") + kind;
  };
  std::string head, body;
  for (size_t c = 0; c < table.columns.size(); ++c)
    head += text_element("th", table.columns[c].title, attributes(c, "scope=\"col\""));
  for (const HtmlTable::Row& row : table.rows) {
    std::string cells;
    for (size_t c = 0; c < row.cells.size(); ++c) {
      std::string cell = escaped(row.cells[c]);
      if (c == 0 && !row.link.empty())
        cell = element("a", cell, fmt::format("href=\"#{}\"", escaped(row.link)));
      cells += element(c == 0 ? "th" : "td", cell, attributes(c, c == 0 ? "scope=\"row\"" : ""));
    }
    body += element("tr", cells, row.strong ? "class=\"strong\"" : "");
  }
  const std::string caption =
      element("caption", element("span", badge_html(table.synthetic) + escaped(table.caption)));
  const std::string box = fmt::format(
      "class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\"", escaped(table.caption));
  return element(
      "div",
      element("table", caption + element("thead", element("tr", head)) + element("tbody", body)),
      box);
}

std::string facts_html(const std::vector<std::pair<std::string, std::string>>& facts) {
  std::string html;
  for (const auto& [name, text] : facts)
    html += text_element("dt", name) + text_element("dd", text);
  return facts.empty() ? "" : element("dl", html);
}

std::string list_html(const std::vector<std::string>& texts, std::string_view attributes) {
  std::string html;
  for (const std::string& text : texts) html += text_element("li", text);
  return texts.empty() ? "" : element("ul", html, attributes);
}

std::string figure_html(const plot::Figure& figure, std::string_view caption, bool synthetic) {
  return element("figure", plot::svg_element(plot::draw(figure)) +
                               element("figcaption", badge_html(synthetic) + escaped(caption)));
}

std::string badge_html(bool synthetic) {
  return synthetic ? "<strong class=\"synthetic\">SYNTHETIC</strong> " : "";
}

}  // namespace lathe::report
