// The functions of vector_math.h against libm in the next larger precision: stated bounds, special
// values, the same bits at every width.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <vector>

#include "runtime/fp_mode.h"
#include "tests/llvm/scalar_emit_probe.h"
#include "tests/llvm/scalar_ulps.h"

namespace lathe::codegen {
namespace {

using ir::ScalarExpr;
using ir::ScalarOp;

struct MathFunction {
  ScalarOp op;
  double f32_ulps, f64_ulps;         ///< as vector_math.h states them
  double low, high;                  ///< where samples lie densely
  double (*reference)(double);       ///< for f32
  long double (*wide)(long double);  ///< for f64
  /// f64: what lies farther from 0 has no bound, but a result of 1 at most.
  double f64_range = std::numeric_limits<double>::infinity();
};

void PrintTo(const MathFunction& f, std::ostream* out) {
  *out << ir::scalar_op_name(f.op);
}

class VectorMath : public testing::TestWithParam<MathFunction> {
 protected:
  static ScalarProbe compile(DType dtype, unsigned lanes, const std::string& cpu = "",
                             bool fast = false, bool assembly = false) {
    const ScalarExpr e = ScalarExpr::make(GetParam().op, std::array{ScalarExpr::arg(0)});
    return ScalarProbe::map(e, dtype, {lanes, cpu, fast, assembly});
  }

  template <typename T>
  static std::vector<T> run(const ScalarProbe& probe, const std::vector<T>& x) {
    std::vector<T> y(x.size());
    const void* in = x.data();
    const runtime::FpMode mode;
    probe({&in, 1}, y.data(), static_cast<int64_t>(x.size()));
    return y;
  }
};

/// Two runs agree bit by bit; one NaN is as good as another.
template <typename T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](T x, T y) {
    return std::bit_cast<Bits>(x) == std::bit_cast<Bits>(y) || (std::isnan(x) && std::isnan(y));
  });
}

constexpr size_t kBlock = 1 << 12;  // a multiple of every number of lanes

/// Every `stride`th float, by bits; the last block is filled up with zeros.
std::vector<float> floats_by_bits(uint64_t first, uint64_t last, uint64_t stride) {
  std::vector<float> x;
  for (uint64_t bits = first; bits < last; bits += stride)
    x.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  x.resize((x.size() + kBlock - 1) / kBlock * kBlock);
  return x;
}

/// Doubles: every exponent within the function's range, and densely between low and high.
std::vector<double> doubles(const MathFunction& f) {
  std::vector<double> x;
  for (uint64_t i = 0; i < (uint64_t{1} << 18); ++i) {
    const auto v = std::bit_cast<double>(i * 70368744177679ull);  // a prime above 2^46
    x.push_back(std::fabs(v) <= f.f64_range || std::isnan(v) ? v : f.f64_range / v);
  }
  for (int i = 0; i < 1 << 19; ++i) x.push_back(f.low + (f.high - f.low) * i / (1 << 19));
  return x;
}

struct Worst {
  long double ulps = 0;
  long double at = 0;
};

/// The largest error. What is denormal, given or expected, counts as 0; at the edges of the finite
/// range the libraries' own rounding decides, so overflow may come one ulp early or late.
template <typename T, typename Wide>
Worst worst_error(const std::vector<T>& x, const std::vector<T>& y, Wide (*reference)(Wide)) {
  Worst worst;
  for (size_t i = 0; i < x.size(); ++i) {
    const Wide want = reference(static_cast<Wide>(test::flushed(x[i])));
    if (static_cast<T>(want) == y[i]) continue;  // half a unit at most, and most of them
    if (std::fabs(want) < std::numeric_limits<T>::min() &&
        std::fabs(y[i]) <= std::numeric_limits<T>::min())
      continue;
    long double error = test::ulp_error(y[i], want);
    if (std::isinf(y[i]) && std::isfinite(want))
      error = test::ulp_error(std::numeric_limits<T>::max(), want) + 1;
    if (std::fabs(want) > std::numeric_limits<T>::max() && std::isinf(y[i])) error = 0;
    if (error > worst.ulps) worst = {error, static_cast<long double>(x[i])};
  }
  return worst;
}

TEST_P(VectorMath, F32IsWithinItsBoundAndTheSameAtEveryWidth) {
  const std::vector<float> x = floats_by_bits(0, uint64_t{1} << 32, 1009);
  const std::vector<float> y = run(compile(DType::F32, 16), x);
  const Worst worst = worst_error(x, y, GetParam().reference);
  RecordProperty("ulps", std::to_string(static_cast<double>(worst.ulps)));
  EXPECT_LE(worst.ulps, GetParam().f32_ulps) << "at " << worst.at;
  for (unsigned lanes : {1, 4, 8})
    EXPECT_TRUE(same_bits(y, run(compile(DType::F32, lanes), x))) << lanes << " lanes";
  EXPECT_TRUE(same_bits(y, run(compile(DType::F32, 16, "", true), x))) << "fast-math flags";
}

TEST_P(VectorMath, F64IsWithinItsBoundAndTheSameAtEveryWidth) {
  const std::vector<double> x = doubles(GetParam());
  const std::vector<double> y = run(compile(DType::F64, 8), x);
  const Worst worst = worst_error(x, y, GetParam().wide);
  RecordProperty("ulps", std::to_string(static_cast<double>(worst.ulps)));
  EXPECT_LE(worst.ulps, GetParam().f64_ulps) << "at " << worst.at;
  for (unsigned lanes : {1, 4, 16})
    EXPECT_TRUE(same_bits(y, run(compile(DType::F64, lanes), x))) << lanes << " lanes";
}

