#include "passes/pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "ir/error.h"
#include "ir/printer.h"
#include "tests/passes/pass_test_util.h"

namespace lathe::passes {
namespace {

constexpr const char* kModel = R"(module @m {
  state %w : f32[4,3] {trainable = true}
  func @train_step(%x: f32[B,4], %y: f32[B,3]) -> (loss: f32[]) {
    %0 = matmul(%x, %w) : f32[B,3]
    %1 = softmax(%0) : f32[B,3]
    %2 = map(%1, %y) {fn = (neg (mul a1 (log a0)))} : f32[B,3]
    %3 = reduce(%2) {axes = [0, 1], kind = mean} : f32[]
    minimize(%3) {optimizer = sgd}
    return %3
  }
})";

TEST(Pipeline, EveryPassHasItsPlaceAndAReason) {
  std::set<std::string_view> in_pipeline;
  Stage last = Stage::Built;
  for (const Step& step : pipeline()) {
    EXPECT_TRUE(in_pipeline.insert(step.pass).second) << step.pass;
    EXPECT_GE(step.stage, last) << step.pass;
    EXPECT_FALSE(step.reason.empty());
    last = step.stage;
  }
  for (const PassInfo& pass : pass_table()) EXPECT_TRUE(in_pipeline.count(pass.name)) << pass.name;
  EXPECT_EQ(in_pipeline.size(), pass_table().size());
}

TEST(Pipeline, StagesHaveNames) {
  const std::vector<std::string_view> expected = {"built",      "differentiated", "updated",
                                                  "simplified", "fused",          "laid-out",
                                                  "scheduled",  "planned"};
  EXPECT_EQ(stage_names(), expected);
  for (std::string_view name : expected) EXPECT_EQ(stage_name(parse_stage(name)), name);
  try {
    parse_stage("llvm");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(std::string(e.what()),
              "there is no stage 'llvm' of the IR; there is built, differentiated, updated, "
              "simplified, fused, laid-out, scheduled, planned");
  }
}

TEST(Pipeline, StepsLeadThroughTheStages) {
  ir::Module at_once = module_of(kModel), in_steps = at_once;
  Remarks remarks;
  PipelineHooks hooks;
  hooks.check = true;
  run_to_stage(at_once, Stage::Simplified, {}, remarks, hooks);
  run_to_stage(in_steps, Stage::Differentiated, {}, remarks, hooks);
  EXPECT_NE(ir::print(in_steps), ir::print(at_once));
  run_from_stage(in_steps, Stage::Differentiated, Stage::Simplified, {}, remarks, hooks);
  EXPECT_EQ(ir::print(in_steps), ir::print(at_once));
}

TEST(Pipeline, EveryStageKeepsTheStepsResults) {
  ir::Module updated = module_of(kModel);
  Remarks remarks;
  PipelineHooks hooks;
  hooks.check = true;
  run_to_stage(updated, Stage::Updated, {}, remarks, hooks);
  const Ran expected = run_exact(updated, "train_step", 7);
  for (Stage stage :
       {Stage::Simplified, Stage::Fused, Stage::LaidOut, Stage::Scheduled, Stage::Planned}) {
    ir::Module m = updated;
    run_from_stage(m, Stage::Updated, stage, {}, remarks, hooks);
    EXPECT_LT(difference(run_exact(m, "train_step", 7), expected), 1e-14) << stage_name(stage);
  }
}

TEST(PassManager, HooksSeeEveryPassThatRuns) {
  ir::Module m = module_of(kModel);
  std::vector<std::string> seen, timed;
  PipelineHooks hooks;
  hooks.skip = {"logits", "decompose"};
  hooks.after = [&](const PassInfo& pass, const ir::Module& now, bool changed) {
    seen.push_back(std::string(pass.name) + (changed ? "" : " -"));
    EXPECT_EQ(now.functions.size(), 1u);
  };
  hooks.timed = [&](const PassInfo& pass, double seconds) {
    timed.emplace_back(pass.name);
    EXPECT_GE(seconds, 0);
  };
  Remarks remarks;
  run_to_stage(m, Stage::Simplified, {}, remarks, hooks);
  EXPECT_EQ(seen, (std::vector<std::string>{"autodiff", "optimizer", "simplify"}));
  EXPECT_EQ(timed, seen);
  seen.clear();
  const std::vector<std::string> again = {"simplify"};
  EXPECT_FALSE(run_passes(m, again, {}, remarks, hooks));
  EXPECT_EQ(seen, std::vector<std::string>{"simplify -"});
}

TEST(PassManager, UnknownNamesAreErrorsBeforeAnythingRuns) {
  ir::Module m = module_of(kModel);
  const std::string before = ir::print(m);
  Remarks remarks;
  const std::vector<std::string> names = {"autodiff", "inline"};
  EXPECT_THROW(run_passes(m, names, {}, remarks), Error);
  EXPECT_EQ(ir::print(m), before);
  PipelineHooks hooks;
  hooks.skip = {"inline"};
  EXPECT_THROW(run_to_stage(m, Stage::Planned, {}, remarks, hooks), Error);
  EXPECT_EQ(ir::print(m), before);
}

bool claims_a_change(ir::Module&, const PassOptions&, Remarks&) {
  return true;
}
bool breaks_the_module(ir::Module& m, const PassOptions&, Remarks&) {
  m.functions[0].body.pop_back();
  m.functions[0].outputs[0].value = 1000;
  return true;
}

TEST(PassManager, ChecksAPassThatLies) {
  ir::Module m = module_of(kModel);
  Remarks remarks;
  PipelineHooks hooks;
  hooks.check = true;
  EXPECT_THROW(run_pass({"liar", claims_a_change, ""}, m, {}, remarks, hooks), InternalError);
  hooks.check = false;
  EXPECT_TRUE(run_pass({"liar", claims_a_change, ""}, m, {}, remarks, hooks));
}

TEST(PassManager, ChecksAPassThatBreaksTheModule) {
  ir::Module m = module_of(kModel);
  Remarks remarks;
  PipelineHooks hooks;
  hooks.check = true;
  EXPECT_THROW(run_pass({"vandal", breaks_the_module, ""}, m, {}, remarks, hooks), InternalError);
}

}  // namespace
}  // namespace lathe::passes
