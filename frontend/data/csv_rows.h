// Rows of numbers from text: CSV files, or what a program writes to standard output.
#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

namespace lathe::data {

/// A dense table of finite numbers, row-major.
struct NumberRows {
  int64_t rows = 0, columns = 0;
  std::vector<double> values;       ///< rows * columns
  std::vector<int64_t> lines;       ///< of each row, from 1: blank lines and the header count too
  std::vector<std::string> header;  ///< the column names, empty when there was no header line

  /// Value `i` as an f32. Error, which names `name`, the line and the column, where it is out of range.
  float f32_at(size_t i, const std::string& name) const;
};

/// Reads lines until the end. A line's fields are separated by commas, semicolons or tabs, or else
/// by spaces; spaces around a field don't matter. Blank lines, a byte order mark and carriage
/// returns are skipped, and so is a first line none of whose fields is a number: the header. The
/// number format is C's, with a point, whatever the locale. `expected_columns` 0 takes the first
/// row's count. Errors name `name`, the line and the column (both from 1): a field that is empty,
/// no number, infinite, NaN or out of range; a row of another length; no row at all.
NumberRows read_number_rows(std::istream& in, const std::string& name,
                            int64_t expected_columns = 0);

/// The header alone, as read_number_rows finds it; reads no further. Empty where there is none.
std::vector<std::string> read_header(std::istream& in);

}  // namespace lathe::data
