// Groups stay free of cycles where a group has come to hold ops from far apart.
#include "passes/kernel_groups.h"

#include <gtest/gtest.h>

#include "tests/passes/pass_test_util.h"

namespace lathe::passes {
namespace {

// %n, late in the order of the ops, is needed by the group of %e once %x has joined it: %id, which
// comes between, must not join %p.
constexpr const char* kJoinedLate = R"(module @t {
  func @f(%a: f32[4,8], %b: f32[8,10], %c: f32[1,8], %d: f32[8,10], %q0: f32[4,10]) -> (o: f32[4,10], o2: f32[1,10]) {
    %p = matmul(%a, %b) : f32[4,10]
    %e = matmul(%c, %d) : f32[1,10]
    %q1 = transpose(%q0) : f32[10,4]
    %q2 = transpose(%q1) : f32[4,10]
    %q3 = transpose(%q2) : f32[10,4]
    %q4 = transpose(%q3) : f32[4,10]
    %n0 = matmul(%p, %q4) {transpose_a = true} : f32[10,10]
    %n = reduce(%n0) {kind = sum, axes = [0]} : f32[10]
    %x = add(%e, %n) : f32[1,10]
    %id = add(%p, %e) : f32[4,10]
    return %id, %x
  }
}
)";

// Column means, a concat and a softmax over one operand.
constexpr const char* kColumnMeans = R"(module @t {
  state %s0 : f32[17,33] {trainable = true}
  state %s1 : f32[17] {trainable = true}
  state %s2 : f32[17,1] {trainable = true}
  state %s3 : f32[1] {trainable = true}
  state %s4 : f32[33] {trainable = true}
  state %s5 : f32[34,2] {trainable = true}
  func @f(%x: f32[B,33]) -> (loss: f32[]) {
    %v1 = mul(%x, %x) : f32[B,33]
    %v2 = softmax(%v1) : f32[B,33]
    %v3 = matmul(%x, %s0) {transpose_b = true} : f32[B,17]
    %v4 = add(%v3, %s1) : f32[B,17]
    %v5 = matmul(%v4, %s2) : f32[B,1]
    %v6 = add(%v5, %s3) : f32[B,1]
    %v7 = reduce(%x) {kind = mean, axes = [0]} : f32[33]
    %v8 = mul(%x, %v7) : f32[B,33]
    %v9 = mul(%v1, %s4) : f32[B,33]
    %v10 = maximum(%v2, %v9) : f32[B,33]
    %v11 = mul(%v10, %s4) : f32[B,33]
    %v12 = concat(%v6, %v2) {axis = 1} : f32[B,34]
    %v13 = reduce(%v11) {kind = sum, axes = [0]} : f32[33]
    %v14 = mul(%v11, %v13) : f32[B,33]
    %v15 = mul(%v10, %v8) : f32[B,33]
    %v16 = matmul(%v12, %s5) : f32[B,2]
    %v17 = tanh(%v16) : f32[B,2]
    %v18 = square(%v15) : f32[B,33]
    %v19 = reduce(%v18) {kind = mean, axes = [0, 1]} : f32[]
    %v20 = square(%v17) : f32[B,2]
    %v21 = reduce(%v20) {kind = mean, axes = [0, 1]} : f32[]
    %v22 = add(%v19, %v21) : f32[]
    minimize(%v22) {momentum = 0.9, optimizer = sgd, learning_rate = 0.05}
    return %v22
  }
}
)";

void expect_same_results(const char* text, const std::string& function, Stage stage) {
  ir::Module m = module_of(text), updated = m;
  Remarks remarks;
  PipelineHooks hooks;
  hooks.check = true;
  run_to_stage(updated, Stage::Updated, {}, remarks, hooks);
  run_to_stage(m, stage, {}, remarks, hooks);
  for (int64_t batch : {1, 4})
    EXPECT_LE(difference(run_exact(m, function, batch), run_exact(updated, function, batch)),
              1e-11);
}

TEST(KernelGroups, MakeNoCycleThroughOpsThatJoinedLate) {
  ir::Module m = module_of(kJoinedLate);
  const Ran before = run_exact(m, "f", 1);
  run_checked(m, {"fuse"});
  EXPECT_LE(difference(run_exact(m, "f", 1), before), 1e-11);
}

TEST(KernelGroups, MakeNoCycleAroundColumnMeans) {
  expect_same_results(kColumnMeans, "f", Stage::Planned);
}

}  // namespace
}  // namespace lathe::passes
