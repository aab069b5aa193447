// Division by a constant, which is emitted as a product: the same numbers as division, infinities
// and zeros included.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include "runtime/fp_mode.h"
#include "runtime/philox.h"
#include "tests/llvm/agree.h"
#include "tests/llvm/scalar_emit_probe.h"
#include "tests/llvm/scalar_ulps.h"

namespace lathe::codegen {
namespace {

using ir::ScalarExpr;

/// Numbers of either sign and all sizes, multiples of `by`, and what is no number.
template <typename T>
std::vector<T> dividends(T by) {
  using L = std::numeric_limits<T>;
  std::vector<T> x = {0,        -T{0},        L::infinity(), -L::infinity(), L::quiet_NaN(), 1,
                      L::max(), -L::max(),    L::min(),      -L::min(),      L::min() / 4,   by,
                      -by,      L::max() / 2, L::epsilon(),  -L::epsilon()};
  uint64_t draws = 0;
  const auto unit = [&] { return runtime::uniform_at(7, 0, 0, draws++); };
  while (x.size() < 40000) {
    const T size = static_cast<T>(std::exp2(1.9 * L::max_exponent * (unit() - 0.5)));
    x.push_back(unit() < 0.5 ? -size : size);
    x.push_back(static_cast<T>(x.size()) * by);
  }
  return x;
}

template <typename T>
void expect_quotients(double c) {
  const T by = static_cast<T>(c);
  const std::vector<T> x = dividends(by);
  const ScalarExpr e =
      ScalarExpr::parse("(div a0 a1)").substitute(std::array{ScalarExpr::arg(0), ScalarExpr(c)});
  const DType type = std::is_same_v<T, float> ? DType::F32 : DType::F64;
  const auto quotients = [&](const char* cpu) {
    const ScalarProbe probe = ScalarProbe::map(e, type, {.lanes = 16, .cpu = cpu});
    std::vector<T> y(x.size());
    const void* in[] = {x.data()};
    const runtime::FpMode mode;
    probe(in, y.data(), static_cast<int64_t>(y.size()));
    return y;
  };
  const std::vector<T> y = quotients("");
  // Of a quotient this small the second part of the product is lost.
  const T small = std::numeric_limits<T>::min() * (type == DType::F32 ? T{0x1p48} : T{0x1p106});
  for (size_t i = 0; i < x.size(); ++i) {
    const T want = test::flushed(test::flushed(x[i]) / by);
    EXPECT_LE(test::ulp_error<T>(y[i], want), want != 0 && std::fabs(want) < small ? 2 : 0)
        << x[i] << " / " << by << " gave " << y[i];
  }
  if (!testing::runs_here("x86-64-v3")) return;
  const std::vector<T> narrow = quotients("x86-64-v3");
  EXPECT_EQ(std::memcmp(y.data(), narrow.data(), y.size() * sizeof(T)), 0) << by << " in AVX2";
}

TEST(ScalarDivision, ByAConstantGivesTheQuotient) {
  for (const double c : {3.0, 100.0, 255.0, 784.0, -7.0, 0.1, -1e-3, 0.5, 1e20, 3e-20, 1e35, 1e-35,
                         // Of this one's reciprocal the rest is 2^-40 of it.
                         0x1.00001p77, -0x1.00001p78, 0x1.00001p90, 0x1.00001p-99}) {
    expect_quotients<float>(c);
    expect_quotients<double>(c);
  }
}

#if defined(__x86_64__)
TEST(ScalarDivision, ByAConstantTakesNoDivider) {
  const auto divides = [](const char* expression, const char* cpu) {
    return ScalarProbe::map(ScalarExpr::parse(expression), DType::F32,
                            {.cpu = cpu, .assembly = true})
               .assembly()
               .find("div") != std::string::npos;
  };
  EXPECT_FALSE(divides("(div a0 100)", "x86-64-v3"));
  EXPECT_TRUE(divides("(div a0 100)", "x86-64")) << "which has no fused multiply-add";
  EXPECT_TRUE(divides("(div a0 1e35)", "x86-64-v3")) << "whose reciprocal has few digits more";
  EXPECT_TRUE(divides("(div 100 a0)", "x86-64-v3"));
}
#endif

}  // namespace
}  // namespace lathe::codegen
