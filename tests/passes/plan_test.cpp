// Offsets and bounds as arithmetic on blocks.
#include "passes/plan.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace lathe::passes {
namespace {

TEST(PlaceBlocks, NothingTakesNothing) {
  std::vector<Block> blocks;
  EXPECT_EQ(place_blocks(blocks), 0);
  EXPECT_EQ(live_bound(blocks), 0);
}

TEST(PlaceBlocks, ReusesWhatIsNoLongerAlive) {
  std::vector<Block> blocks = {{128, 0, 1}, {128, 2, 3}, {64, 1, 2}};
  EXPECT_EQ(place_blocks(blocks), 192);
  EXPECT_EQ(live_bound(blocks), 192);
  EXPECT_EQ(blocks[0].offset, 0);
  EXPECT_EQ(blocks[1].offset, 0);
  EXPECT_EQ(blocks[2].offset, 128);
}

TEST(PlaceBlocks, FillsTheGapBetweenTwoThatAreAlive) {
  std::vector<Block> blocks = {{256, 0, 1}, {192, 0, 9}, {128, 2, 9}, {128, 2, 9}};
  EXPECT_EQ(place_blocks(blocks), 448);
  EXPECT_EQ(blocks[1].offset, 256);
  EXPECT_EQ(blocks[2].offset, 0);
  EXPECT_EQ(blocks[3].offset, 128);
}

/// Each block lies at the lowest multiple of 64 that those before it, the larger ones, leave free.
void expect_first_fit(std::vector<Block> blocks) {
  std::stable_sort(blocks.begin(), blocks.end(),
                   [](const Block& a, const Block& b) { return a.bytes > b.bytes; });
  for (size_t i = 0; i < blocks.size(); ++i) {
    const Block& a = blocks[i];
    const auto is_free = [&](int64_t at) {
      return std::none_of(blocks.begin(), blocks.begin() + static_cast<std::ptrdiff_t>(i),
                          [&](const Block& b) {
                            return a.first <= b.last && b.first <= a.last &&
                                   at < b.offset + b.bytes && b.offset < at + a.bytes;
                          });
    };
    int64_t at = 0;
    while (!is_free(at)) at += 64;
    EXPECT_EQ(a.offset, at);
  }
}

TEST(PlaceBlocks, NeverOverlapsWhatLivesTogether) {
  uint64_t state = 1;
  const auto below = [&](int64_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<int64_t>((state >> 33) % static_cast<uint64_t>(n));
  };
  for (int round = 0; round < 50; ++round) {
    std::vector<Block> blocks;
    for (int64_t i = below(60); i >= 0; --i) {
      const int64_t first = below(20);
      blocks.push_back({64 * (1 + below(9)), first, first + below(6)});
    }
    const int64_t total = place_blocks(blocks);
    expect_first_fit(blocks);
    EXPECT_GE(total, live_bound(blocks));
    for (size_t i = 0; i < blocks.size(); ++i) {
      const Block& a = blocks[i];
      EXPECT_EQ(a.offset % 64, 0);
      EXPECT_LE(a.offset + a.bytes, total);
      for (size_t j = 0; j < i; ++j) {
        const Block& b = blocks[j];
        const bool together = a.first <= b.last && b.first <= a.last;
        const bool apart = a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset;
        EXPECT_TRUE(!together || apart);
      }
    }
  }
}

TEST(LiveBound, IsTheLargestSumOfAPhase) {
  EXPECT_EQ(live_bound({{64, 0, 0}, {128, 1, 1}, {64, 1, 2}}), 192);
  EXPECT_EQ(live_bound({{64, 0, 5}, {128, 6, 7}}), 128);
}

}  // namespace
}  // namespace lathe::passes
