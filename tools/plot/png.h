// A scene as PNG.
#pragma once

#include <string>

#include "tools/plot/scene.h"

namespace lathe::plot {

/// On light ground, `scale` pixels a unit, every edge smoothed. The same bytes for the same scene.
std::string to_png(const Scene& scene, double scale = 2);

}  // namespace lathe::plot
