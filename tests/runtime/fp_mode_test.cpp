// The floating-point mode: denormals vanish inside it, and what was set before comes back.
#include "runtime/fp_mode.h"

#include <gtest/gtest.h>

#include <cfenv>
#include <limits>

#include "runtime/worker_team.h"

namespace lathe::runtime {
namespace {

// Volatile operands keep the compiler from doing the sum itself.
float add(float a, float b) {
  volatile float x = a, y = b;
  return x + y;
}
float multiply(float a, float b) {
  volatile float x = a, y = b;
  return x * y;
}

constexpr float kDenormal = std::numeric_limits<float>::denorm_min();
constexpr float kSmallest = std::numeric_limits<float>::min();

TEST(FpMode, FlushesInputsAndResultsAndRestores) {
  EXPECT_GT(add(kDenormal, kDenormal), 0.0f);
  EXPECT_GT(multiply(kSmallest, 0.5f), 0.0f);
  {
    const FpMode mode;
    EXPECT_EQ(add(kDenormal, kDenormal), 0.0f);      // inputs
    EXPECT_EQ(multiply(kDenormal, 0x1p100f), 0.0f);  // inputs: the result would be normal
    EXPECT_EQ(multiply(kSmallest, 0.5f), 0.0f);      // results
    EXPECT_EQ(multiply(kSmallest, 2.0f), 2 * kSmallest);
  }
  EXPECT_GT(add(kDenormal, kDenormal), 0.0f);
  EXPECT_GT(multiply(kSmallest, 0.5f), 0.0f);
}

TEST(FpMode, RoundsToNearestWhateverTheCallerHad) {
  ASSERT_EQ(std::fesetround(FE_UPWARD), 0);
  const float up = add(1.0f, 0x1p-30f);
  float nearest = 0;
  {
    const FpMode mode;
    nearest = add(1.0f, 0x1p-30f);
  }
  const int after = std::fegetround();
  std::fesetround(FE_TONEAREST);
  EXPECT_GT(up, 1.0f);
  EXPECT_EQ(nearest, 1.0f);
  EXPECT_EQ(after, FE_UPWARD);
}

TEST(FpMode, HidesTheStickyFlagsOfAStep) {
  std::feclearexcept(FE_ALL_EXCEPT);
  {
    const FpMode mode;
    EXPECT_EQ(multiply(1e30f, 1e30f), std::numeric_limits<float>::infinity());
  }
  EXPECT_EQ(std::fetestexcept(FE_OVERFLOW), 0);
}

TEST(FpMode, IsPerThread) {
  WorkerTeam team(2);
  float inside[2] = {-1, -1}, outside[2] = {-1, -1};
  team.run([&](int64_t w) {
    {
      const FpMode mode;
      inside[w] = add(kDenormal, kDenormal);
    }
    outside[w] = add(kDenormal, kDenormal);
  });
  for (int w = 0; w < 2; ++w) {
    EXPECT_EQ(inside[w], 0.0f);
    EXPECT_GT(outside[w], 0.0f);
  }
}

}  // namespace
}  // namespace lathe::runtime
