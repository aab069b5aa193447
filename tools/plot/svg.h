// A scene as SVG.
#pragma once

#include <string>
#include <string_view>

#include "tools/plot/scene.h"

namespace lathe::plot {

/// A file that stands alone and asks nothing of a network: light or dark as the reader's screen is.
/// Characters that XML or UTF-8 does not allow become replacement characters.
std::string to_svg(const Scene& scene);

/// The same within an HTML page, as wide as the room it gets; also well-formed XML. Its look comes from
/// svg_rules(), of which a page needs one for all its pictures.
std::string svg_element(const Scene& scene);
/// For a page's <style>; they touch nothing but svg_element()s, which have the class `plot`.
std::string svg_rules();

/// For the text of an element of XML or HTML, or an attribute in double quotes.
std::string escaped(std::string_view text);

}  // namespace lathe::plot
