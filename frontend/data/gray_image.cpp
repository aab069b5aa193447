#include "frontend/data/gray_image.h"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string_view>
#include <system_error>

#include "ir/error.h"

namespace lathe::data {
namespace {

void check_size(int64_t width, int64_t height, const std::string& name) {
  if (width < 1 || height < 1) {
    throw Error(fmt::format("{}: is {}x{} pixels, expected at least 1x1", name, width, height));
  }
  if (width > kMaxImageSide || height > kMaxImageSide || width * height > kMaxImagePixels) {
    throw Error(fmt::format("{}: is {}x{} pixels, more than is read ({} a side, {} in all)", name,
                            width, height, kMaxImageSide, kMaxImagePixels));
  }
}

/// The words of a PGM header, comments left out.
class PgmText {
 public:
  PgmText(std::span<const uint8_t> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  int64_t number(const char* what, int64_t low, int64_t high) {
    skip_blank();
    const char* begin = reinterpret_cast<const char*>(bytes_.data());
    int64_t value = 0;
    auto [end, error] = std::from_chars(begin + at_, begin + bytes_.size(), value);
    if (error == std::errc::invalid_argument) {
      throw Error(at_ == bytes_.size()
                      ? fmt::format("{}: is truncated: expected {}", name_, what)
                      : fmt::format("{}: byte {}: expected {}, a number", name_, at_, what));
    }
    if (error != std::errc{} || value < low || value > high) {
      throw Error(fmt::format("{}: {} is {}, expected {} to {}", name_, what,
                              std::string(begin + at_, end), low, high));
    }
    at_ = static_cast<size_t>(end - begin);
    return value;
  }

  /// The bytes after the one blank that ends a binary header.
  std::span<const uint8_t> body() {
    if (at_ >= bytes_.size() || std::isspace(bytes_[at_]) == 0) {
      throw Error(
          fmt::format("{}: is truncated or damaged after its header, at byte {}", name_, at_));
    }
    return bytes_.subspan(at_ + 1);
  }

 private:
  void skip_blank() {
    while (at_ < bytes_.size()) {
      if (bytes_[at_] == '#') {
        while (at_ < bytes_.size() && bytes_[at_] != '\n') ++at_;
      } else if (std::isspace(bytes_[at_]) != 0) {
        ++at_;
      } else {
        return;
      }
    }
  }

  std::span<const uint8_t> bytes_;
  const std::string& name_;
  size_t at_ = 2;  // after the magic number
};

uint8_t scaled(int64_t value, int64_t max) {
  return static_cast<uint8_t>((value * 255 + max / 2) / max);
}

}  // namespace

GrayImage decode_pgm(std::span<const uint8_t> bytes, const std::string& name) {
  const bool binary = bytes[1] == '5';
  PgmText text(bytes, name);
  GrayImage image;
  image.width = text.number("the width", 1, INT32_MAX);
  image.height = text.number("the height", 1, INT32_MAX);
  check_size(image.width, image.height, name);
  const int64_t max = text.number("the largest gray value", 1, 65535);
  const auto count = static_cast<size_t>(image.width * image.height);
  const size_t depth = max > 255 ? 2 : 1;
  std::span<const uint8_t> body;
  if (binary) {
    body = text.body();
    if (body.size() < count * depth) {
      throw Error(fmt::format("{}: is truncated: {}x{} pixels are {} bytes, there are {}", name,
                              image.width, image.height, count * depth, body.size()));
    }
  } else if (bytes.size() < 2 * count) {
    // A written pixel takes at least a digit and a blank: don't allocate on a header's word alone.
    throw Error(fmt::format("{}: is truncated: {} bytes can't hold {}x{} pixels", name,
                            bytes.size(), image.width, image.height));
  }
  image.pixels.resize(count);
  for (size_t i = 0; i < count; ++i) {
    int64_t value = 0;
    if (!binary) {
      value = text.number("a gray value", 0, max);
    } else if (depth == 1) {
      value = body[i];
    } else {
      value = int64_t{body[2 * i]} << 8 | body[2 * i + 1];
    }
    if (value > max) {
      throw Error(fmt::format("{}: pixel {} is {}, expected 0 to {}", name, i, value, max));
    }
    image.pixels[i] = scaled(value, max);
  }
  return image;
}

GrayImage decode_png(std::span<const uint8_t> bytes, const std::string& name) {
  // libpng's simplified interface keeps its longjmp to itself; every failure is a return value.
  struct Guard {
    png_image image{};
    ~Guard() { png_image_free(&image); }
  } guard;
  png_image& png = guard.image;
  png.version = PNG_IMAGE_VERSION;
  const auto check = [&](int ok) {
    if (ok == 0 || PNG_IMAGE_FAILED(png)) {
      throw Error(fmt::format("{}: is a damaged or truncated PNG: {}", name, png.message));
    }
  };
  check(png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()));
  check_size(png.width, png.height, name);
  png.format = PNG_FORMAT_GA;
  // 16-bit samples are as bright as 8-bit ones, not linear light.
  png.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  std::vector<uint8_t> gray_alpha(PNG_IMAGE_SIZE(png));
  check(png_image_finish_read(&png, nullptr, gray_alpha.data(), 0, nullptr));

  GrayImage image;
  image.width = png.width;
  image.height = png.height;
  image.pixels.resize(gray_alpha.size() / 2);
  uint64_t weight = 0, sum = 0;
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    weight += gray_alpha[2 * i + 1];
    sum += uint64_t{gray_alpha[2 * i]} * gray_alpha[2 * i + 1];
  }
  // A transparent drawing lies on the paper that its ink stands out from.
  const int paper = weight > 0 && sum / weight >= 128 ? 0 : 255;
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    const int alpha = gray_alpha[2 * i + 1];
    image.pixels[i] =
        static_cast<uint8_t>((gray_alpha[2 * i] * alpha + paper * (255 - alpha) + 127) / 255);
  }
  return image;
}

GrayImage decode_gray_image(std::span<const uint8_t> bytes, const std::string& name) {
  constexpr std::string_view kPng = "\x89PNG\r\n\x1a\n";
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with(kPng)) return decode_png(bytes, name);
  if (text.size() > 2 && (text.starts_with("P2") || text.starts_with("P5")) &&
      (std::isspace(bytes[2]) != 0 || bytes[2] == '#')) {
    return decode_pgm(bytes, name);
  }
  throw Error(fmt::format("{}: is neither a PNG nor a PGM (P2, P5) picture", name));
}

}  // namespace lathe::data
