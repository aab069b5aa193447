#include "tools/plot/chart.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "tools/plot/axis_range.h"
#include "tools/plot/stroke_font.h"
#include "tools/plot/utf8.h"

namespace lathe::plot {
namespace {

constexpr double kMargin = 20, kPanelTitle = 13.5, kLabel = 12, kTick = 11;
constexpr double kLegendRow = 20, kSample = 24, kPanelGap = 28;

struct Box {
  double left = 0, top = 0, width = 0, height = 0;

  double right() const { return left + width; }
  double bottom() const { return top + height; }
};

bool has_line(Mark mark) {
  return mark != Mark::Dots;
}

bool has_dots(Mark mark) {
  return mark == Mark::Dots || mark == Mark::LineAndDots;
}

/// As much of the beginning of `text` as is not wider than `width`.
std::string fitted(const std::string& text, double size, double width) {
  if (text_width(text, size) <= width) return text;
  std::u32string letters = code_points(text);
  std::string shorter;
  do {
    letters.pop_back();
    shorter.clear();
    for (const char32_t c : letters) append_utf8(shorter, c);
    shorter += "...";
  } while (!letters.empty() && text_width(shorter, size) > width);
  return shorter;
}

/// Whether so few points lie across `width` that leaving some out is not worth it.
bool is_sparse(const std::vector<Point>& points, double width) {
  return static_cast<double>(points.size()) < 8 * width;
}

/// A line of so many points that several lie in a column of pixels: of each column the first, the
/// lowest, the highest and the last, which look the same.
std::vector<Point> thinned(const std::vector<Point>& line, double width) {
  if (is_sparse(line, width)) return line;
  std::vector<Point> out;
  for (size_t i = 0; i < line.size();) {
    size_t end = i, low = i, high = i;
    while (end < line.size() && std::floor(line[end].x * 2) == std::floor(line[i].x * 2)) {
      if (line[end].y < line[low].y) low = end;
      if (line[end].y > line[high].y) high = end;
      ++end;
    }
    size_t last = line.size();
    for (const size_t k : {i, std::min(low, high), std::max(low, high), end - 1}) {
      if (k != last) out.push_back(line[k]);
      last = k;
    }
    i = end;
  }
  return out;
}

/// Dots of one series that are so many that they lie on each other: of those in the same half of a
/// pixel, which look the same, the first.
std::vector<Point> spread(const std::vector<Point>& dots, double width) {
  if (is_sparse(dots, width)) return dots;
  std::set<std::pair<double, double>> taken;
  std::vector<Point> out;
  for (const Point& p : dots) {
    if (taken.emplace(std::floor(p.x * 2), std::floor(p.y * 2)).second) out.push_back(p);
  }
  return out;
}

class PanelDrawing {
 public:
  PanelDrawing(const Panel& panel, const Box& outer, Scene& scene)
      : panel_(panel), scene_(scene), x_(panel.x.scale), y_(panel.y.scale), plot_(outer) {}

  void draw() {
    for (const Series& s : panel_.series) {
      for (size_t i = 0; i < s.x.size(); ++i) {
        if (!x_.holds(s.x[i]) || !y_.holds(s.y[i])) continue;
        x_.add(s.x[i]);
        y_.add(s.y[i]);
      }
    }
    words({plot_.left, plot_.top + kPanelTitle}, fitted(panel_.title, kPanelTitle, plot_.width),
          kPanelTitle, Ink::Text, Anchor::Start, true);
    if (x_.empty()) {
      words({plot_.left + plot_.width / 2, plot_.top + plot_.height / 2}, "nothing to draw", kLabel,
            Ink::Faint, Anchor::Middle);
      return;
    }
    hold(panel_.x, x_);
    hold(panel_.y, y_);
    x_.widen(0.02);
    y_.widen(0.05);
    axes();
    for (const Series& s : panel_.series) curve(s);
  }

 private:
  static void hold(const Axis& axis, AxisRange& range) {
    for (const double v : axis.holds) {
      if (range.holds(v)) range.add(v);
    }
  }

  void words(Point at, const std::string& text, double size, Ink ink, Anchor anchor,
             bool bold = false, bool upward = false) {
    if (!text.empty()) scene_.elements.push_back(Text{at, text, size, ink, anchor, bold, upward});
  }

  void line(Point a, Point b, Ink ink) { scene_.elements.push_back(Path{{a, b}, 1, ink}); }

  double across(double v) const { return plot_.left + x_.place(v) * plot_.width; }
  double down(double v) const { return plot_.bottom() - y_.place(v) * plot_.height; }

  /// Labels of the x axis that stand beside each other.
  int most_across() const {
    const double widest = panel_.x.scale == Scale::Time ? text_width("2020-00-00", kTick) + 14 : 56;
    return std::max(2, static_cast<int>(plot_.width / widest));
  }

