// A scene as SVG.
#pragma once

#include <string>

#include "tools/plot/scene.h"

namespace lathe::plot {

/// A file that stands alone and asks nothing of a network: light or dark as the reader's screen is.
/// Characters that XML or UTF-8 does not allow become replacement characters.
std::string to_svg(const Scene& scene);

}  // namespace lathe::plot
