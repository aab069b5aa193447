// Integers in compiled code: maps over them, and indices that no data has.
#include <gtest/gtest.h>

#include "ir/parser.h"
#include "tests/llvm/agree.h"

namespace lathe::testing {
namespace {

using runtime::Tensor;

TEST(IntegerMaps, AreComputedInIntegersByBoth) {
  const ir::Module m = ir::parse_verified(R"(module @m {
    func @f(%a: i32[B], %b: u8[B]) -> (x: i32[B], y: i32[B], z: u8[B]) {
      %0 = map(%a) {fn = (add a0 (div 7 2))} : i32[B]
      %1 = map(%a) {fn = (add a0 (mul 100000 100000))} : i32[B]
      %2 = map(%b) {fn = (max a0 (sub 3 5))} : u8[B]
      return %0, %1, %2
    }
  })");
  EXPECT_EQ(jit_disagreement(m, "f"), "");
}

// Wide rows, one number a row, and what only loops take.
TEST(Gather, GivesZerosForRowsThatAreNotThere) {
  const ir::Module m = ir::parse_verified(R"(module @m {
    func @f(%data: f32[N,19], %labels: i32[N], %deep: f32[4,2,3], %index: i32[B])
        -> (rows: f32[B,19], numbers: i32[B], blocks: f32[B,2,3], windows: f32[B,3,19],
            longer: f32[B,9,19]) {
      %0 = gather(%data, %index) : f32[B,19]
      %1 = gather(%labels, %index) : i32[B]
      %2 = gather(%deep, %index) : f32[B,2,3]
      %3 = gather(%data, %index) {window = 3} : f32[B,3,19]
      %4 = gather(%data, %index) {window = 9} : f32[B,9,19]
      return %0, %1, %2, %3, %4
    }
  })");
  AgreeOptions o;
  o.batch = 6;
  o.data_rows = 4;
  Tensors inputs = random_inputs(m, m.function("f"), o);
  for (int32_t& v : inputs.at("labels").data<int32_t>()) v = 9;
  const int32_t index[] = {3, 4, -1, 0, 2147483647, -2147483647 - 1};
  std::copy(std::begin(index), std::end(index), inputs.at("index").data<int32_t>().begin());
  const Tensors results = run_jit(m, "f", inputs, {}, o);
  const auto check = [&](const char* output, const char* source, int64_t window = 1) {
    const Tensor &got = results.at(output), &from = inputs.at(source);
    const int64_t width = got.elements() / 6 / window;
    for (int64_t i = 0; i < got.elements(); ++i) {
      const int64_t last = index[i / (width * window)], first = last - (window - 1);
      const bool there = first >= 0 && last < 4;
      EXPECT_EQ(element(got, i), there ? element(from, first * width + i % (width * window)) : 0)
          << output << " " << i;
    }
  };
  check("rows", "data");
  check("numbers", "labels");
  check("blocks", "deep");
  check("windows", "data", 3);
  check("longer", "data", 9);  // there are 4 rows
}

}  // namespace
}  // namespace lathe::testing
