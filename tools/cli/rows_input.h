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
  /// The classes of the rows, where a CSV header names a column `label`; otherwise empty.
  std::vector<int32_t> labels;
};

/// The rows of a file, or of standard input for `-`. `name` stands in errors. Error for damaged
/// files, for rows of another length, and for labels that are no whole number from 0.
InputRows read_input_rows(const std::string& path, const std::string& name, int64_t columns);

}  // namespace lathe::cli
