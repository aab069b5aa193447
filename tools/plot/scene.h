// A picture as lines, dots and words, before it is written in one form or another.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace lathe::plot {

enum class Ink : uint8_t {
#define INK(name, light, dark) name,
#include "tools/plot/inks.def"
#undef INK
};

struct InkTones {
  Ink ink;
  uint32_t light, dark;  ///< 0xrrggbb
};
std::span<const InkTones> all_inks();
const InkTones& tones(Ink ink);
/// The ink of curve `number` (0, 1, …); they begin anew after the last.
Ink curve_ink(size_t number);

/// x to the right, y downward, a unit a pixel at scale 1.
struct Point {
  double x = 0, y = 0;
};

struct Path {
  std::vector<Point> points;
  double width = 1;
  Ink ink = Ink::Text;
  bool dashed = false;
};

struct Dot {
  Point at;
  double radius = 2;
  Ink ink = Ink::Text;
  double opacity = 1;
};

enum class Anchor : uint8_t { Start, Middle, End };

struct Text {
  Point at;  ///< on the baseline, where `anchor` says
  std::string text;
  double size = 12;
  Ink ink = Ink::Text;
  Anchor anchor = Anchor::Start;
  bool bold = false;
  bool upward = false;  ///< read from the bottom to the top
};

using Element = std::variant<Path, Dot, Text>;

struct Scene {
  double width = 0, height = 0;
  std::string title;              ///< in words, for who can't see it
  std::vector<Element> elements;  ///< later ones over earlier ones
};

/// The lengths of a dash and of the gap behind it.
inline constexpr double kDash = 5, kGap = 3.5;

}  // namespace lathe::plot
