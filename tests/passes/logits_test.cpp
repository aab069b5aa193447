#include "passes/logits.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/passes/pass_test_util.h"

namespace lathe::passes {
namespace {

constexpr const char* kCategorical = R"(module @m {
  state %z : f32[1,3] {trainable = true}
  func @train_step(%y: f32[1,3]) -> (loss: f32[]) {
    %p = softmax(%z) : f32[1,3]
    %s = reduce(%p) {axes = [1], keepdims = true, kind = sum} : f32[1,1]
    %0 = div(%p, %s) : f32[1,3]
    %1 = map(%0) {fn = (min (max a0 1e-7) 0.9999999)} : f32[1,3]
    %2 = map(%y, %1) {fn = (neg (mul a0 (log a1)))} : f32[1,3]
    %3 = reduce(%2) {axes = [0, 1], kind = sum} : f32[]
    minimize(%3) {learning_rate = 1.0, optimizer = sgd}
    return %3
  }
})";

constexpr const char* kBinary = R"(module @m {
  state %z : f32[4] {trainable = true}
  func @train_step(%y: f32[4]) -> (loss: f32[]) {
    %p = sigmoid(%z) : f32[4]
    %0 = map(%p) {fn = (min (max a0 1e-7) 0.9999999)} : f32[4]
    %1 = map(%y, %0) {fn = (neg (add (mul a0 (log a1)) (mul (sub 1 a0) (log (sub 1 a1)))))} : f32[4]
    %2 = reduce(%1) {axes = [0], kind = sum} : f32[]
    minimize(%2) {learning_rate = 1.0, optimizer = sgd}
    return %2
  }
})";

Ran step(const char* text, bool with_logits, std::map<std::string, Numbers> given) {
  ir::Module m = module_of(text);
  if (with_logits) run_checked(m, {"logits"});
  run_checked(m, {"autodiff", "optimizer", "decompose", "simplify"});
  given["learning_rate"] = {1.0};
  return run_exact(m, "train_step", 1, given);
}

TEST(Logits, AgreesWhereTheClipDoesNothing) {
  const std::map<std::string, Numbers> categorical = {{"z", {1, -2, 0.5}},
                                                      {"y", {0.25, 0.5, 0.25}}};
  EXPECT_LT(
      difference(step(kCategorical, true, categorical), step(kCategorical, false, categorical)),
      1e-14);
  const std::map<std::string, Numbers> binary = {{"z", {1, -2, 0.5, 0}}, {"y", {0, 1, 0.5, 1}}};
  EXPECT_LT(difference(step(kBinary, true, binary), step(kBinary, false, binary)), 1e-14);
}

TEST(Logits, AHopelessSampleStillTeaches) {
  const std::map<std::string, Numbers> given = {{"z", {0, 100, 0}}, {"y", {1, 0, 0}}};
  const Ran clipped = step(kCategorical, false, given), better = step(kCategorical, true, given);
  EXPECT_NEAR(clipped.outputs.at("loss")[0], -std::log(1e-7), 1e-9);
  EXPECT_EQ(clipped.states.at("z")[0], 0) << "beyond the clip there is no slope";
  EXPECT_NEAR(better.outputs.at("loss")[0], 100, 1e-9);
  EXPECT_NEAR(better.states.at("z")[0], 1, 1e-12);
  EXPECT_NEAR(better.states.at("z")[1], 99, 1e-12);
}

TEST(Logits, BinaryIsRightAtZeroAndFarOut) {
  const Ran ran = step(kBinary, true, {{"z", {0, -200, 200, 0}}, {"y", {1, 1, 0, 0}}});
  EXPECT_NEAR(ran.outputs.at("loss")[0], 400 + 2 * std::log(2.0), 1e-9);
  const Numbers expected = {0.5, -199, 199, -0.5};  // z + y - sigmoid(z)
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(ran.states.at("z")[i], expected[i], 1e-12) << i;
}

}  // namespace
}  // namespace lathe::passes
