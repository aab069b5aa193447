// Philox against the known answers its authors publish (Random123, tests/kat_vectors), the keying
// that compiled code reproduces, and the shuffle.
#include "runtime/philox.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "ir/error.h"

namespace lathe::runtime {
namespace {

TEST(Philox, KnownAnswers) {
  constexpr uint32_t all = 0xFFFFFFFFu;
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({all, all, all, all}, {all, all}),
            (PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// It is a constant expression, too.
static_assert(philox4x32({0, 0, 0, 0}, {0, 0})[0] == 0x6627e8d5);
static_assert(bits_at(0, 0, 0, 3) == 0x9b00dbd8);

TEST(Philox, KeyingPutsEachPartInItsPlace) {
  const uint64_t seed = 0x299f31d0a4093822u;
  const uint64_t block = 0x05a308d3243f6a88u;
  const PhiloxCounter want =
      philox4x32({0x243f6a88, 0x05a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0});
  EXPECT_EQ(philox_block(seed, 0x13198a2e, 0x03707344, block), want);
  for (uint64_t word = 0; word < 4; ++word) {
    EXPECT_EQ(bits_at(seed, 0x13198a2e, 0x03707344, 4 * block + word), want[word]);
  }
}

TEST(Philox, UniformIsAMultipleOfTwoToMinus24BelowOne) {
  EXPECT_EQ(uniform_from_bits(0), 0.0f);
  EXPECT_EQ(uniform_from_bits(0xFF), 0.0f);
  EXPECT_EQ(uniform_from_bits(0x100), 0x1p-24f);
  EXPECT_EQ(uniform_from_bits(0x80000000u), 0.5f);
  EXPECT_EQ(uniform_from_bits(0xFFFFFFFFu), 1.0f - 0x1p-24f);
  // bits_at(0, 0, 0, 0) = 0x6627e8d5: 0x6627e8 / 2^24.
  EXPECT_EQ(uniform_at(0, 0, 0, 0), 6694888.0f / 16777216.0f);
}

TEST(Philox, UniformHasTheRightMoments) {
  constexpr int n = 100000;
  double sum = 0, squares = 0, lagged = 0, last = 0.5;
  for (int i = 0; i < n; ++i) {
    const double u = uniform_at(42, 7, 3, i);
    sum += u;
    squares += (u - 0.5) * (u - 0.5);
    lagged += (u - 0.5) * (last - 0.5);
    last = u;
  }
  const double sigma = std::sqrt(1.0 / 12 / n);
  EXPECT_NEAR(sum / n, 0.5, 4 * sigma);
  EXPECT_NEAR(squares / n, 1.0 / 12, 4 * std::sqrt(1.0 / 180 / n));
  EXPECT_NEAR(lagged / n, 0, 4 / 12.0 / std::sqrt(n));
}

TEST(Philox, SeedsStreamsAndStepsDiffer) {
  const uint32_t base = bits_at(1, 0, 0, 0);
  EXPECT_NE(bits_at(2, 0, 0, 0), base);
  EXPECT_NE(bits_at(1 | uint64_t{1} << 32, 0, 0, 0), base);
  EXPECT_NE(bits_at(1, 1, 0, 0), base);
  EXPECT_NE(bits_at(1, 0, 1, 0), base);
  EXPECT_NE(bits_at(1, 0, 0, uint64_t{4} << 32), base);
}

TEST(Shuffle, IsAPermutationAndRepeatable) {
  for (int64_t n : {0, 1, 2, 5, 1000, 60000}) {
    std::vector<int32_t> order = shuffled_indices(n, 3, 1);
    EXPECT_EQ(order, shuffled_indices(n, 3, 1));
    if (n >= 1000) {
      EXPECT_NE(order, shuffled_indices(n, 3, 2));
      EXPECT_NE(order, shuffled_indices(n, 4, 1));
    }
    ASSERT_EQ(static_cast<int64_t>(order.size()), n);
    std::ranges::sort(order);
    for (int64_t i = 0; i < n; ++i) ASSERT_EQ(order[i], i);
  }
}

// Follows the definition in the header word by word, without the shortcut around the division.
TEST(Shuffle, FollowsItsDefinition) {
  constexpr int64_t n = 37;
  std::vector<int32_t> want(n);
  for (int64_t i = 0; i < n; ++i) want[i] = static_cast<int32_t>(i);
  uint64_t element = 0;
  for (uint64_t i = n - 1; i > 0; --i) {
    uint64_t product = 0;
    do {
      product = bits_at(9, 0xFFFFFFFFu, 5, element++) * (i + 1);
    } while ((product & 0xFFFFFFFFu) < (uint64_t{1} << 32) % (i + 1));
    std::swap(want[i], want[product >> 32]);
  }
  EXPECT_EQ(shuffled_indices(n, 9, 5), want);
}

// The bits that every machine must get.
TEST(Shuffle, PinnedOrder) {
  EXPECT_EQ(shuffled_indices(10, 0, 0), (std::vector<int32_t>{2, 3, 9, 0, 8, 6, 5, 7, 1, 4}));
}

TEST(Shuffle, EveryOrderIsEquallyLikely) {
  constexpr int draws = 24000;
  std::map<std::vector<int32_t>, int> counts;
  for (int epoch = 0; epoch < draws; ++epoch) ++counts[shuffled_indices(4, 11, epoch)];
  ASSERT_EQ(counts.size(), 24u);
  double chi2 = 0;
  for (const auto& [order, count] : counts)
    chi2 += std::pow(count - draws / 24.0, 2) / (draws / 24.0);
  EXPECT_LT(chi2, 49.7);  // 23 degrees of freedom, p = 0.001
}

TEST(Shuffle, RefusesWhatAnIndexCannotHold) {
  EXPECT_THROW(shuffled_indices(-1, 0, 0), Error);
  EXPECT_THROW(shuffled_indices(int64_t{1} << 31, 0, 0), Error);
}

}  // namespace
}  // namespace lathe::runtime
