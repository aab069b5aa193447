// Decoding of PNG and PGM bytes to 8-bit gray pixels.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lathe::data {

struct GrayImage {
  int64_t width = 0, height = 0;
  std::vector<uint8_t> pixels;  ///< row-major, 0 black, 255 white
};

inline constexpr int64_t kMaxImageSide = 16384;
inline constexpr int64_t kMaxImagePixels = int64_t{1} << 26;

/// Error, naming `name`, for bytes that are neither format, damaged, truncated or too large.
GrayImage decode_gray_image(std::span<const uint8_t> bytes, const std::string& name);

GrayImage decode_png(std::span<const uint8_t> bytes, const std::string& name);
GrayImage decode_pgm(std::span<const uint8_t> bytes, const std::string& name);

}  // namespace lathe::data
