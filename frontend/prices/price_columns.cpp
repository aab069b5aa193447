#include "frontend/prices/price_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>

#include "frontend/base/in_quotes.h"
#include "frontend/base/letters.h"
#include "ir/error.h"
#include "ir/nearest.h"

namespace lathe::prices {
namespace {

enum class Kind { Field, Day, Ticker, Ignored };

struct Known {
  Kind kind;
  PriceField field;  ///< of kind Field
  bool needed;
  std::string title;
  std::string aliases;
};

const std::vector<Known>& known_columns() {
  constexpr bool Needed = true, Optional = false;
  static const std::vector<Known> all = {
#define PRICE_COLUMN(kind, title, aliases) \
  {Kind::kind, PriceField::Open, Kind::kind == Kind::Day, title, aliases},
#include "frontend/prices/price_columns.def"
#define PRICE_FIELD(Id, member, title, presence, aliases, text) \
  {Kind::Field, PriceField::Id, presence, title, aliases},
#include "frontend/prices/price_fields.def"
  };
  return all;
}

/// What counts of a title: ASCII's letters, small, and digits; of other letters all bytes.
std::string essence(std::string_view title) {
  std::string text;
  for (char c : title) {
    c = lower_case(c);
    if (is_lower(c) || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80) text += c;
  }
  return text;
}

const Known* find_known(std::string_view title) {
  const std::string given = essence(title);
  for (const Known& column : known_columns()) {
    if (given == essence(column.title)) return &column;
    std::istringstream aliases(column.aliases);
    for (std::string alias; aliases >> alias;)
      if (given == alias) return &column;
  }
  return nullptr;
}

std::string unknown_title(std::string_view title) {
  std::vector<std::string> known, listed;
  for (const Known& column : known_columns()) {
    known.push_back(column.title);
    if (column.kind != Kind::Ignored) listed.push_back(column.title);
  }
  const std::string quoted = in_quotes(title);
  return ir::unknown_name("column", quoted.substr(1, quoted.size() - 2), known, listed);
}

/// How pandas and yfinance title their index, which holds the dates.
bool is_index(std::string_view title) {
  const std::string text = essence(title);
  return text.empty() || text == "price" || text == "unnamed0";
}

bool looks_like_header(const std::vector<std::string>& cells) {
  return std::any_of(cells.begin(), cells.end(),
                     [](const std::string& c) { return find_known(c); });
}

std::string needed_titles() {
  std::string text;
  for (const Known& column : known_columns())
    if (column.needed) text += (text.empty() ? "" : ", ") + column.title;
  return text;
}

class Mapper {
 public:
  Mapper(const CsvRow& header, std::string where) : header_(header), where_(std::move(where)) {}

  FileColumns map() {
    columns_.count = header_.cells.size();
    columns_.title = header_.cells;
    const bool has_day = std::any_of(header_.cells.begin(), header_.cells.end(), [](const auto& c) {
      const Known* known = find_known(c);
      return known != nullptr && known->kind == Kind::Day;
    });
    for (size_t i = 0; i < columns_.count; ++i) {
      const std::string& title = header_.cells[i];
      if (i == 0 && !has_day && is_index(title)) {
        day_ = 0;
      } else if (essence(title).empty() || essence(title) == "unnamed0") {
        columns_.ignored.push_back(i);
      } else if (const Known* known = find_known(title)) {
        take(*known, i);
      } else {
        throw Error(fmt::format("{}: {}", where_, unknown_title(title)));
      }
    }
    check_needed();
    columns_.date = *day_;
    return columns_;
  }

 private:
  void take(const Known& known, size_t column) {
    switch (known.kind) {
      case Kind::Field:
        return once(columns_.field[index_of(known.field)], column, known);
      case Kind::Day:
        return once(day_, column, known);
      case Kind::Ticker:
        return once(columns_.ticker, column, known);
      case Kind::Ignored:
        columns_.ignored.push_back(column);
        return;
    }
  }

  void once(std::optional<size_t>& place, size_t column, const Known& known) {
    if (place)
      throw Error(fmt::format("{}: columns {} and {} are both {}: one series a file is expected",
                              where_, *place + 1, column + 1, known.title));
    place = column;
  }

  void check_needed() const {
    for (const Known& known : known_columns()) {
      if (!known.needed) continue;
      if (known.kind == Kind::Day ? day_.has_value() : columns_.of(known.field).has_value())
        continue;
      throw Error(fmt::format("{}: the header has no column {}, expected {}", where_, known.title,
                              needed_titles()));
    }
  }

  const CsvRow& header_;
  std::string where_;
  FileColumns columns_;
  std::optional<size_t> day_;
};

/// Behind its titles yfinance writes a line of tickers and one with the name of the index.
bool goes_on(const CsvRow& row, const FileColumns& columns) {
  if (columns.date != 0 || row.cells.size() != columns.count) return false;
  const std::string first = essence(row.cells[0]);
  return first == "ticker" || first == "date";
}

}  // namespace

FileColumns map_price_columns(std::span<const CsvRow> table, const std::string& name) {
  if (table.empty()) throw Error(name + ": is empty, expected a header and rows of prices");
  const std::string where = fmt::format("{}: line {}", name, table[0].line);
  if (!looks_like_header(table[0].cells))
    throw Error(
        fmt::format("{}: there is no header, expected the titles of columns ({}), but found {}",
                    where, needed_titles(), in_quotes(table[0].cells[0])));
  FileColumns columns = Mapper(table[0], where).map();
  while (columns.header_rows < std::min<size_t>(table.size(), 3) &&
         goes_on(table[columns.header_rows], columns))
    columns.header_rows += 1;
  return columns;
}

bool is_needed(PriceField field) {
  for (const Known& column : known_columns())
    if (column.kind == Kind::Field && column.field == field) return column.needed;
  internal_error(__FILE__, __LINE__, "a price field without a column");
}

}  // namespace lathe::prices
