// Digits drawn by rule, for when there is neither real data nor a network: pen strokes of many
// handwriting styles, bent, slanted and inked at random, normalised as MNIST's are.
#pragma once

#include <cstdint>

#include "frontend/data/image_dataset.h"
#include "frontend/data/mnist_frame.h"

namespace lathe::data {

/// Draws `n_train` and `n_test` digits of 28x28 pixels, the ten classes equally likely, `source`
/// being "drawn". The same seed gives the same bits everywhere, whatever the counts; another seed,
/// and the test half, give other digits. Takes about 0.1 ms a digit. Error for a negative count.
ImageDataset draw_digits(uint64_t seed, int64_t n_train, int64_t n_test);

/// One digit: image `item` of stream `stream` under `seed`.
DigitImage draw_digit(int digit, uint64_t seed, uint64_t stream, uint64_t item);

}  // namespace lathe::data
