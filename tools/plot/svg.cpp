#include "tools/plot/svg.h"

#include <fmt/format.h>

#include "tools/plot/utf8.h"

namespace lathe::plot {
namespace {

/// Two decimals at most, which is finer than anyone sees.
std::string number(double v) {
  std::string text = fmt::format("{:.2f}", v);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char32_t c : code_points(text)) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      append_utf8(out, c < 0x20 || c == 0xfffe || c == 0xffff ? kReplacement : c);
    }
  }
  return out;
}

std::string style() {
  std::string light, dark;
  for (const InkTones& ink : all_inks()) {
    const auto rules = [&](uint32_t tone) {
      return fmt::format(".s{0}{{stroke:#{1:06x}}}.f{0}{{fill:#{1:06x}}}",
                         static_cast<int>(ink.ink), tone);
    };
    light += rules(ink.light);
    dark += rules(ink.dark);
  }
  return fmt::format(
      "<style>path{{fill:none;stroke-linecap:round;stroke-linejoin:round}}"
      "text{{font-family:system-ui,\"Helvetica Neue\",Helvetica,Arial,\"DejaVu "
      "Sans\",sans-serif}}\n"
      "{}\n@media (prefers-color-scheme:dark){{{}}}</style>\n",
      light, dark);
}

std::string written(const Path& path) {
  if (path.points.empty()) return "";
  std::string d;
  for (const Point& p : path.points) {
    d += fmt::format("{}{} {}", d.empty() ? "M" : "L", number(p.x), number(p.y));
  }
  const std::string dashes =
      path.dashed ? fmt::format(" stroke-dasharray=\"{} {}\"", kDash, kGap) : "";
  return fmt::format("<path class=\"s{}\" stroke-width=\"{}\"{} d=\"{}\"/>\n",
                     static_cast<int>(path.ink), number(path.width), dashes, d);
}

std::string written(const Dot& dot) {
  return fmt::format("<circle class=\"f{}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>\n",
                     static_cast<int>(dot.ink), number(dot.at.x), number(dot.at.y),
                     number(dot.radius));
}

std::string written(const Text& text) {
  const std::string x = number(text.at.x), y = number(text.at.y);
  std::string attributes;
  if (text.anchor == Anchor::Middle) attributes += " text-anchor=\"middle\"";
  if (text.anchor == Anchor::End) attributes += " text-anchor=\"end\"";
  if (text.bold) attributes += " font-weight=\"600\"";
  if (text.upward) attributes += fmt::format(" transform=\"rotate(-90 {} {})\"", x, y);
  return fmt::format("<text class=\"f{}\" x=\"{}\" y=\"{}\" font-size=\"{}\"{}>{}</text>\n",
                     static_cast<int>(text.ink), x, y, number(text.size), attributes,
                     escaped(text.text));
}

}  // namespace

std::string to_svg(const Scene& scene) {
  const std::string width = number(scene.width), height = number(scene.height);
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\" role=\"img\">\n<title>{2}</title>\n{3}"
      "<rect class=\"f{4}\" width=\"{0}\" height=\"{1}\"/>\n",
      width, height, escaped(scene.title), style(), static_cast<int>(Ink::Paper));
  for (const Element& element : scene.elements) {
    out += std::visit([](const auto& e) { return written(e); }, element);
  }
  return out + "</svg>\n";
}

}  // namespace lathe::plot
