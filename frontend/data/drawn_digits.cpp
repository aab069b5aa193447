#include "frontend/data/drawn_digits.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "frontend/data/digit_strokes.h"
#include "frontend/data/portable_random.h"
#include "ir/error.h"

// A fused multiply-add rounds once where two operations round twice: machines must agree.
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

namespace lathe::data {
namespace {

struct Point {
  double x = 0, y = 0;
};

using Line = std::vector<Point>;

constexpr int kStepsPerSpan = 7;

/// Picks a style by weight, a form between its two, and moves every knot a little.
std::vector<Stroke> choose_strokes(int digit, CounterRandom& random) {
  const std::span<const DigitStyle> styles = digit_styles(digit);
  double total = 0;
  for (const DigitStyle& style : styles) total += style.weight;
  double pick = random.uniform() * total;
  size_t chosen = 0;
  while (chosen + 1 < styles.size() && pick >= styles[chosen].weight) {
    pick -= styles[chosen].weight;
    chosen += 1;
  }
  const DigitStyle& style = styles[chosen];
  std::vector<Stroke> strokes = style.strokes;
  // A little beyond both forms, too.
  const double between = random.uniform(-0.25, 1.25);
  const double wobble = random.uniform(1.0, 6.5);
  for (size_t s = 0; s < strokes.size(); ++s) {
    for (size_t k = 0; k < strokes[s].size(); ++k) {
      Knot& knot = strokes[s][k];
      if (!style.other.empty()) {
        const Knot& other = style.other[s][k];
        knot.x += (other.x - knot.x) * between;
        knot.y += (other.y - knot.y) * between;
        if (between > 0.5) knot.corner = other.corner;
      }
      knot.x += wobble * random.bell();
      knot.y += wobble * random.bell();
    }
  }
  return strokes;
}

/// A curve through the knots (Catmull-Rom: the direction at a knot is that between its neighbours),
/// broken at corners, as a polyline.
Line trace(const Stroke& stroke) {
  Line line;
  const auto knot = [&](size_t i) { return Point{stroke[i].x, stroke[i].y}; };
  line.push_back(knot(0));
  for (size_t i = 0; i + 1 < stroke.size(); ++i) {
    const Point a = knot(i), b = knot(i + 1);
    const bool free_start = i == 0 || stroke[i].corner;
    const bool free_end = i + 2 == stroke.size() || stroke[i + 1].corner;
    const Point before = free_start ? a : knot(i - 1);
    const Point after = free_end ? b : knot(i + 2);
    const double half_start = free_start ? 1.0 : 0.5, half_end = free_end ? 1.0 : 0.5;
    const Point da{(b.x - before.x) * half_start, (b.y - before.y) * half_start};
    const Point db{(after.x - a.x) * half_end, (after.y - a.y) * half_end};
    for (int step = 1; step <= kStepsPerSpan; ++step) {
      const double t = static_cast<double>(step) / kStepsPerSpan, t2 = t * t, t3 = t2 * t;
      const double ha = 2 * t3 - 3 * t2 + 1, hda = t3 - 2 * t2 + t;
      const double hb = 3 * t2 - 2 * t3, hdb = t3 - t2;
      line.push_back({ha * a.x + hda * da.x + hb * b.x + hdb * db.x,
                      ha * a.y + hda * da.y + hb * b.y + hdb * db.y});
    }
  }
  return line;
}

/// Bends the plane by a few long waves, then slants, stretches and turns it.
void distort(std::vector<Line>& lines, int digit, CounterRandom& random) {
  struct Wave {
    double fx, fy, phase, ax, ay;
  };
  std::array<Wave, 3> waves{};
  const double strength = random.uniform(0.5, 5.0);
  for (Wave& w : waves) {
    w = {random.uniform(-1, 1) / 110, random.uniform(-1, 1) / 110, random.uniform(),
         strength * random.bell(), strength * random.bell()};
  }
  // Hands lean to the right on average; a one has nothing but its lean.
  const double slant = 0.16 + (digit == 1 ? 0.34 : 0.26) * random.bell();
  const double turn = 0.02 * random.bell();  // of a full turn: a deviation of 7 degrees
  const double wide = 1.12 + 0.22 * random.bell();
  const double s = sin_turns(turn), c = cos_turns(turn);
  for (Line& line : lines) {
    for (Point& p : line) {
      Point q = p;
      for (const Wave& w : waves) {
        const double wave = sin_turns(w.fx * p.x + w.fy * p.y + w.phase);
        q.x += w.ax * wave;
        q.y += w.ay * wave;
      }
      const double x = (q.x - 50) * wide - (q.y - 70) * slant, y = q.y - 70;
      p = {c * x - s * y, s * x + c * y};
    }
  }
}

/// Moves and scales so that the strokes with their width just fill the box, and no less.
void fit(std::vector<Line>& lines, double radius) {
  double left = 1e9, right = -1e9, top = 1e9, bottom = -1e9;
  for (const Line& line : lines) {
    for (const Point& p : line) {
      left = std::min(left, p.x), right = std::max(right, p.x);
      top = std::min(top, p.y), bottom = std::max(bottom, p.y);
    }
  }
  const double room = kDigitBox - 2 * radius;
  const double scale = room / std::max({right - left, bottom - top, 1.0});
  const double dx = kDigitBox * 0.5 - (left + right) * 0.5 * scale;
  const double dy = kDigitBox * 0.5 - (top + bottom) * 0.5 * scale;
  for (Line& line : lines) {
    for (Point& p : line) p = {p.x * scale + dx, p.y * scale + dy};
  }
}

using Box = std::array<double, kDigitBox * kDigitBox>;

/// Lowers `depth` (distance to the ink's edge, negative inside) where the segment is near.
void stamp(Point a, Point b, double radius_a, double radius_b, Box& depth) {
  const double reach = std::max(radius_a, radius_b) + 1.5;
  const auto cell = [](double v) { return std::clamp(static_cast<int>(v), 0, kDigitBox - 1); };
  const int left = cell(std::min(a.x, b.x) - reach), right = cell(std::max(a.x, b.x) + reach);
  const int top = cell(std::min(a.y, b.y) - reach), bottom = cell(std::max(a.y, b.y) + reach);
  const double ux = b.x - a.x, uy = b.y - a.y, length2 = ux * ux + uy * uy;
  const double inverse = length2 > 0 ? 1.0 / length2 : 0.0;
  for (int y = top; y <= bottom; ++y) {
    for (int x = left; x <= right; ++x) {
      const double px = x + 0.5 - a.x, py = y + 0.5 - a.y;
      const double t = std::clamp((px * ux + py * uy) * inverse, 0.0, 1.0);
      const double ex = px - t * ux, ey = py - t * uy;
      const double d = std::sqrt(ex * ex + ey * ey) - (radius_a + (radius_b - radius_a) * t);
      double& cell_depth = depth[static_cast<size_t>(y * kDigitBox + x)];
      cell_depth = std::min(cell_depth, d);
    }
  }
}

/// Draws the strokes with a pen whose pressure swells and fades along them.
Box ink(const std::vector<Line>& lines, double radius, CounterRandom& random) {
  Box depth;
  depth.fill(1e9);
  const double swell = random.uniform(0.0, 0.25), pace = random.uniform(0.01, 0.05);
  double phase = random.uniform();
  for (const Line& line : lines) {
    double here = radius;
    for (size_t i = 0; i + 1 < line.size(); ++i) {
      phase += pace;
      const double next = radius * (1 + swell * sin_turns(phase));
      stamp(line[i], line[i + 1], here, next, depth);
      here = next;
    }
  }
  return depth;
}

}  // namespace

DigitImage draw_digit(int digit, uint64_t seed, uint64_t stream, uint64_t item) {
  CounterRandom random(seed, stream, item);
  std::vector<Line> lines;
  for (const Stroke& stroke : choose_strokes(digit, random)) lines.push_back(trace(stroke));
  distort(lines, digit, random);
  const double radius = std::clamp(1.35 + 0.4 * random.bell(), 0.6, 2.6);
  fit(lines, radius);
  const Box depth = ink(lines, radius, random);

  const double softness = random.uniform(0.8, 1.6), strength = random.uniform(245, 290);
  const double noise = random.uniform(0, 0.12);
  std::array<uint8_t, kDigitBox * kDigitBox> box{};
  for (size_t i = 0; i < box.size(); ++i) {
    double cover = 0.5 - depth[i] / softness;
    if (cover <= 0) continue;
    cover = std::min(cover, 1.0) + noise * random.bell();
    box[i] = static_cast<uint8_t>(std::clamp(cover * strength + 0.5, 0.0, 255.0));
  }
  return center_by_mass(box);
}

ImageDataset draw_digits(uint64_t seed, int64_t n_train, int64_t n_test) {
  if (n_train < 0 || n_test < 0) {
    throw Error(fmt::format("can't draw {} and {} digits", n_train, n_test));
  }
  ImageDataset set;
  set.rows = set.cols = kDigitSide;
  set.classes = 10;
  set.source = "drawn";
  set.drawn = true;
  const auto draw = [&](uint64_t half, int64_t count, std::vector<uint8_t>& images,
                        std::vector<uint8_t>& labels) {
    images.reserve(static_cast<size_t>(count) * kDigitSide * kDigitSide);
    labels.reserve(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i) {
      const auto item = static_cast<uint64_t>(i);
      const int digit = static_cast<int>(CounterRandom(seed, 2 * half, item).below(10));
      const DigitImage image = draw_digit(digit, seed, 2 * half + 1, item);
      images.insert(images.end(), image.begin(), image.end());
      labels.push_back(static_cast<uint8_t>(digit));
    }
  };
  draw(0, n_train, set.train_images, set.train_labels);
  draw(1, n_test, set.test_images, set.test_labels);
  return set;
}

}  // namespace lathe::data
