#include "passes/simplify.h"

#include <gtest/gtest.h>

#include <cmath>
#include <ctime>
#include <limits>

#include "ir/builder.h"
#include "ir/printer.h"
#include "tests/passes/pass_test_util.h"

namespace lathe::passes {
namespace {

// One of everything that decompose and simplify touch, on values that the rules could get wrong.
constexpr const char* kMixed = R"(module @m {
  state %w : f32[4,6]
  func @f(%x: f32[B,4], %b: f32[6], %p: u8[B,6]) -> (a: f32[B,6], b: f32[6], c: f32[], d: f32[B,1], e: i32[B,6]) {
    %0 = transpose(%w) : f32[6,4]
    %1 = matmul(%x, %0) {transpose_b = true} : f32[B,6]
    %2 = broadcast(%b) : f32[B,6]
    %3 = add(%1, %2) : f32[B,6]
    %half = constant {value = 0.5} : f32[B,6]
    %4 = mul(%3, %half) : f32[B,6]
    %5 = softmax(%4) : f32[B,6]
    %6 = log_softmax(%4) : f32[B,6]
    %7 = convert(%p) : f32[B,6]
    %8 = map(%5, %6, %7, %7) {fn = (add (mul a0 a1) (mul a2 a3))} : f32[B,6]
    %9 = reduce(%8) {axes = [0], kind = mean} : f32[6]
    %10 = reduce(%8) {axes = [0, 1], kind = mean} : f32[]
    %11 = reduce(%8) {axes = [1], keepdims = true, kind = max} : f32[B,1]
    %12 = convert(%7) : i32[B,6]
    return %8, %9, %10, %11, %12
  }
})";

TEST(Simplify, KeepsResults) {
  const ir::Module m = module_of(kMixed);
  for (int64_t batch : {1, 3, 8}) {
    const Ran expected = run_exact(m, "f", batch);
    for (const std::vector<std::string>& passes :
         {std::vector<std::string>{"simplify"}, {"decompose"}, {"decompose", "simplify"}}) {
      ir::Module changed = m;
      run_checked(changed, passes);
      EXPECT_LT(difference(run_exact(changed, "f", batch), expected), 1e-14) << ir::print(changed);
    }
  }
}

TEST(Simplify, KeepsNanAndInfinity) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
  const ir::Module m = module_of(R"(module @m {
  func @f(%x: f32[6]) -> (a: f32[6], b: f32[6], c: f32[6]) {
    %zero = constant {value = 0.0} : f32[]
    %one = constant {value = 1.0} : f32[6]
    %0 = mul(%x, %zero) : f32[6]
    %1 = mul(%x, %one) : f32[6]
    %2 = sub(%x, %1) : f32[6]
    %3 = maximum(%1, %x) : f32[6]
    return %0, %2, %3
  }
})");
  const std::map<std::string, Numbers> given = {{"x", {0, 1, -inf, inf, nan, -1e300}}};
  ir::Module simple = m;
  run_checked(simple, {"simplify"});
  EXPECT_NE(ir::print(simple), ir::print(m));
  EXPECT_EQ(difference(run_exact(simple, "f", 1, given), run_exact(m, "f", 1, given)), 0);
}

TEST(Simplify, RunsOnceForAll) {
  ir::Module m = module_of(kMixed);
  run_checked(m, {"decompose", "simplify"});
  const std::string once = ir::print(m);
  run_checked(m, {"simplify"});
  EXPECT_EQ(ir::print(m), once);
}

TEST(Simplify, LeavesIntegerArithmeticAlone) {
  ir::Module m = module_of(R"(module @m {
    func @f(%a: i32[4], %b: i32[1,4]) -> (x: i32[4], y: i32[4], z: i32[1,4]) {
      %0 = map(%a) {fn = (add a0 (div 7 2))} : i32[4]
      %1 = map(%a) {fn = (mul 100000 100000)} : i32[4]
      %2 = map(%a, %b) {fn = (div 7 2)} : i32[1,4]
      return %0, %1, %2
    }
  })");
  const Ran before = run_exact(m, "f", 1);
  run_checked(m, {"simplify"});
  EXPECT_EQ(difference(run_exact(m, "f", 1), before), 0);
  EXPECT_EQ(before.outputs.at("x"), (Numbers{3, 4, 3, 4}));
  EXPECT_EQ(before.outputs.at("y"), Numbers(4, 1410065408));
  EXPECT_EQ(before.outputs.at("z"), Numbers(4, 3));
}

/// `ops` ops of which simplify leaves two in five, a map and a square.
ir::Module repeated(int ops) {
  ir::Module m;
  m.functions.emplace_back();
  ir::Builder b(m, m.functions[0]);
  m.functions[0].name = "f";
  const ir::ValueId x = b.param("x", {DType::F32, {Dim::batch(), 8}});
  const ir::ScalarExpr step = ir::ScalarExpr::parse("(add (mul a0 a1) (tanh a0))");
  ir::ValueId y = x;
  for (int i = 0; i < ops / 5; ++i) {
    const ir::ValueId c = b.constant(1.0 + i, DType::F32);
    const ir::ValueId wide = b.broadcast(c, {Dim::batch(), 8});
    const ir::ValueId one = b.map(step, {y, wide}), same = b.map(step, {y, wide});
    y = b.map("mul", {one, same});
  }
  b.output("y", y);
  return m;
}

/// Of the processor, for `ops` ops: what else the machine does is not counted.
double seconds_of(int ops) {
  ir::Module m = repeated(ops);
  EXPECT_EQ(m.functions[0].body.size(), static_cast<size_t>(ops));
  Remarks remarks;
  const std::clock_t start = std::clock();
  EXPECT_TRUE(simplify(m, {}, remarks));
  const std::clock_t end = std::clock();
  EXPECT_EQ(m.functions[0].body.size(), static_cast<size_t>(ops) * 2 / 5);
  return static_cast<double>(end - start) / CLOCKS_PER_SEC;
}

// A quadratic step would take a hundred times as long for ten times the ops.
TEST(Simplify, IsNearlyLinear) {
#ifdef LATHE_SANITIZED
  GTEST_SKIP() << "times mean nothing under a sanitizer";
#endif
  const double small = seconds_of(1000), large = seconds_of(10000);
  EXPECT_LT(large, 40 * small + 0.1);
}

}  // namespace
}  // namespace lathe::passes
