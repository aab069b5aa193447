#include "frontend/data/mnist_frame.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "ir/error.h"

namespace lathe::data {
namespace {

/// A cell of an axis of the scaled image: pixels first, first + 1, ... of the original, by weight.
struct Taps {
  int64_t first = 0;
  std::vector<double> weights;
};

/// Scales an axis of `from` pixels, beginning at `origin`, to `to`: a box filter as wide as a
/// target pixel when shrinking, linear interpolation when growing.
std::vector<Taps> axis_taps(int64_t origin, int64_t from, int64_t to) {
  std::vector<Taps> taps(static_cast<size_t>(to));
  const double step = static_cast<double>(from) / static_cast<double>(to);
  for (int64_t i = 0; i < to; ++i) {
    Taps& tap = taps[static_cast<size_t>(i)];
    const double center = (static_cast<double>(i) + 0.5) * step;
    const double half = std::max(step, 1.0) / 2;
    const int64_t low = static_cast<int64_t>(std::floor(center - half));
    const int64_t high = static_cast<int64_t>(std::ceil(center + half));
    const int64_t first = std::clamp<int64_t>(low, 0, from - 1);
    tap.first = origin + first;
    tap.weights.assign(static_cast<size_t>(std::clamp<int64_t>(high - 1, 0, from - 1) - first + 1),
                       0.0);
    double sum = 0;
    for (int64_t p = low; p < high; ++p) {
      const double overlap = std::min<double>(static_cast<double>(p) + 1, center + half) -
                             std::max<double>(static_cast<double>(p), center - half);
      if (overlap <= 0) continue;
      tap.weights[static_cast<size_t>(std::clamp<int64_t>(p, 0, from - 1) - first)] += overlap;
      sum += overlap;
    }
    for (double& w : tap.weights) w /= sum;
  }
  return taps;
}

uint8_t to_byte(double ink) {
  return static_cast<uint8_t>(std::clamp(ink + 0.5, 0.0, 255.0));
}

}  // namespace

DigitImage center_by_mass(std::span<const uint8_t> box) {
  LATHE_CHECK(box.size() == kDigitBox * kDigitBox, "the box of a digit is 20x20");
  int64_t mass = 0, mass_x = 0, mass_y = 0;
  int left = kDigitBox, right = -1, top = kDigitBox, bottom = -1;
  for (int y = 0; y < kDigitBox; ++y) {
    for (int x = 0; x < kDigitBox; ++x) {
      const int ink = box[static_cast<size_t>(y * kDigitBox + x)];
      if (ink == 0) continue;
      mass += ink;
      mass_x += int64_t{ink} * (2 * x + 1);
      mass_y += int64_t{ink} * (2 * y + 1);
      left = std::min(left, x), right = std::max(right, x);
      top = std::min(top, y), bottom = std::max(bottom, y);
    }
  }
  DigitImage image{};
  if (mass == 0) return image;
  // The centre of mass, mass_x / (2 mass), goes to 14: rounded in integers, the same everywhere.
  const auto shift = [&](int64_t moment, int low, int high) {
    const auto move =
        static_cast<int>((2 * 14 * mass - moment + 4 * 28 * mass + mass) / (2 * mass)) - 2 * 28;
    return std::clamp(move, -low, kDigitSide - 1 - high);
  };
  const int dx = shift(mass_x, left, right), dy = shift(mass_y, top, bottom);
  for (int y = top; y <= bottom; ++y) {
    for (int x = left; x <= right; ++x) {
      image[static_cast<size_t>((y + dy) * kDigitSide + x + dx)] =
          box[static_cast<size_t>(y * kDigitBox + x)];
    }
  }
  return image;
}

DigitImage normalize_digit(const InkImage& image) {
  const auto at = [&](int64_t x, int64_t y) {
    return image.ink[static_cast<size_t>(y * image.width + x)];
  };
  int64_t left = image.width, right = -1, top = image.height, bottom = -1;
  for (int64_t y = 0; y < image.height; ++y) {
    for (int64_t x = 0; x < image.width; ++x) {
      if (at(x, y) <= 255 / 5) continue;
      left = std::min(left, x), right = std::max(right, x);
      top = std::min(top, y), bottom = std::max(bottom, y);
    }
  }
  if (right < 0) return DigitImage{};
  const int64_t width = right - left + 1, height = bottom - top + 1,
                longer = std::max(width, height);
  const auto scaled = [&](int64_t side) {
    return std::clamp<int64_t>((side * kDigitBox + longer / 2) / longer, 1, kDigitBox);
  };
  const std::vector<Taps> columns = axis_taps(left, width, scaled(width));
  const std::vector<Taps> rows = axis_taps(top, height, scaled(height));

  std::array<uint8_t, kDigitBox * kDigitBox> box{};
  for (size_t y = 0; y < rows.size(); ++y) {
    for (size_t x = 0; x < columns.size(); ++x) {
      double ink = 0;
      for (size_t v = 0; v < rows[y].weights.size(); ++v) {
        for (size_t u = 0; u < columns[x].weights.size(); ++u) {
          ink += rows[y].weights[v] * columns[x].weights[u] *
                 at(columns[x].first + static_cast<int64_t>(u),
                    rows[y].first + static_cast<int64_t>(v));
        }
      }
      box[y * kDigitBox + x] = to_byte(ink);
    }
  }
  return center_by_mass(box);
}

}  // namespace lathe::data
