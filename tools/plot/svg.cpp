#include "tools/plot/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <variant>

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

/// That XML does not allow.
bool is_control(char32_t c) {
  return c < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

/// With `scope` before each selector.
std::string rules(std::string_view scope) {
  std::string light, dark;
  for (const InkTones& ink : all_inks()) {
    const auto of = [&](uint32_t tone) {
      return fmt::format("{0}.s{1}{{stroke:#{2:06x}}}{0}.f{1}{{fill:#{2:06x}}}", scope,
                         static_cast<int>(ink.ink), tone);
    };
    light += of(ink.light);
    dark += of(ink.dark);
  }
  return fmt::format(
      "{0}path{{fill:none;stroke-linecap:round;stroke-linejoin:round}}"
      "{0}text{{font-family:system-ui,\"Helvetica Neue\",Helvetica,Arial,\"DejaVu "
      "Sans\",sans-serif}}\n"
      "{1}\n@media (prefers-color-scheme:dark){{{2}}}",
      scope, light, dark);
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

/// Of many dots alike the look is written once.
std::string written(std::span<const Element> dots) {
  const auto& first = std::get<Dot>(dots.front());
  std::string out = fmt::format("<g class=\"f{}\" fill-opacity=\"{}\">\n",
                                static_cast<int>(first.ink), number(first.opacity));
  for (const Element& element : dots) {
    const auto& dot = std::get<Dot>(element);
    out += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\"/>\n", number(dot.at.x),
                       number(dot.at.y), number(dot.radius));
  }
  return out + "</g>\n";
}

/// How many elements from `begin` on are transparent dots of one look.
size_t dots_alike(std::span<const Element> elements, size_t begin) {
  const auto* first = std::get_if<Dot>(&elements[begin]);
  size_t end = begin;
  while (first && first->opacity < 1 && end < elements.size()) {
    const auto* dot = std::get_if<Dot>(&elements[end]);
    if (!dot || dot->ink != first->ink || dot->opacity != first->opacity) break;
    ++end;
  }
  return end - begin;
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

/// What comes after the opening tag. `style`: what stands before the picture.
std::string body(const Scene& scene, const std::string& style) {
  std::string out =
      fmt::format("<title>{}</title>\n{}<rect class=\"f{}\" width=\"{}\" height=\"{}\"/>\n",
                  escaped(scene.title), style, static_cast<int>(Ink::Paper), number(scene.width),
                  number(scene.height));
  const std::span<const Element> elements = scene.elements;
  for (size_t i = 0; i < elements.size();) {
    const size_t dots = dots_alike(elements, i);
    out += dots > 0 ? written(elements.subspan(i, dots))
                    : std::visit([](const auto& e) { return written(e); }, elements[i]);
    i += std::max<size_t>(dots, 1);
  }
  return out + "</svg>\n";
}

}  // namespace

std::string to_svg(const Scene& scene) {
  const std::string width = number(scene.width), height = number(scene.height);
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
             "viewBox=\"0 0 {0} {1}\" role=\"img\">\n",
             width, height) +
         body(scene, fmt::format("<style>{}</style>\n", rules("")));
}

std::string svg_element(const Scene& scene) {
  return fmt::format("<svg class=\"plot\" viewBox=\"0 0 {} {}\" role=\"img\">\n",
                     number(scene.width), number(scene.height)) +
         body(scene, "");
}

std::string svg_rules() {
  return ".plot{display:block;width:100%;height:auto}\n" + rules(".plot ") + "\n";
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
      append_utf8(out, is_control(c) || c == 0xfffe || c == 0xffff ? kReplacement : c);
    }
  }
  return out;
}

}  // namespace lathe::plot
