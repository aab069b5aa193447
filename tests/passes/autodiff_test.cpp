#include "passes/autodiff.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/passes/pass_test_util.h"

namespace lathe::passes {
namespace {

// Every kind of op that a model's loss is made of, a shared weight, two branches, a weight of rank
// 0.
constexpr const char* kModel = R"(module @m {
  state %w0 : f32[4,3] {trainable = true}
  state %b0 : f32[3] {trainable = true}
  state %w1 : f32[3,3] {trainable = true}
  state %scale : f32[] {trainable = true}
  func @train_step(%x: f32[B,4], %label: i32[B]) -> (loss: f32[]) {
    %0 = matmul(%x, %w0) : f32[B,3]
    %1 = add(%0, %b0) : f32[B,3]
    %2 = sigmoid(%1) : f32[B,3]
    %3 = matmul(%2, %w1) : f32[B,3]
    %4 = tanh(%3) : f32[B,3]
    %5 = matmul(%4, %w1) {transpose_b = true} : f32[B,3]
    %6 = concat(%5, %2) {axis = 1} : f32[B,6]
    %7 = slice(%6) {axis = 1, size = 3, start = 2} : f32[B,3]
    %8 = mul(%7, %scale) : f32[B,3]
    %9 = reshape(%8) : f32[B,3,1]
    %10 = broadcast(%9) : f32[B,3,2]
    %11 = reduce(%10) {axes = [2], kind = mean} : f32[B,3]
    %12 = softmax(%11) : f32[B,3]
    %13 = one_hot(%label) {depth = 3} : f32[B,3]
    %14 = log_softmax(%8) : f32[B,3]
    %15 = map(%12, %13, %14) {fn = (sub (mul (sub a0 a1) (sub a0 a1)) (mul a1 a2))} : f32[B,3]
    %16 = reduce(%15) {axes = [1], kind = max} : f32[B]
    %17 = reduce(%15) {axes = [0, 1], kind = mean} : f32[]
    %18 = reduce(%16) {axes = [0], kind = mean} : f32[]
    %19 = add(%17, %18) : f32[]
    minimize(%19) {learning_rate = 1.0, optimizer = sgd}
    return %19
  }
}
)";

TEST(Autodiff, GradientsAgreeWithCentralDifferences) {
  const ir::Module built = module_of(kModel);
  ir::Module m = built;
  run_checked(m, {"autodiff", "optimizer"});
  const std::map<std::string, Numbers> rate = {{"learning_rate", {1.0}}};
  const Ran step = run_exact(m, "train_step", 5, rate);
  ir::Module forward = built;  // the loss alone
  std::erase_if(forward.functions[0].body, [&](ir::ValueId v) {
    return forward.functions[0].op(v).kind == ir::OpKind::Minimize;
  });
  const Ran before = run_exact(forward, "train_step", 5);
  EXPECT_EQ(step.outputs.at("loss"), before.outputs.at("loss"));
  for (const ir::State& s : built.states) {
    const Numbers& old = before.states.at(s.name);
    for (size_t i = 0; i < old.size(); ++i) {
      const auto loss_at = [&](double d) {
        Numbers moved = old;
        moved[i] += d;
        return run_exact(forward, "train_step", 5, {{s.name, moved}}).outputs.at("loss")[0];
      };
      const double h = 1e-5, slope = (loss_at(h) - loss_at(-h)) / (2 * h);
      const double gradient = old[i] - step.states.at(s.name)[i];  // learning rate 1
      EXPECT_NEAR(gradient, slope, 1e-8) << s.name << " " << i;
    }
  }
}

TEST(Autodiff, ATrainableStateMustBeAFloat) {
  EXPECT_EQ(error_of(R"(module @m {
  state %n : i64[] {trainable = true}
  func @f(%x: f32[]) -> (y: f32[]) {
    return %x
  }
})",
                     {"autodiff"}),
            "state 'n' is trainable, but i64[] has no gradient: f32 or f64 is expected");
}

TEST(Autodiff, ATrainableStateWithoutGradientIsRemarked) {
  ir::Module m = module_of(R"(module @m {
  state %a : f32[3] {trainable = true}
  state %b : f32[3] {trainable = true}
  func @train_step() -> (loss: f32[]) {
    %0 = reduce(%a) {axes = [0], kind = sum} : f32[]
    minimize(%0) {optimizer = sgd}
    return %0
  }
})");
  Remarks remarks;
  run_checked(m, {"autodiff"}, &remarks);
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_EQ(remarks[0].pass, "autodiff");
  EXPECT_EQ(remarks[0].function, "train_step");
  EXPECT_EQ(remarks[0].subject, "b");
}

TEST(Autodiff, KernelsAreTooLate) {
  ir::Module m = module_of(R"(module @m {
  state %a : f32[3]
  func @f() -> (y: f32[3]) {
    %0 = exp(%a) : f32[3]
    return %0
  }
})");
  run_checked(m, {"fuse"});
  for (const char* pass : {"decompose", "simplify"}) EXPECT_THROW(run_checked(m, {pass}), Error);
}

}  // namespace
}  // namespace lathe::passes
