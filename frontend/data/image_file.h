// A picture of one digit from a PNG or PGM file, made into what a model trained on MNIST expects.
#pragma once

#include <span>
#include <string>

#include "frontend/data/mnist_frame.h"

namespace lathe::data {

/// Reads the bytes of a PNG (any colour type and depth) or a PGM (P2 or P5), told apart by content;
/// `name` stands in errors for the file's name.
/// Ink is bright in MNIST: a picture whose border is bright on average is inverted. A 28x28 picture
/// is otherwise taken as it is; another is stretched to full contrast, cropped to its ink and
/// normalised as MNIST is (mnist_frame.h). Transparent ink is judged on the paper it stands out
/// from. Error when it is neither format, is damaged or truncated, has more than 16384 pixels a side,
/// or is blank.
DigitImage parse_digit_image(std::span<const uint8_t> bytes, const std::string& name);

}  // namespace lathe::data
