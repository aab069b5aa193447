#include "tools/plot/png.h"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "ir/error.h"
#include "tools/plot/stroke_font.h"

namespace lathe::plot {
namespace {

using Line = std::vector<Point>;

constexpr int kLevels = 15;  ///< of smoothing: so few that a picture has few colours

double distance(const Point& p, const Point& a, const Point& b) {
  const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  const double along =
      length > 0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0) : 0;
  return std::hypot(p.x - a.x - along * dx, p.y - a.y - along * dy);
}

/// The dashes of a line.
std::vector<Line> dashes(const Line& line, double dash, double gap) {
  std::vector<Line> out;
  bool down = true;
  double left = dash;
  for (size_t i = 0; i + 1 < line.size(); ++i) {
    Point from = line[i];
    const Point to = line[i + 1];
    for (double length = std::hypot(to.x - from.x, to.y - from.y); length > 0;) {
      const double step = std::min(left, length);
      const Point next = {from.x + (to.x - from.x) * step / length,
                          from.y + (to.y - from.y) * step / length};
      if (down) {
        if (left == dash || out.empty()) out.push_back({from});
        out.back().push_back(next);
      }
      from = next;
      length -= step;
      left -= step;
      if (left > 0) continue;
      down = !down;
      left = down ? dash : gap;
    }
  }
  return out;
}

/// Pixels, and how much of each the element that is being drawn covers.
class Canvas {
 public:
  Canvas(int width, int height, uint32_t ground)
      : width_(width), height_(height), cover_(pixels()), rgb_(3 * pixels()) {
    for (size_t i = 0; i < rgb_.size(); ++i) rgb_[i] = static_cast<float>(channel(ground, i % 3));
  }

  /// Lines with round ends, as one: where they cross nothing is darker.
  void draw(const std::vector<Line>& lines, double pen, uint32_t tone, double opacity = 1) {
    left_ = width_, top_ = height_, right_ = bottom_ = 0;
    for (const Line& line : lines) {
      for (size_t i = 0; i < line.size(); ++i) {
        if (i + 1 < line.size() || i == 0) {
          segment(line[i], line[std::min(i + 1, line.size() - 1)], pen / 2);
        }
      }
    }
    blend(tone, static_cast<float>(opacity));
  }