TEST_P(VectorMath, IsRightAtSpecialValues) {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::nanf(""),
              smallest = std::numeric_limits<float>::min(),
              largest = std::numeric_limits<float>::max(),
              payload = std::bit_cast<float>(0x7F8001A5u), minus_nan = -payload;
  std::vector<float> x = {0.0f,         -0.0f,         inf,      -inf,   nan,
                          payload,      minus_nan,     smallest, -1,     -largest,
                          smallest / 2, -smallest / 2, 1,        largest};
  const size_t n = x.size();
  x.resize(16);
  for (const unsigned lanes : {1, 16}) {
    const std::vector<float> y = run(compile(DType::F32, lanes), x);
    for (size_t i = 0; i < n; ++i) {
      const float flushed = test::flushed(x[i]);
      const float want = static_cast<float>(GetParam().reference(flushed));
      EXPECT_LE(test::ulp_error(y[i], want), 1) << x[i];
      if (want == 0) {
        EXPECT_EQ(std::signbit(y[i]), std::signbit(want)) << x[i];
      }
    }
  }
  std::vector<double> wide(x.begin(), x.end());
  wide[7] = std::numeric_limits<double>::min();
  wide[13] = std::numeric_limits<double>::max();
  wide[9] = -wide[13];
  const std::vector<double> y = run(compile(DType::F64, 4), wide);
  for (size_t i = 0; i < n; ++i) {
    if (std::isfinite(wide[i]) && std::fabs(wide[i]) > GetParam().f64_range) {
      EXPECT_LE(std::fabs(y[i]), 1) << wide[i];
      continue;
    }
    EXPECT_LE(test::ulp_error(y[i], static_cast<long double>(GetParam().reference(wide[i]))), 2)
        << wide[i];
  }
}

#if defined(__x86_64__)
TEST_P(VectorMath, AgreesBetweenAvx2AndThisMachine) {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
    GTEST_SKIP() << "this machine has no AVX2 with FMA to compare with";
  const std::vector<float> x = floats_by_bits(0, uint64_t{1} << 32, 20011);
  EXPECT_TRUE(
      same_bits(run(compile(DType::F32, 16, "x86-64-v3"), x), run(compile(DType::F32, 16), x)));
}

TEST_P(VectorMath, LosesOneUlpWithoutFma) {
  const std::vector<float> x = floats_by_bits(0, uint64_t{1} << 32, 20011);
  const std::vector<double> wide = doubles(GetParam());
  EXPECT_LE(worst_error(x, run(compile(DType::F32, 8, "x86-64-v2"), x), GetParam().reference).ulps,
            GetParam().f32_ulps + 1);
  EXPECT_LE(worst_error(wide, run(compile(DType::F64, 4, "x86-64-v2"), wide), GetParam().wide).ulps,
            GetParam().f64_ulps + 1);
}

TEST_P(VectorMath, CallsNothing) {
  for (const char* cpu : {"x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4"})
    for (const DType dtype : {DType::F32, DType::F64})
      for (const unsigned lanes : {1, 16}) {
        const ScalarProbe probe = compile(dtype, lanes, cpu, false, true);
        EXPECT_NE(probe.assembly().find("ret"), std::string::npos);
        EXPECT_EQ(probe.assembly().find("call"), std::string::npos)
            << cpu << " " << dtype_name(dtype) << " " << lanes;
      }
}
#endif

// Minutes: tools/test_long.sh runs it.
TEST_P(VectorMath, DISABLED_F32IsWithinItsBoundEverywhere_Long) {
  const ScalarProbe probe = compile(DType::F32, 16);
  Worst worst;
  for (uint64_t first = 0; first < uint64_t{1} << 32; first += 1 << 24) {
    const std::vector<float> x = floats_by_bits(first, first + (1 << 24), 1);
    const Worst here = worst_error(x, run(probe, x), GetParam().reference);
    if (here.ulps > worst.ulps) worst = here;
  }
  RecordProperty("ulps", std::to_string(static_cast<double>(worst.ulps)));
  EXPECT_LE(worst.ulps, GetParam().f32_ulps) << "at " << worst.at;
}

INSTANTIATE_TEST_SUITE_P(
    Functions, VectorMath,
    testing::Values(MathFunction{ScalarOp::Exp, 1, 1.5, -750, 750, std::exp, std::exp},
                    MathFunction{ScalarOp::Log, 1, 1, 0.25, 4, std::log, std::log},
                    MathFunction{ScalarOp::Expm1, 2, 2, -4, 4, std::expm1, std::expm1},
                    MathFunction{ScalarOp::Log1p, 1.5, 1.5, -0.75, 3, std::log1p, std::log1p},
                    MathFunction{ScalarOp::Tanh, 2, 2, -25, 25, std::tanh, std::tanh},
                    MathFunction{ScalarOp::Erf, 1, 1.5, -7, 7, std::erf, std::erf},
                    MathFunction{ScalarOp::Sin, 1, 2, -100, 100, std::sin, std::sin, 0x1.8p20},
                    MathFunction{ScalarOp::Cos, 1, 2, -100, 100, std::cos, std::cos, 0x1.8p20},
                    MathFunction{ScalarOp::Sqrt, 0.5, 0.5, 0, 100, std::sqrt, std::sqrt}),
    [](const auto& info) { return std::string(ir::scalar_op_name(info.param.op)); });

}  // namespace
}  // namespace lathe::codegen
