// A CSV file as cells of text, each row with its line.
#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

namespace lathe::prices {

struct CsvRow {
  int64_t line = 0;  ///< where it begins, from 1
  std::vector<std::string> cells;
};

/// All rows but blank ones, the first one too, by libcsv: RFC 4180's quotes, any line ends, blanks
/// around cells taken off. The separator is the first of comma, semicolon and tab that the first
/// line has. A byte order mark of UTF-8 is skipped. Errors name `name` and the line: UTF-16, a
/// quote inside a cell without quotes, text behind a closing one, quotes that do not close.
std::vector<CsvRow> read_csv_table(std::istream& in, const std::string& name);

}  // namespace lathe::prices