  /// With a palette, which makes the file a quarter as large: a picture has few colours but where
  /// smoothed edges cross, and those may be the nearest one.
  std::string encoded() const {
    const std::vector<uint32_t> pixels = colors();
    std::map<uint32_t, size_t> counts;
    for (const uint32_t color : pixels) ++counts[color];
    std::vector<std::pair<uint32_t, size_t>> common(counts.begin(), counts.end());
    std::sort(common.begin(), common.end(), [](const auto& a, const auto& b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    common.resize(std::min<size_t>(common.size(), 256));
    std::string palette, bytes;
    for (const auto& [color, count] : common) {
      for (size_t c = 0; c < 3; ++c) palette += static_cast<char>(channel(color, c));
    }
    std::map<uint32_t, char> places;
    for (const auto& [color, count] : counts) places[color] = nearest(color, common);
    for (const uint32_t color : pixels) bytes += places.at(color);
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(width_);
    image.height = static_cast<png_uint_32>(height_);
    image.format = PNG_FORMAT_RGB_COLORMAP;
    image.colormap_entries = static_cast<png_uint_32>(common.size());
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    std::string png(size, '\0');
    if (!png_image_write_to_memory(&image, png.data(), &size, 0, bytes.data(), 0, palette.data())) {
      throw Error(fmt::format("can't make a PNG: {}", image.message));
    }
    png.resize(size);
    return png;
  }

 private:
  static int channel(uint32_t tone, size_t i) {
    return static_cast<int>(tone >> (16 - 8 * i) & 0xff);
  }

  std::vector<uint32_t> colors() const {
    std::vector<uint32_t> all;
    for (size_t i = 0; i < rgb_.size(); i += 3) {
      uint32_t color = 0;
      for (size_t c = 0; c < 3; ++c) {
        color = color << 8 | static_cast<uint32_t>(std::lround(rgb_[i + c]));
      }
      all.push_back(color);
    }
    return all;
  }

  /// The place of the colour in `palette` that is least apart.
  static char nearest(uint32_t color, const std::vector<std::pair<uint32_t, size_t>>& palette) {
    size_t best = 0;
    int least = std::numeric_limits<int>::max();
    for (size_t i = 0; i < palette.size(); ++i) {
      int apart = 0;
      for (size_t c = 0; c < 3; ++c) {
        const int d = channel(color, c) - channel(palette[i].first, c);
        apart += d * d;
      }
      if (apart < least) {
        least = apart;
        best = i;
      }
    }
    return static_cast<char>(best);
  }

  size_t pixels() const { return static_cast<size_t>(width_) * static_cast<size_t>(height_); }

  void segment(const Point& a, const Point& b, double radius) {
    const auto [x0, x1] = reach(a.x, b.x, radius, width_);
    const auto [y0, y1] = reach(a.y, b.y, radius, height_);
    for (int y = y0; y < y1; ++y) {
      for (int x = x0; x < x1; ++x) {
        const double far = distance({x + 0.5, y + 0.5}, a, b);
        float& cover = cover_[at(x, y)];
        const double covered = std::clamp(radius - far + 0.5, 0.0, 1.0);
        cover = std::max(cover, static_cast<float>(std::lround(kLevels * covered)) / kLevels);
      }
    }
    left_ = std::min(left_, x0), right_ = std::max(right_, x1);
    top_ = std::min(top_, y0), bottom_ = std::max(bottom_, y1);
  }

  /// The pixels, first and one behind the last, that a pen may touch on its way from a to b.
  static std::pair<int, int> reach(double a, double b, double radius, int size) {
    const auto inside = [size](double v) { return std::clamp(v, 0.0, static_cast<double>(size)); };
    return {static_cast<int>(inside(std::floor(std::min(a, b) - radius - 1))),
            static_cast<int>(inside(std::ceil(std::max(a, b) + radius + 1)))};
  }

  size_t at(int x, int y) const {
    return static_cast<size_t>(y) * static_cast<size_t>(width_) + static_cast<size_t>(x);
  }

  void blend(uint32_t tone, float opacity) {
    for (int y = top_; y < bottom_; ++y) {
      for (int x = left_; x < right_; ++x) {
        float& cover = cover_[at(x, y)];
        for (size_t c = 0; c < 3 && cover > 0; ++c) {
          float& value = rgb_[3 * at(x, y) + c];
          value += opacity * cover * (static_cast<float>(channel(tone, c)) - value);
        }
        cover = 0;
      }
    }
  }

  int width_, height_;
  std::vector<float> cover_, rgb_;
  int left_ = 0, top_ = 0, right_ = 0, bottom_ = 0;  ///< what the element may cover
};

class Painter {
 public:
  Painter(Canvas& canvas, double scale) : canvas_(canvas), scale_(scale) {}

  void operator()(const Path& path) {
    const Line line = scaled(path.points);
    canvas_.draw(
        path.dashed ? dashes(line, kDash * scale_, kGap * scale_) : std::vector<Line>{line},
        path.width * scale_, tones(path.ink).light);
  }

  void operator()(const Dot& dot) {
    canvas_.draw({scaled({dot.at})}, 2 * dot.radius * scale_, tones(dot.ink).light, dot.opacity);
  }

  void operator()(const Text& text) {
    double back = 0;  // of the way from the anchor to the left end
    if (text.anchor == Anchor::Middle) back = text_width(text.text, text.size) / 2;
    if (text.anchor == Anchor::End) back = text_width(text.text, text.size);
    std::vector<Line> lines = text_strokes(text.text, text.size);
    for (Line& line : lines) {
      for (Point& p : line) {
        const double along = p.x - back, down = p.y;
        p = text.upward ? Point{text.at.x + down, text.at.y - along}
                        : Point{text.at.x + along, text.at.y + down};
      }
      line = scaled(line);
    }
    canvas_.draw(lines, pen_width(text.size, text.bold) * scale_, tones(text.ink).light);
  }

 private:
  Line scaled(Line line) const {
    for (Point& p : line) p = {p.x * scale_, p.y * scale_};
    return line;
  }

  Canvas& canvas_;
  double scale_;
};

}  // namespace

std::string to_png(const Scene& scene, double scale) {
  const auto pixels = [scale](double units) { return static_cast<int>(std::ceil(units * scale)); };
  Canvas canvas(pixels(scene.width), pixels(scene.height), tones(Ink::Paper).light);
  Painter painter(canvas, scale);
  for (const Element& element : scene.elements) std::visit(painter, element);
  return canvas.encoded();
}

}  // namespace lathe::plot
