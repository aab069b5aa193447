// Inputs of `lathe predict` and `lathe eval`, told apart by content: pictures, IDX, .npy, rows of
// numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lathe/array.h"

namespace lathe::cli {

struct InputRows {
  Array x;  ///< [n, columns], n from 1: u8 for pictures and IDX, f32 for numbers
  /// What the rows are in truth, where a CSV header names a column `label`; otherwise empty.
  std::vector<double> labels;
  std::vector<int64_t> lines;  ///< of each row that has a label, from 1
};

/// The rows of a file, or of standard input for `-`. `name` stands in errors. Error for damaged
/// files, and for rows of another length.
InputRows read_input_rows(const std::string& path, const std::string& name, int64_t columns);

/// The label of row `row`, from 0, as a class. Error unless it is a whole number from 0 to below
/// `classes`.
int32_t class_label(const InputRows& rows, int64_t row, int64_t classes, const std::string& name);
/// The same as a number. Error where an f32 can't hold it.
float number_label(const InputRows& rows, int64_t row, const std::string& name);

}  // namespace lathe::cli
