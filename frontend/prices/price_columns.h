// Which column of a file is which: its header line against price_fields.def and price_columns.def.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frontend/prices/csv_table.h"
#include "lathe/prices.h"

namespace lathe::prices {

#define PRICE_FIELD(...) +1
inline constexpr size_t kPriceFields = 0
#include "frontend/prices/price_fields.def"
    ;

constexpr size_t index_of(PriceField field) {
  return static_cast<size_t>(field);
}

/// Numbers of columns, from 0.
struct FileColumns {
  size_t count = 0;
  size_t date = 0;
  std::optional<size_t> ticker;
  std::array<std::optional<size_t>, kPriceFields> field;
  std::vector<std::string> title;  ///< as the file has them
  std::vector<size_t> ignored;
  size_t header_rows = 1;  ///< yfinance writes up to three

  std::optional<size_t> of(PriceField f) const { return field[index_of(f)]; }
};

/// Reads the header, row 0 of `table` and what follows it. Titles are compared by their letters and
/// digits, case aside. Where no column is called Date, a first one that has no title (pandas'
/// index) or is called Price (yfinance's) holds the dates. Error, which names `name` and the line,
/// where there is no row, no header, an unknown title, the same column twice, or where a needed one
/// is missing.
FileColumns map_price_columns(std::span<const CsvRow> table, const std::string& name);

/// Whether the file needs that field.
bool is_needed(PriceField field);

}  // namespace lathe::prices
