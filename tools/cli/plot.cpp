#include "tools/cli/plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace lathe::cli {
namespace {

constexpr int kRows = 12;
constexpr std::string_view kMarks = "*o+x#@%&";
constexpr std::array kColors = {"36", "33", "35", "32", "34", "31"};

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;

  void add(double v) {
    v = std::clamp(v, -kFar, kFar);
    low = std::min(low, v);
    high = std::max(high, v);
  }
  bool empty() const { return low > high; }
  /// 0 … 1; the middle where all values are equal.
  double place(double v) const {
    return high > low ? (std::clamp(v, -kFar, kFar) - low) / (high - low) : 0.5;
  }

 private:
  static constexpr double kFar = 1e300;  ///< so that a difference of two is finite
};

/// Character cells, each with the dots or the letter of the curve that was drawn last.
class Canvas {
 public:
  /// `fine`: eight dots a cell; they need colours to tell curves apart.
  Canvas(const Terminal& terminal, int columns, bool fine)
      : terminal_(terminal),
        columns_(columns),
        fine_(fine),
        fine_x_(fine ? 2 : 1),
        fine_y_(fine ? 4 : 1),
        dots_(static_cast<size_t>(columns * kRows)),
        curve_(dots_.size(), -1) {}

  /// A line between two points in 0 … 1, y upward.
  void line(double x0, double y0, double x1, double y1, int curve) {
    const int width = columns_ * fine_x_ - 1, height = kRows * fine_y_ - 1;
    const double ax = x0 * width, ay = (1 - y0) * height, bx = x1 * width, by = (1 - y1) * height;
    const int steps =
        std::max(1, static_cast<int>(std::ceil(std::max(std::fabs(bx - ax), std::fabs(by - ay)))));
    for (int i = 0; i <= steps; ++i) {
      const double t = static_cast<double>(i) / steps;
      dot(static_cast<int>(std::lround(ax + t * (bx - ax))),
          static_cast<int>(std::lround(ay + t * (by - ay))), curve);
    }
  }

  std::string row(int y) const {
    std::string out;
    for (int x = 0; x < columns_; ++x) {
      const auto i = static_cast<size_t>(y * columns_ + x);
      out += curve_[i] < 0 ? " " : cell(i);
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
  }

 private:
  void dot(int x, int y, int curve) {
    static constexpr std::array<std::array<uint8_t, 4>, 2> kBraille = {
        {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}};
    const auto i = static_cast<size_t>(y / fine_y_ * columns_ + x / fine_x_);
    const auto column = static_cast<size_t>(x % fine_x_), line = static_cast<size_t>(y % fine_y_);
    dots_[i] = static_cast<uint8_t>(dots_[i] | kBraille[column][line]);
    curve_[i] = curve;
  }

  std::string cell(size_t i) const {
    const auto curve = static_cast<size_t>(curve_[i]);
    std::string text(1, kMarks[curve % kMarks.size()]);
    if (fine_) {
      const int code = 0x2800 + dots_[i];  // three bytes of UTF-8
      text = {static_cast<char>(0xe0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3f)),
              static_cast<char>(0x80 | (code & 0x3f))};
    }
    return terminal_.color()
               ? fmt::format("\033[{}m{}\033[0m", kColors[curve % kColors.size()], text)
               : text;
  }

  const Terminal& terminal_;
  int columns_;
  bool fine_;
  int fine_x_, fine_y_;
  std::vector<uint8_t> dots_;
  std::vector<int> curve_;
};

bool drawable(const Curve& curve, size_t i) {
  return i < curve.x.size() && i < curve.y.size() && std::isfinite(curve.x[i]) &&
         std::isfinite(curve.y[i]);
}

std::string legend_mark(const Terminal& terminal, size_t curve) {
  const std::string mark = terminal.unicode() && terminal.color()
                               ? "\u2501\u2501"
                               : std::string(1, kMarks[curve % kMarks.size()]);
  if (!terminal.color()) return mark;
  return fmt::format("\033[{}m{}\033[0m", kColors[curve % kColors.size()], mark);
}

}  // namespace

std::string draw_plot(const Terminal& terminal, const std::string& title,
                      std::span<const Curve> curves) {
  Range xs, ys;
  for (const Curve& curve : curves) {
    for (size_t i = 0; i < curve.x.size(); ++i) {
      if (!drawable(curve, i)) continue;
      xs.add(curve.x[i]);
      ys.add(curve.y[i]);
    }
  }
  if (xs.empty()) return "";
  const int label = 8, columns = std::clamp(terminal.width() - label - 3, 20, 72);
  const bool fine = terminal.unicode() && (terminal.color() || curves.size() == 1);
  Canvas canvas(terminal, columns, fine);
  for (size_t c = 0; c < curves.size(); ++c) {
    const Curve& curve = curves[c];
    double last_x = 0, last_y = 0;
    bool pen_down = false;
    for (size_t i = 0; i < curve.x.size(); ++i) {
      if (!drawable(curve, i)) {
        pen_down = false;
        continue;
      }
      const double x = xs.place(curve.x[i]), y = ys.place(curve.y[i]);
      canvas.line(pen_down ? last_x : x, pen_down ? last_y : y, x, y, static_cast<int>(c));
      last_x = x;
      last_y = y;
      pen_down = true;
    }
  }
  std::string out = terminal.bold(title) + "\n";
  for (int y = 0; y < kRows; ++y) {
    std::string mark;
    if (y == 0) mark = fmt::format("{:.4g}", ys.high);
    if (y == kRows - 1 && ys.high > ys.low) mark = fmt::format("{:.4g}", ys.low);
    out += fmt::format("{:>{}} {} {}\n", mark, label, terminal.unicode() ? "\u2502" : "|",
                       canvas.row(y));
  }
  const std::string first = fmt::format("{:.4g}", xs.low), last = fmt::format("{:.4g}", xs.high);
  out += fmt::format("{:>{}}   {}{:>{}}\n", "", label, first, xs.high > xs.low ? last : "",
                     columns - static_cast<int>(first.size()));
  std::string legend;
  for (size_t c = 0; c < curves.size(); ++c) {
    legend += fmt::format("  {} {}", legend_mark(terminal, c), curves[c].name);
  }
  return out + fmt::format("{:>{}} {}\n", "", label, legend);
}

}  // namespace lathe::cli
