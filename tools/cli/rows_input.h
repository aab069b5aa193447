// Inputs of `lathe predict`, told apart by content: pictures, IDX, .npy, rows of numbers.
#pragma once

#include <string>

#include "lathe/array.h"

namespace lathe::cli {

/// The rows of a file, or of standard input for `-`, as [n, columns], n from 1: u8 for pictures and
/// IDX, f32 for numbers. `name` stands in errors. Error for damaged files, and for rows of another
/// length.
Array read_input_rows(const std::string& path, const std::string& name, int64_t columns);

}  // namespace lathe::cli
