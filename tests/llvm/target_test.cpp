// Code for a machine that is not this one, as text.
#include <gtest/gtest.h>

#include "codegen/compile.h"
#include "ir/error.h"
#include "ir/parser.h"
#include "passes/pipeline.h"

namespace lathe {
namespace {

ir::Module dense_step(const codegen::LlvmOptions& options) {
  ir::Module m = ir::parse_verified(R"(module @m {
    state %w : f32[40,70]
    state %b : f32[70]
    func @step(%x: f32[B,40], %d: f32[B,70], %seed: i64[]) -> (y: f32[B,70], dx: f32[B,40]) {
      %0 = matmul(%x, %w) : f32[B,70]
      %1 = add(%0, %b) : f32[B,70]
      %2 = sigmoid(%1) : f32[B,70]
      %3 = random_uniform(%seed, %seed) {stream = 1} : f32[B,70]
      %4 = mul(%2, %3) : f32[B,70]
      %5 = softmax(%4) : f32[B,70]
      %6 = matmul(%d, %w) {transpose_b = true} : f32[B,40]
      %7 = matmul(%x, %d) {transpose_a = true} : f32[40,70]
      %8 = map(%w, %7) {fn = (sub a0 (div a1 (sqrt (add 1 (mul a1 a1)))))} : f32[40,70]
      assign(%w, %8)
      return %5, %6
    } })");
  passes::PassOptions pass;
  pass.max_batch = 32;
  pass.target = {codegen::cpu_shape(options).vector_lanes};
  passes::Remarks remarks;
  passes::run_to_stage(m, passes::Stage::Planned, pass, remarks);
  return m;
}

std::string error_of(const codegen::LlvmOptions& options) {
  try {
    codegen::llvm_stage_text(dense_step(options), options, codegen::LlvmStage::Assembly);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(Target, CodeForAArch64IsItsVectorInstructions) {
  const codegen::LlvmOptions options{.target = "aarch64-linux-gnu"};
  EXPECT_EQ(codegen::cpu_shape(options).vector_lanes, 4);
  const ir::Module m = dense_step(options);
  const std::string text = codegen::llvm_stage_text(m, options, codegen::LlvmStage::Assembly);
  for (const char* part : {"fmla\tv", "fsqrt\tv", "fdiv\tv", "umull"})
    EXPECT_NE(text.find(part), std::string::npos) << part;
  // Nothing is called but kernels, their shared parts and, by address, the barrier.
  for (size_t at = text.find("\tbl\t"); at != std::string::npos; at = text.find("\tbl\t", at + 1)) {
    const std::string called = text.substr(at + 4, text.find('\n', at) - at - 4);
    EXPECT_TRUE(called.starts_with("step.") || called.find("mm$") < 2 || called.find("turn$") < 2)
        << called;
  }
  const std::string object = codegen::llvm_stage_text(m, options, codegen::LlvmStage::Object);
  ASSERT_GT(object.size(), 20u);
  EXPECT_EQ(object.substr(1, 3), "ELF");
  EXPECT_EQ(static_cast<uint8_t>(object[18]), 183);  // EM_AARCH64
}

TEST(Target, OfAnotherMachineDoesNotRunHere) {
  const codegen::LlvmOptions options{.target = "aarch64-linux-gnu"};
  EXPECT_THROW(codegen::compile_llvm(dense_step(options), options), Error);
}

TEST(Target, WithoutKernelsIsRefused) {
  EXPECT_EQ(
      error_of({.target = "riscv64-linux-gnu"}),
      "there are no kernels for riscv64-unknown-linux-gnu, expected an x86_64 or aarch64 target");
  EXPECT_NE(error_of({.target = "nonsense"}), "");
  EXPECT_EQ(error_of({.cpu = "skylake", .target = "aarch64-linux-gnu"}),
            "llvm does not know the cpu 'skylake'");
}

#if defined(__x86_64__)
// Instructions of AMD's Bulldozer, which its later machines do not name.
TEST(Target, ThatThisMachineCanNotRunIsRefused) {
  if (__builtin_cpu_supports("fma4")) GTEST_SKIP() << "this machine has fma4";
  const ir::Module m = ir::parse_verified("module @m { }");
  try {
    codegen::compile_image(m, {.cpu = "x86-64-v2", .features = "+fma4"});
    FAIL() << "compiled";
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "code for cpu 'x86-64-v2' does not run here: this machine lacks fma4");
  }
}
#endif

}  // namespace
}  // namespace lathe
