// Emitted random numbers have the bits of runtime/philox.h.
#include <gtest/gtest.h>

#include <vector>

#include "runtime/philox.h"
#include "tests/llvm/scalar_emit_probe.h"

namespace lathe::codegen {
namespace {

struct Key {
  int64_t seed, step, first;
};

TEST(PhiloxEmit, HasTheBitsOfTheRuntime) {
  const Key keys[] = {{0, 0, 0},
                      {1, 7, 4},
                      {-1, -1, 1 << 20},
                      {0x123456789ABCDEF0, 0x1FFFFFFFF, 0x3FFFFFFF8},  // block crosses 32 bits
                      {42, 0xFFFFFFFF, 0x7FFFFFFFFFFFFF00}};
  for (const uint32_t stream : {0u, 3u, 0xFFFFFFFEu})
    for (const unsigned lanes : {4u, 8u, 16u, 32u}) {
      const ScalarProbe probe = ScalarProbe::uniform(stream, {.lanes = lanes});
      for (const Key& key : keys) {
        std::vector<float> y(64);
        const void* in = &key;
        probe({&in, 1}, y.data(), static_cast<int64_t>(y.size()));
        for (size_t i = 0; i < y.size(); ++i)
          ASSERT_EQ(y[i], runtime::uniform_at(static_cast<uint64_t>(key.seed), stream,
                                              static_cast<uint32_t>(key.step),
                                              static_cast<uint64_t>(key.first) + i))
              << stream << " " << lanes << " " << key.seed << " " << i;
      }
    }
}

// One vector of a width that is no multiple of 4 begins at a block all the same.
TEST(PhiloxEmit, TakesAnyNumberOfLanes) {
  for (const unsigned lanes : {1u, 2u, 3u, 5u, 7u, 13u}) {
    const ScalarProbe probe = ScalarProbe::uniform(9, {.lanes = lanes});
    const Key key{77, 5, 400};
    std::vector<float> y(lanes);
    const void* in = &key;
    probe({&in, 1}, y.data(), lanes);
    for (unsigned i = 0; i < lanes; ++i)
      EXPECT_EQ(y[i], runtime::uniform_at(77, 9, 5, 400 + i)) << lanes << " " << i;
  }
}

TEST(PhiloxEmit, BeginsAnywhereInABlock) {
  for (const unsigned lanes : {1u, 3u, 4u, 8u, 16u, 17u}) {
    const ScalarProbe probe = ScalarProbe::uniform(9, {.lanes = lanes}, false);
    for (int64_t first = 0x3FFFFFFF8; first < 0x400000004; ++first) {
      const Key key{77, 5, first};
      std::vector<float> y(3 * lanes);
      const void* in = &key;
      probe({&in, 1}, y.data(), static_cast<int64_t>(y.size()));
      for (size_t i = 0; i < y.size(); ++i)
        ASSERT_EQ(y[i], runtime::uniform_at(77, 9, 5, static_cast<uint64_t>(first) + i))
            << lanes << " " << first << " " << i;
    }
  }
}

}  // namespace
}  // namespace lathe::codegen