  /// Takes their room from the plot.
  void axes() {
    const double title = panel_.title.empty() ? 4 : kPanelTitle + 15;
    const double below = kTick + 9 + (panel_.x.label.empty() ? 0 : kLabel + 8);
    plot_.top += title;
    plot_.height -= title + below;
    const auto y_ticks = y_.ticks(static_cast<int>(plot_.height / 30), panel_.y.ticks);
    double widest = 0;
    for (const Tick& t : y_ticks) widest = std::max(widest, text_width(t.label, kTick));
    const double before = widest + 10 + (panel_.y.label.empty() ? 0 : kLabel + 8);
    if (!panel_.y.label.empty()) {
      words({plot_.left + kLabel - 2, plot_.top + plot_.height / 2}, panel_.y.label, kLabel,
            Ink::Faint, Anchor::Middle, false, true);
    }
    plot_.left += before;
    plot_.width -= before + 8;
    for (const Tick& t : y_ticks) {
      line({plot_.left, down(t.at)}, {plot_.right(), down(t.at)}, Ink::Grid);
      words({plot_.left - 7, down(t.at) + 0.36 * kTick}, t.label, kTick, Ink::Faint, Anchor::End);
    }
    for (const Tick& t : x_.ticks(most_across(), panel_.x.ticks)) {
      line({across(t.at), plot_.bottom()}, {across(t.at), plot_.bottom() + 4}, Ink::Axis);
      words({across(t.at), plot_.bottom() + kTick + 6}, t.label, kTick, Ink::Faint, Anchor::Middle);
    }
    line({plot_.left, plot_.bottom()}, {plot_.right(), plot_.bottom()}, Ink::Axis);
    words({plot_.left + plot_.width / 2, plot_.bottom() + kTick + kLabel + 14}, panel_.x.label,
          kLabel, Ink::Faint, Anchor::Middle);
  }

  void curve(const Series& s) {
    std::vector<Point> run;
    const auto lift = [&] {
      if (has_line(s.mark) && run.size() > 1) {
        scene_.elements.push_back(
            Path{thinned(run, plot_.width), s.line, s.ink, s.mark == Mark::Dashed});
      }
      if (has_dots(s.mark) || run.size() == 1) {
        for (const Point& p : spread(run, plot_.width)) {
          scene_.elements.push_back(Dot{p, s.dot, s.ink, s.opacity});
        }
      }
      run.clear();
    };
    for (size_t i = 0; i < s.x.size(); ++i) {
      if (x_.holds(s.x[i]) && y_.holds(s.y[i])) {
        run.push_back({across(s.x[i]), down(s.y[i])});
      } else {
        lift();
      }
    }
    lift();
  }

  const Panel& panel_;
  Scene& scene_;
  AxisRange x_, y_;
  Box plot_;
};

/// One of each name, in their order.
std::vector<const Series*> legend_entries(const Figure& figure) {
  std::vector<const Series*> entries;
  for (const Panel& panel : figure.panels) {
    for (const Series& s : panel.series) {
      const bool known = std::any_of(entries.begin(), entries.end(),
                                     [&](const Series* e) { return e->name == s.name; });
      if (!known && !s.name.empty()) entries.push_back(&s);
    }
  }
  return entries;
}

std::string entry_name(const Series& s, double width) {
  return fitted(s.name, kLabel, width - 2 * kMargin - kSample - 7);
}

/// Draws the entries from `top` on, as many a row as there is room for; returns where they end.
double draw_legend(const std::vector<const Series*>& entries, double top, Scene& scene) {
  if (entries.empty()) return top;
  double x = kMargin, y = top;
  for (const Series* s : entries) {
    const double width = kSample + 7 + text_width(entry_name(*s, scene.width), kLabel) + 22;
    if (x > kMargin && x + width > scene.width - kMargin + 22) {
      x = kMargin;
      y += kLegendRow;
    }
    const double middle = y + kLegendRow / 2;
    if (has_line(s->mark)) {
      scene.elements.push_back(
          Path{{{x, middle}, {x + kSample, middle}}, s->line, s->ink, s->mark == Mark::Dashed});
    }
    if (has_dots(s->mark)) {
      scene.elements.push_back(Dot{{x + kSample / 2, middle}, s->dot, s->ink});
    }
    scene.elements.push_back(Text{
        {x + kSample + 7, middle + 0.36 * kLabel}, entry_name(*s, scene.width), kLabel, Ink::Text});
    x += width;
  }
  return y + kLegendRow;
}

}  // namespace

Scene draw(const Figure& figure) {
  const size_t count = figure.panels.size(), columns = count > 1 ? 2 : 1;
  const auto [width, height] =
      figure.size.value_or(columns == 1 ? PanelSize{640, 400} : PanelSize{410, 290});
  Scene scene;
  scene.title = figure.title;
  scene.width = 2 * kMargin + static_cast<double>(columns) * (width + kPanelGap) - kPanelGap;
  double top = kMargin;
  const double title_size = figure.title_size;
  if (!figure.title.empty()) {
    scene.elements.push_back(Text{{kMargin, top + title_size - 3},
                                  fitted(figure.title, title_size, scene.width - 2 * kMargin),
                                  title_size,
                                  Ink::Text,
                                  Anchor::Start,
                                  true});
    top += title_size + 9;
  }
  top = draw_legend(legend_entries(figure), top, scene) + 14;
  for (size_t i = 0; i < count; ++i) {
    const Box box = {kMargin + static_cast<double>(i % columns) * (width + kPanelGap),
                     top + static_cast<double>(i / columns) * (height + kPanelGap), width, height};
    PanelDrawing(figure.panels[i], box, scene).draw();
  }
  const auto rows = static_cast<double>((count + columns - 1) / columns);
  scene.height = top + rows * (height + kPanelGap) - kPanelGap + kMargin;
  return scene;
}

}  // namespace lathe::plot
