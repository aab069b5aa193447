#include "frontend/data/image_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "frontend/data/gray_image.h"
#include "ir/error.h"

namespace lathe::data {
namespace {

/// Less contrast than this between paper and the strongest ink is no drawing.
constexpr int kMinContrast = 16;

std::vector<uint8_t> border(const GrayImage& image) {
  std::vector<uint8_t> pixels;
  for (int64_t y = 0; y < image.height; ++y) {
    const bool whole = y == 0 || y == image.height - 1;
    for (int64_t x = 0; x < image.width; x += whole ? 1 : std::max<int64_t>(image.width - 1, 1)) {
      pixels.push_back(image.pixels[static_cast<size_t>(y * image.width + x)]);
    }
  }
  return pixels;
}

/// Makes ink bright: inverts when the border is bright on average.
void make_paper_dark(GrayImage& image) {
  const std::vector<uint8_t> edge = border(image);
  uint64_t sum = 0;
  for (uint8_t v : edge) sum += v;
  if (2 * sum <= 255 * edge.size()) return;
  for (uint8_t& v : image.pixels) v = static_cast<uint8_t>(255 - v);
}

/// `contrast`: between ink and paper.
void check_contrast(int contrast, const std::string& name) {
  if (contrast >= kMinContrast) return;
  throw Error(fmt::format("{}: is blank: no ink stands out from the background", name));
}

/// Paper (the border's median) becomes 0 and the strongest ink 255.
void stretch(GrayImage& image, const std::string& name) {
  std::vector<uint8_t> edge = border(image);
  auto middle = edge.begin() + static_cast<std::ptrdiff_t>(edge.size() / 2);
  std::nth_element(edge.begin(), middle, edge.end());
  const int paper = *middle;
  const int ink = *std::max_element(image.pixels.begin(), image.pixels.end());
  check_contrast(ink - paper, name);
  for (uint8_t& v : image.pixels) {
    v = static_cast<uint8_t>(std::max(0, int{v} - paper) * 255 / (ink - paper));
  }
}

}  // namespace

DigitImage parse_digit_image(std::span<const uint8_t> bytes, const std::string& name) {
  GrayImage image = decode_gray_image(bytes, name);
  make_paper_dark(image);
  if (image.width == kDigitSide && image.height == kDigitSide) {
    // A dataset's own picture may have ink all along its border.
    const auto [least, most] = std::minmax_element(image.pixels.begin(), image.pixels.end());
    check_contrast(*most - *least, name);
    DigitImage digit{};
    std::copy(image.pixels.begin(), image.pixels.end(), digit.begin());
    return digit;
  }
  stretch(image, name);
  return normalize_digit({image.width, image.height, image.pixels});
}

}  // namespace lathe::data
