// The judge of compiled results: what it lets pass and what not.
#include "tests/llvm/agree.h"

#include <gtest/gtest.h>

#include <cmath>

#include "ir/parser.h"

namespace lathe {
namespace {

using testing::AgreeOptions;
using testing::Tensors;

struct Judged {
  Tensors inputs;
  testing::Oracle oracle;

  explicit Judged(const std::string& function, const AgreeOptions& o = {}) {
    const ir::Module m = ir::parse("module @m {\nfunc @f" + function + "\n}\n");
    inputs = testing::random_inputs(m, m.functions[0], o);
    oracle = testing::run_oracle(m, "f", inputs, {}, o);
  }
  /// Whether a result passes of which every element is off by that part of itself.
  bool passes(double off) const {
    Tensors y = oracle.values;
    for (float& v : y.at("y").data<float>()) v = static_cast<float>(v * (1 + off));
    return testing::disagreement(y, oracle).empty();
  }
};

TEST(Agreement, AllowsNothingWhereNothingIsRounded) {
  const Judged copied("(%x: f32[B,5]) -> (y: f32[B,5]) {\n%0 = relu(%x) : f32[B,5]\nreturn %0 }");
  EXPECT_TRUE(copied.passes(0));
  EXPECT_FALSE(copied.passes(0x1p-23));
}

TEST(Agreement, AllowsAFewUlpsOfAnOperation) {
  const Judged sum("(%x: f32[B,5]) -> (y: f32[B,5]) {\n%0 = tanh(%x) : f32[B,5]\nreturn %0 }");
  EXPECT_TRUE(sum.passes(0x1p-24));
  EXPECT_FALSE(sum.passes(0x1p-19));
}

TEST(Agreement, AllowsWhatALongSumLoses) {
  const Judged sum(
      "(%x: f32[B,400], %w: f32[400,3]) -> (y: f32[B,3]) {\n"
      "%0 = matmul(%x, %w) : f32[B,3]\nreturn %0 }");
  EXPECT_TRUE(sum.passes(1e-7));
  EXPECT_FALSE(sum.passes(1e-3));
}

// (1 + 1e-6 x) - 1: the first sum loses most of x.
TEST(Agreement, KnowsACancellation) {
  const Judged difference(
      "(%x: f32[B,5]) -> (y: f32[B,5]) {\n%0 = map(%x) {fn = (add 1 (mul a0 0.000001))} : "
      "f32[B,5]\n"
      "%1 = map(%0) {fn = (sub a0 1)} : f32[B,5]\nreturn %1 }");
  EXPECT_TRUE(difference.passes(1e-3));
  EXPECT_EQ(difference.oracle.blurred(), 0);  // all are tiny
  EXPECT_FALSE(difference.passes(10));
}

// (1000000 + x) - 1000000 is x to a sixteenth: nothing is right enough to be judged by it.
TEST(Agreement, RefusesToJudgeWhatHangsOnTheLastDigits) {
  const Judged lost(
      "(%x: f32[B,5]) -> (y: f32[B,5]) {\n%0 = map(%x) {fn = (add 1000000 a0)} : f32[B,5]\n"
      "%1 = map(%0) {fn = (sub a0 1000000)} : f32[B,5]\nreturn %1 }");
  EXPECT_EQ(lost.oracle.blurred(), lost.oracle.elements());
  EXPECT_EQ(testing::first_differences(lost.oracle.values, lost.oracle), "");
  EXPECT_FALSE(lost.passes(0));
}

}  // namespace
}  // namespace lathe
