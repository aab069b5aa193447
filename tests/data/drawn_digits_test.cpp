// Drawn digits: the same everywhere, shaped like MNIST's, and good enough to learn real digits
// from.
#include "frontend/data/drawn_digits.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "frontend/data/digit_strokes.h"
#include "frontend/data/portable_random.h"
#include "tests/data/data_test_util.h"

namespace lathe::data {
namespace {

uint64_t hash_of(const Bytes& bytes) {  // FNV-1a
  uint64_t h = 0xcbf29ce484222325ull;
  for (uint8_t b : bytes) h = (h ^ b) * 0x100000001b3ull;
  return h;
}

TEST(DrawnDigits, SameSeedSameBitsWhateverTheCounts) {
  const ImageDataset a = draw_digits(7, 300, 50), b = draw_digits(7, 120, 20);
  EXPECT_EQ(a.source, "drawn");
  EXPECT_TRUE(a.drawn);
  EXPECT_EQ(a.pixels(), 784);
  EXPECT_EQ(a.train_count(), 300);
  EXPECT_EQ(a.test_count(), 50);
  EXPECT_TRUE(std::equal(b.train_images.begin(), b.train_images.end(), a.train_images.begin()));
  EXPECT_TRUE(std::equal(b.train_labels.begin(), b.train_labels.end(), a.train_labels.begin()));
  EXPECT_TRUE(std::equal(b.test_images.begin(), b.test_images.end(), a.test_images.begin()));
  const ImageDataset c = draw_digits(8, 300, 50);
  EXPECT_NE(a.train_images, c.train_images);
  EXPECT_NE(a.train_labels, c.train_labels);
  EXPECT_FALSE(std::equal(a.test_images.begin(), a.test_images.end(), a.train_images.begin()));
  // The bits of seed 0, on every machine. A new style or a changed one changes them.
  EXPECT_EQ(hash_of(draw_digits(0, 1000, 0).train_images), 8281817597331319276u);
}

TEST(DrawnDigits, ShapedLikeMnist) {
  const ImageDataset set = draw_digits(1, 5000, 0);
  std::array<int, 10> counts{};
  double total = 0;
  for (size_t i = 0; i < set.train_labels.size(); ++i) {
    counts[set.train_labels[i]] += 1;
    const uint8_t* image = set.train_images.data() + i * 784;
    double mass = 0, mx = 0, my = 0;
    int left = 28, right = -1, top = 28, bottom = -1, strongest = 0;
    for (int y = 0; y < 28; ++y) {
      for (int x = 0; x < 28; ++x) {
        const int v = image[y * 28 + x];
        if (v == 0) continue;
        mass += v, mx += v * (x + 0.5), my += v * (y + 0.5);
        left = std::min(left, x), right = std::max(right, x);
        top = std::min(top, y), bottom = std::max(bottom, y);
        strongest = std::max(strongest, v);
      }
    }
    total += mass;
    const int longer = std::max(right - left, bottom - top) + 1;
    EXPECT_LE(longer, 20) << i;
    EXPECT_GE(longer, 17) << i;
    EXPECT_GE(strongest, 120) << i;
    EXPECT_NEAR(mx / mass, 14, 0.51) << i;
    EXPECT_NEAR(my / mass, 14, 0.51) << i;
  }
  for (int count : counts) EXPECT_NEAR(count, 500, 100);
  EXPECT_NEAR(total / (784 * 5000), 33.3, 5) << "MNIST's mean pixel is 33.3";
}

TEST(DrawnDigits, StylesAreWellFormed) {
  for (int digit = 0; digit < 10; ++digit) {
    EXPECT_GE(digit_styles(digit).size(), 3u);
    for (const DigitStyle& style : digit_styles(digit)) {
      EXPECT_GT(style.weight, 0);
      ASSERT_FALSE(style.strokes.empty());
      for (const Stroke& stroke : style.strokes) EXPECT_GE(stroke.size(), 2u);
      if (style.other.empty()) continue;
      ASSERT_EQ(style.other.size(), style.strokes.size()) << digit;
      for (size_t s = 0; s < style.strokes.size(); ++s) {
        EXPECT_EQ(style.other[s].size(), style.strokes[s].size()) << digit;
      }
    }
  }
}

TEST(DrawnDigits, CountsAreChecked) {
  EXPECT_EQ(draw_digits(1, 0, 3).train_count(), 0);
  EXPECT_THROW(draw_digits(1, -1, 3), Error);
}

TEST(PortableRandom, IsUniformAndExact) {
  for (int i = -20; i <= 20; ++i) {
    EXPECT_NEAR(sin_turns(i * 0.083), std::sin(6.283185307179586 * i * 0.083), 1e-6) << i;
  }
  CounterRandom random(1, 2, 3);
  double sum = 0, squares = 0;
  std::array<int, 7> counts{};
  for (int i = 0; i < 70000; ++i) {
    const double b = random.bell();
    sum += b, squares += b * b;
    counts[random.below(7)] += 1;
  }
  EXPECT_NEAR(sum / 70000, 0, 0.015);
  EXPECT_NEAR(squares / 70000, 1, 0.02);
  for (int count : counts) EXPECT_NEAR(count, 10000, 400);
}

/// Softmax regression by plain stochastic gradient descent: the weakest model that there is.
std::vector<float> train_softmax(const ImageDataset& set, int epochs) {
  std::vector<float> w(785 * 10, 0.0f);
  CounterRandom random(5, 0, 0);
  for (int64_t step = 0; step < epochs * set.train_count(); ++step) {
    const size_t i = random.below(static_cast<uint32_t>(set.train_count()));
    const uint8_t* image = set.train_images.data() + i * 784;
    std::array<float, 10> z{};
    for (size_t c = 0; c < 10; ++c) z[c] = w[7840 + c];
    for (size_t k = 0; k < 784; ++k) {
      if (image[k] == 0) continue;
      for (size_t c = 0; c < 10; ++c) z[c] += w[k * 10 + c] * (image[k] / 255.0f);
    }
    const float top = *std::max_element(z.begin(), z.end());
    float sum = 0;
    for (float& v : z) sum += v = std::exp(v - top);
    for (size_t c = 0; c < 10; ++c)
      z[c] = 0.01f * (z[c] / sum - (c == set.train_labels[i] ? 1 : 0));
    for (size_t k = 0; k < 784; ++k) {
      if (image[k] == 0) continue;
      for (size_t c = 0; c < 10; ++c) w[k * 10 + c] -= z[c] * (image[k] / 255.0f);
    }
    for (size_t c = 0; c < 10; ++c) w[7840 + c] -= z[c];
  }
  return w;
}

TEST(DrawnDigits, TeachReadingRealOnes) {
  const auto folder = real_dataset("mnist");
  if (!folder) GTEST_SKIP() << "no mnist on the data search path";
  const ImageDataset real = load_image_dataset(*folder);
  const std::vector<float> w = train_softmax(draw_digits(0, 20000, 0), 2);
  int64_t right = 0;
  for (size_t i = 0; i < real.test_labels.size(); ++i) {
    std::array<float, 10> z{};
    for (size_t c = 0; c < 10; ++c) z[c] = w[7840 + c];
    for (size_t k = 0; k < 784; ++k) {
      const float v = real.test_images[i * 784 + k] / 255.0f;
      for (size_t c = 0; c < 10; ++c) z[c] += w[k * 10 + c] * v;
    }
    right += std::max_element(z.begin(), z.end()) - z.begin() == real.test_labels[i];
  }
  const double accuracy = static_cast<double>(right) / static_cast<double>(real.test_count());
  RecordProperty("accuracy", std::to_string(accuracy));
  EXPECT_GE(accuracy, 0.75);
}

}  // namespace
}  // namespace lathe::data
