// MNIST's normalisation of a digit: its ink fitted into a 20x20 box with the aspect ratio kept,
// then placed so that its centre of mass is the centre of a 28x28 image.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace lathe::data {

inline constexpr int kDigitSide = 28;
inline constexpr int kDigitBox = 20;
using DigitImage = std::array<uint8_t, kDigitSide * kDigitSide>;

/// Ink of a picture, row-major: 0 is paper, 255 is full ink.
struct InkImage {
  int64_t width = 0, height = 0;
  std::span<const uint8_t> ink;
};

/// Moves ink in a 20x20 box (row-major) into a 28x28 image: whole pixels, centre of mass on the
/// centre. Ink that would fall off the image keeps the move short enough that it does not.
DigitImage center_by_mass(std::span<const uint8_t> box);

/// Crops to the ink (what is darker than a fifth of full ink), scales the longer side to 20 pixels
/// with areas averaged, and centres by mass. An image without ink gives an empty one.
DigitImage normalize_digit(const InkImage& image);

}  // namespace lathe::data
