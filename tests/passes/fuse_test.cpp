// What fuse says it refused, that it stays linear, and what later passes ask of it.
#include "passes/fuse.h"

#include <gtest/gtest.h>

#include <ctime>
#include <iostream>
#include <map>

#include "ir/builder.h"
#include "ir/error.h"
#include "tests/passes/pass_test_util.h"

namespace lathe::passes {
namespace {

std::vector<std::string> remarks_of(std::string_view text) {
  ir::Module m = module_of(text);
  Remarks remarks;
  run_checked(m, {"fuse"}, &remarks);
  std::vector<std::string> lines;
  for (const Remark& r : remarks)
    if (r.pass == "fuse") lines.push_back(r.function + ": " + r.subject + ": " + r.message);
  return lines;
}

TEST(Fuse, SaysWhatItRefusedInTheNamesOfItsText) {
  EXPECT_EQ(remarks_of(R"(module @m {
    state %w : f32[6,6]
    func @f(%x: f32[B,6], %v: f32[B,2,3]) -> (a: bool[B,6], b: f32[B,2,3], c: f32[3,6]) {
      %0 = matmul(%x, %w) {layer = first} : f32[B,6]
      %less = less(%0, %x) : bool[B,6]
      %1 = matmul(%x, %w) {layer = second} : f32[B,6]
      %2 = reshape(%1) : f32[B,2,3]
      %3 = add(%2, %v) {layer = third} : f32[B,2,3]
      %4 = reduce(%x) {axes = [0], kind = sum} : f32[6]
      %5 = broadcast(%4) : f32[3,6]
      return %less, %3, %5
    }
  })"),
            (std::vector<std::string>{
                "f: %less (map): @rows, not in @first.contraction: its result is not f32",
                "f: %4 (map of third): @third.rows, not in @second.contraction: a reshape stands "
                "between",
            }));
}

TEST(Fuse, SaysWhyAnAssignNeedsACopy) {
  EXPECT_EQ(remarks_of(R"(module @m {
    state %w : f32[6,6]
    func @f() -> () {
      %0 = matmul(%w, %w) : f32[6,6]
      assign(%w, %0)
      return
    }
  })"),
            (std::vector<std::string>{"f: %1 (map): copied in @rows for its assign: %w is read at "
                                      "other places than overwritten"}));
}

TEST(Fuse, ComesBeforeThePassesThatNeedKernels) {
  const char* text = R"(module @m { func @f(%x: f32[B,2]) -> (y: f32[B,2]) {
    %0 = neg(%x) : f32[B,2]
    return %0 } })";
  EXPECT_EQ(error_of(text, {"layout"}),
            "layout: function 'f' has a 'map' in no kernel; run fuse first");
  EXPECT_EQ(error_of(text, {"schedule"}),
            "schedule: function 'f' has a 'map' in no kernel; run fuse first");
  EXPECT_EQ(error_of(text, {"plan"}),
            "plan: function 'f' has a 'map' in no kernel; run fuse first");
  EXPECT_EQ(error_of(text, {"fuse", "plan"}),
            "plan: kernel @rows has no phase; run schedule first");
  EXPECT_EQ(error_of(text, {"fuse", "schedule", "layout"}),
            "layout: function 'f' is scheduled; it comes before schedule");
}

/// Dense layers, forward and backward with their updates: `layers` times seven ops.
ir::Module deep_model(int layers) {
  ir::Module m;
  ir::Function& f = m.functions.emplace_back();
  f.name = "train_step";
  ir::Builder b(m, f);
  const Dim batch = Dim::batch();
  ir::ValueId x = b.param("x", {DType::F32, {batch, 8}});
  std::vector<ir::ValueId> inputs;
  for (int i = 0; i < layers; ++i) {
    m.states.push_back({"w" + std::to_string(i), {DType::F32, {8, 8}}, {}});
    inputs.push_back(x);
    x = b.map("sigmoid", {b.matmul(x, b.state(i))});
  }
  b.output("y", x);
  ir::ValueId dy = x;
  for (int i = layers; i-- > 0;) {
    const ir::ValueId dw = b.matmul(inputs[i], dy, true);
    b.assign(i, b.map("sub", {b.state(i), dw}));
    dy = b.map("mul", {b.matmul(dy, b.state(i), false, true), inputs[i]});
  }
  return m;
}

/// A chain of maps in which every fifth reads one from far back.
ir::Module long_chain(int ops) {
  ir::Module m;
  ir::Function& f = m.functions.emplace_back();
  f.name = "f";
  ir::Builder b(m, f);
  std::vector<ir::ValueId> values = {b.param("x", {DType::F32, {Dim::batch(), 8}})};
  for (int i = 1; i < ops; ++i)
    values.push_back(b.map("add", {values.back(), values[i % 5 == 0 ? values.size() / 2 : i - 1]}));
  b.output("y", values.back());
  return m;
}

/// Of the processor, for each pass: what else the machine does is not counted.
std::map<std::string, double> seconds_of(ir::Module m) {
  std::map<std::string, double> seconds;
  PipelineHooks hooks;
  hooks.check = false;
  std::clock_t last = 0;
  hooks.after = [&](const PassInfo& pass, const ir::Module&, bool) {
    const std::clock_t now = std::clock();
    seconds[std::string(pass.name)] += static_cast<double>(now - last) / CLOCKS_PER_SEC;
    last = std::clock();
  };
  Remarks remarks;
  last = std::clock();
  run_from_stage(m, Stage::Simplified, Stage::Planned, {}, remarks, hooks);
  return seconds;
}

// Ten times the ops take about ten times as long; a quadratic step would take a hundred times.
TEST(Fuse, AndLaterPassesAreNearlyLinear) {
#ifdef LATHE_SANITIZED
  GTEST_SKIP() << "times mean nothing under a sanitizer";
#endif
  for (const auto& make : {deep_model, long_chain}) {
    const auto small = seconds_of(make(1000)), large = seconds_of(make(10000));
    EXPECT_GE(small.size(), 4u);
    for (const auto& [pass, seconds] : small) {
      std::cout << pass << ": 1000: " << seconds << " s, 10000: " << large.at(pass) << " s\n";
      EXPECT_LT(large.at(pass), 20 * seconds + 0.1) << pass;
    }
  }
}

}  // namespace
}  // namespace lathe::passes
