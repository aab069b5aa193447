// Letters as pen strokes, for pictures made of pixels. ASCII; any other character is a box.
#pragma once

#include <string_view>
#include <vector>

#include "tools/plot/scene.h"

namespace lathe::plot {

/// The pen's lines of a text of that size (a capital is 0.72 of it high), from the left end of its
/// baseline at 0, 0. A line of one point is a dot.
std::vector<std::vector<Point>> text_strokes(std::string_view text, double size);
double text_width(std::string_view text, double size);
/// How wide the pen is.
double pen_width(double size, bool bold);

}  // namespace lathe::plot
