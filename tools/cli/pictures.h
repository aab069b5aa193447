// Results as text pictures: images side by side, a confusion matrix, a progress bar.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tools/cli/terminal.h"

namespace lathe::cli {

struct Picture {
  std::span<const uint8_t> pixels;  ///< row-major, 0 to 255
  std::string caption;
};

/// Pictures of `rows` x `cols` pixels in one line of the terminal, the first ones, as many as fit,
/// without the margin that is blank in all, with captions below; half blocks where the terminal has
/// them, letters of different darkness elsewhere.
std::string draw_pictures(const Terminal& terminal, std::span<const Picture> pictures, int64_t rows,
                          int64_t cols);

/// counts[truth * classes + predicted]; a row a true class.
std::string draw_confusion(const Terminal& terminal, std::span<const int64_t> counts,
                           const std::vector<std::string>& names);

/// `[=====>    ]`, `part` from 0 to 1.
std::string draw_bar(const Terminal& terminal, double part, int width);

}  // namespace lathe::cli
