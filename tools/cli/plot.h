// Curves as text: braille dots where the terminal has them, a letter a curve elsewhere.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tools/cli/terminal.h"

namespace lathe::cli {

struct Curve {
  std::string name;
  std::vector<double> x, y;  ///< as many; points that are not finite are left out
};

/// A title, a frame with the range of both axes, the curves and their legend. Empty when no curve
/// has a finite point.
std::string draw_plot(const Terminal& terminal, const std::string& title,
                      std::span<const Curve> curves);

}  // namespace lathe::cli
