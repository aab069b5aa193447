#include "tools/plot/stroke_font.h"

#include <array>
#include <optional>
#include <string>

#include "ir/error.h"
#include "tools/plot/utf8.h"

namespace lathe::plot {
namespace {

constexpr double kCapital = 14, kCapitalShare = 0.72, kGapBehind = 3.4, kSpace = 4;

struct Stroke {
  std::vector<Point> points;  ///< y upward, as in glyphs.def
  bool smooth = false;
};

struct Glyph {
  double width = 0;
  std::vector<std::vector<Point>> lines;
};

double coordinate(char c) {
  return c >= 'A' ? c - 'A' + 10 : c - '0';
}

std::vector<Stroke> read_strokes(std::string_view text) {
  std::vector<Stroke> strokes(1);
  for (size_t i = 0; i < text.size();) {
    if (text[i] == ' ') {
      strokes.emplace_back();
      ++i;
    } else if (text[i] == '~') {
      strokes.back().smooth = true;
      ++i;
    } else {
      LATHE_CHECK(i + 1 < text.size(), "a point of a glyph has two characters");
      strokes.back().points.push_back(
          {coordinate(text[i]), static_cast<double>(text[i + 1] - 'e')});
      i += 2;
    }
  }
  return strokes;
}

/// Catmull-Rom: through each point in the direction from the one before it to the one behind.
std::vector<Point> bent(const std::vector<Point>& knots) {
  constexpr int kPieces = 6;
  const auto n = static_cast<int>(knots.size());
  const bool closed = knots.front().x == knots.back().x && knots.front().y == knots.back().y;
  const auto knot = [&](int i) {
    if (closed) return knots[static_cast<size_t>((i + n - 1) % (n - 1))];
    return knots[static_cast<size_t>(i < 0 ? 0 : i >= n ? n - 1 : i)];
  };
  std::vector<Point> line = {knots.front()};
  for (int i = 0; i + 1 < n; ++i) {
    const Point a = knot(i - 1), b = knot(i), c = knot(i + 1), d = knot(i + 2);
    for (int k = 1; k <= kPieces; ++k) {
      const double t = static_cast<double>(k) / kPieces;
      const auto at = [t](double p, double q, double r, double s) {
        return q + 0.5 * t * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)));
      };
      line.push_back({at(a.x, b.x, c.x, d.x), at(a.y, b.y, c.y, d.y)});
    }
  }
  return line;
}

Glyph make_glyph(double width, std::string_view strokes) {
  Glyph glyph;
  glyph.width = width;
  for (const Stroke& s : read_strokes(strokes)) {
    glyph.lines.push_back(s.smooth ? bent(s.points) : s.points);
  }
  return glyph;
}

struct Font {
  std::array<std::optional<Glyph>, 128> ascii;
  Glyph box = make_glyph(7, "0e0s7s7e0e");

  Font() {
    ascii[' '] = Glyph{kSpace, {}};
#define GLYPH(character, width, strokes) ascii[character] = make_glyph(width, strokes);
#include "tools/plot/glyphs.def"
#undef GLYPH
  }

  const Glyph& of(char32_t c) const { return c < ascii.size() && ascii[c] ? *ascii[c] : box; }
};

const Font& font() {
  static const Font made;
  return made;
}

double unit(double size) {
  return size * kCapitalShare / kCapital;
}

}  // namespace

std::vector<std::vector<Point>> text_strokes(std::string_view text, double size) {
  std::vector<std::vector<Point>> lines;
  double x = 0;
  for (const char32_t c : code_points(text)) {
    const Glyph& glyph = font().of(c);
    for (const auto& points : glyph.lines) {
      auto& line = lines.emplace_back();
      for (const Point& p : points) line.push_back({(x + p.x) * unit(size), -p.y * unit(size)});
    }
    x += glyph.width + kGapBehind;
  }
  return lines;
}

double text_width(std::string_view text, double size) {
  double x = 0;
  for (const char32_t c : code_points(text)) x += font().of(c).width + kGapBehind;
  return x > 0 ? (x - kGapBehind) * unit(size) : 0;
}

double pen_width(double size, bool bold) {
  return size * (bold ? 0.125 : 0.085);
}

}  // namespace lathe::plot
