// Curves over axes, put together to a scene.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/plot/scene.h"

namespace lathe::plot {

enum class Mark : uint8_t { Line, Dashed, Dots, LineAndDots };

struct Series {
  std::string name;  ///< what the legend calls it; series of one name share its entry
  /// As many of each. A point that is not finite, or not above 0 on a logarithmic axis, is left out
  /// and breaks the line.
  std::vector<double> x, y;
  Ink ink = Ink::Curve1;
  Mark mark = Mark::Line;
  double dot = 2.6;  ///< the radius of its dots
  double line = 2;   ///< the width of its line
  /// Of its dots, up to 1; below it many that lie on each other look darker than a few.
  double opacity = 1;
};

/// Whole: linear, no fractions beside it. Time: days since 1970-01-01, dates beside it.
enum class Scale : uint8_t { Linear, Log, Whole, Time };

struct Axis {
  std::string label;
  Scale scale = Scale::Linear;
  std::vector<double> ticks;  ///< where the numbers stand; empty: where it is nice
  std::vector<double> holds;  ///< belongs to the range even if no curve comes there
};

struct Panel {
  std::string title;
  Axis x, y;
  std::vector<Series> series;
};

struct PanelSize {
  double width = 0, height = 0;
};

/// Panels in rows of two, one alone larger, under a title and a legend of all their series.
struct Figure {
  std::string title;
  std::vector<Panel> panels;
  double title_size = 17;
  std::optional<PanelSize> size;  ///< of each; otherwise 640 by 400 alone and 410 by 290 in rows
};

/// A panel without a point to draw says so.
Scene draw(const Figure& figure);

}  // namespace lathe::plot
