// Agreement of results: ulps, magnitudes, NaN and infinities.
#include "codegen/interp/compare.h"

#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>
#include <limits>

#include "tests/interp/program.h"

namespace lathe::test {
namespace {

using interp::contraction_disagreement;
using interp::contraction_magnitudes;
using interp::disagreement;
using interp::ulp_distance;
using runtime::Tensor;

TEST(UlpDistance, CountsRepresentableNumbers) {
  EXPECT_EQ(ulp_distance(1, 1), 0);
  EXPECT_EQ(ulp_distance(1, std::nextafter(1.0f, 2.0f)), 1);
  EXPECT_EQ(ulp_distance(std::nextafter(1.0f, 0.0f), std::nextafter(1.0f, 2.0f)), 2);
  EXPECT_EQ(ulp_distance(-1, std::nextafter(-1.0f, -2.0f)), 1);
  EXPECT_EQ(ulp_distance(0.0f, -0.0f), 0);
  EXPECT_EQ(ulp_distance(kInf, kInf), 0);
  EXPECT_EQ(ulp_distance(FLT_MAX, kInf), 1);
  EXPECT_EQ(ulp_distance(kNaN, kNaN), 0);
  EXPECT_EQ(ulp_distance(kNaN, kInf), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(ulp_distance(1, kNaN), std::numeric_limits<int64_t>::max());
  EXPECT_GT(ulp_distance(-kInf, kInf), int64_t{1} << 31);
  EXPECT_EQ(ulp_distance(FLT_MIN / 2, 0), 0);  // flushed
  EXPECT_GT(ulp_distance(-FLT_MIN, FLT_MIN), 1000);
}

TEST(UlpDistance, CountsDoublesInTheirOwnSteps) {
  using interp::ulp_distance_f64;
  constexpr int64_t kFar = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(ulp_distance_f64(1, 1), 0);
  EXPECT_EQ(ulp_distance_f64(1, std::nextafter(1.0, 2.0)), 1);
  EXPECT_EQ(ulp_distance_f64(-1, std::nextafter(-1.0, 0.0)), 1);
  EXPECT_EQ(ulp_distance_f64(1, 1 + 0x1p-23), int64_t{1} << 29);  // one step of f32
  EXPECT_EQ(ulp_distance_f64(DBL_MAX, kInf), 1);
  EXPECT_EQ(ulp_distance_f64(DBL_MIN / 2, -0.0), 0);  // flushed
  EXPECT_EQ(ulp_distance_f64(kNaN, kNaN), 0);
  EXPECT_EQ(ulp_distance_f64(kNaN, 1), kFar);
  EXPECT_EQ(ulp_distance_f64(-kInf, kInf), kFar);
  const Tensor a = Tensor::from<double>({1, 2}, {2}),
               b = Tensor::from<double>({1, 2 + 0x1p-40}, {2});
  EXPECT_EQ(disagreement(a, a), "");
  EXPECT_EQ(disagreement(b, a, {.ulps = 2048}), "");
  EXPECT_NE(disagreement(b, a, {.ulps = 2047}), "");  // none of f32's
}

TEST(Disagreement, TellsTheWorstElement) {
  const Tensor e = floats({1, 2, 3, 4, kNaN, kInf}, {2, 3});
  Tensor a = e;
  EXPECT_EQ(disagreement(a, e), "");
  a.data<float>()[1] = std::nextafter(2.0f, 3.0f);
  a.data<float>()[3] = 5;
  EXPECT_EQ(disagreement(a, e, {.ulps = 1}),
            "1 of 6 elements disagree; the worst at [1,0]: 5, expected 4 (2097152 ulps)");
  EXPECT_EQ(disagreement(a, e, {.ulps = 1, .absolute = 1}), "");
  EXPECT_NE(disagreement(a, e, {.absolute = 1e-9}), "");
  a = e;
  a.data<float>()[4] = 0;
  EXPECT_NE(disagreement(a, e, {.ulps = 1 << 30, .absolute = 1e30}), "");
}

TEST(Disagreement, WantsTheSameTypeAndEqualIntegers) {
  EXPECT_EQ(disagreement(floats({1}, {1}), floats({1}, {})), "got f32[1], expected f32[]");
  const Tensor a = Tensor::from<int32_t>({1, 2}, {2}), b = Tensor::from<int32_t>({1, 4}, {2});
  EXPECT_EQ(disagreement(a, a), "");
  EXPECT_EQ(disagreement(a, b, {.ulps = 5, .absolute = 5}),
            "1 of 2 elements disagree; the worst at [1]: 2, expected 4 (2 apart)");
}

TEST(Contraction, IsMeasuredByItsMagnitude) {
  const Tensor a = floats({100, -100, 1, 1}, {2, 2}), b = floats({1, 1}, {2, 1});
  const auto size = contraction_magnitudes(a, b);
  EXPECT_EQ(size, (std::vector<double>{200, 2}));
  const Tensor expected = floats({0, 2}, {2, 1});
  EXPECT_EQ(contraction_disagreement(floats({1e-3f, 2}, {2, 1}), expected, size), "");
  EXPECT_NE(contraction_disagreement(floats({3e-3f, 2}, {2, 1}), expected, size), "");
  EXPECT_NE(contraction_disagreement(floats({0, 2.001f}, {2, 1}), expected, size), "");
  EXPECT_NE(contraction_disagreement(floats({0, kNaN}, {2, 1}), expected, size), "");
  // All forms of transposition have the same magnitudes.
  const Tensor at = floats({100, 1, -100, 1}, {2, 2}), bt = floats({1, 1}, {1, 2});
  EXPECT_EQ(contraction_magnitudes(at, b, true, false), size);
  EXPECT_EQ(contraction_magnitudes(a, bt, false, true), size);
  EXPECT_EQ(contraction_magnitudes(at, bt, true, true), size);
}

TEST(Contraction, NonFiniteOnesMustBeTheSameWithinRange) {
  const auto size = contraction_magnitudes(floats({kInf, 1}, {1, 2}), floats({1, 1}, {2, 1}));
  EXPECT_EQ(size, std::vector<double>{1});
  const Tensor inf = floats({kInf}, {1, 1}), nan = floats({kNaN}, {1, 1});
  EXPECT_EQ(contraction_disagreement(inf, inf, size), "");
  EXPECT_EQ(contraction_disagreement(nan, nan, size), "");
  EXPECT_NE(contraction_disagreement(nan, inf, size), "");
  EXPECT_EQ(contraction_disagreement(inf, nan, {1e39}), "");  // partial sums may overflow
}

}  // namespace
}  // namespace lathe::test
