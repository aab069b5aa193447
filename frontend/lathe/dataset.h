// Labelled data sets of images, ready for fit().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lathe/array.h"

namespace lathe {

struct Examples {
  Array x;  ///< u8[n, rows * cols], pixels 0 … 255
  Array y;  ///< i32[n], 0 to classes - 1
};

struct Dataset {
  Examples train, test;
  int64_t rows = 0, cols = 0;  ///< of one image
  int64_t classes = 0;
  std::string source;  ///< the folder it came from, or `drawn`
  bool drawn = false;  ///< digits by rule, no real data
};

struct DatasetOptions {
  /// The folder that has `mnist/`; nothing: looked for in LATHE_DATA, ./data, ../shared/data and
  /// the user's cache folder.
  std::optional<std::string> dir = std::nullopt;
  uint64_t seed = 0;  ///< of drawn digits
  int64_t drawn_train = 60000, drawn_test = 10000;
};

/// MNIST; where it is not found and no folder is named, digits drawn by rule.
Dataset load_mnist(const DatasetOptions& options = {});
/// `mnist`, `fashion-mnist`. Error when the data are not found.
Dataset load_dataset(const std::string& name, const DatasetOptions& options = {});

}  // namespace lathe
