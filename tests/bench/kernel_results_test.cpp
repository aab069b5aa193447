// What is timed computes what it should: Lathe's kernels against the interpreter, and the check that
// everyone's results have to pass.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "codegen/interp/interpreter.h"
#include "passes/pipeline.h"
#include "tests/error_of.h"
#include "tools/bench/kernels/kernel_arrays.h"
#include "tools/bench/kernels/kernel_module.h"
#include "tools/bench/kernels/kernel_table.h"
#include "tools/bench/kernels/lathe_kernel.h"

namespace lathe::bench {
using test::error_of;

namespace {

std::vector<KernelWork> small_works() {
  std::vector<KernelWork> works;
  for (const ActivationInfo& a : activation_table()) {
    works.push_back({KernelKind::Forward, a.activation, {7, 13, 5}, 1});
    works.push_back({KernelKind::InputGradient, a.activation, {7, 13, 5}, 1});
  }
  for (const KernelInfo& k : kernel_table()) {
    works.push_back({k.kind, Activation::Sigmoid, {33, 20, 40}, 2});
  }
  return works;
}

std::string name_of(const KernelWork& work) {
  return std::string(kernel_info(work.kind).text) + " " + shape_text(work.shape) + " " +
         std::string(activation_info(work.activation).text);
}

void set(interp::Interpreter& interpreter, const char* name, const float* values) {
  const ir::StateId at = interpreter.module().find_state(name);
  if (at == ir::kNone || !values) return;
  runtime::Tensor tensor(interpreter.module().states[static_cast<size_t>(at)].type);
  std::copy_n(values, tensor.elements(), tensor.data<float>().data());
  interpreter.set_state(name, tensor);
}

std::vector<float> get(const interp::Interpreter& interpreter, const char* name) {
  const runtime::Tensor tensor = interpreter.state(name);
  const auto values = tensor.data<float>();
  return {values.begin(), values.end()};
}

/// By the oracle, from the source.
Results interpreted(const KernelWork& work, const Operands& o) {
  interp::Interpreter interpreter(kernel_source(work));
  set(interpreter, "x", o.x);
  set(interpreter, "w", o.w);
  set(interpreter, "b", o.b);
  set(interpreter, "dz", o.dz);
  set(interpreter, "a", o.a);
  set(interpreter, "z", o.z);
  set(interpreter, "t", o.t);
  set(interpreter, "rate", &kKernelRate);
  interpreter.run("run", {});
  switch (work.kind) {
    case KernelKind::Forward:
    case KernelKind::Elementwise:
      return {get(interpreter, "y"), {}};
    case KernelKind::InputGradient:
      return {get(interpreter, "dx"), {}};
    case KernelKind::WeightGradient:
      return {get(interpreter, "w"), get(interpreter, "b")};
    case KernelKind::SoftmaxLoss:
      return {get(interpreter, "g"), get(interpreter, "loss")};
  }
  return {};
}

TEST(KernelResults, OfTheOracleAndOfCompiledCodeAgreeWithTheReference) {
  for (const KernelWork& work : small_works()) {
    const KernelArrays arrays(work);
    const KernelReference reference(work, arrays.operands());
    EXPECT_EQ(reference.disagreement(interpreted(work, arrays.operands())), "") << name_of(work);
    const KernelCall call = lathe_call(work, arrays.operands());
    call.run(1);
    EXPECT_EQ(reference.disagreement(call.results()), "") << name_of(work);
  }
}

TEST(KernelResults, ManyRunsOfAnUpdateAreManyUpdates) {
  const KernelWork work{KernelKind::WeightGradient, Activation::Linear, {8, 6, 10}, 1};
  const KernelArrays arrays(work);
  const KernelCall once = lathe_call(work, arrays.operands());
  const KernelCall often = lathe_call(work, arrays.operands());
  once.run(1);
  often.run(10);
  const float start = arrays.operands().b[0];
  EXPECT_NEAR(often.results().vector[0] - start, 10 * (once.results().vector[0] - start), 1e-5);
}

TEST(KernelResults, OneWrongNumberIsSeen) {
  for (const KernelInfo& kernel : kernel_table()) {
    const KernelWork work{kernel.kind, Activation::Tanh, {9, 11, 6}, 1};
    const KernelArrays arrays(work);
    const KernelReference reference(work, arrays.operands());
    const Results right = interpreted(work, arrays.operands());
    for (const float off : {1e-3f, std::numeric_limits<float>::quiet_NaN()}) {
      Results wrong = right;
      wrong.matrix.back() += off;
      const std::string words = reference.disagreement(wrong);
      EXPECT_EQ(words.substr(0, 5), "1 of ") << words;
      EXPECT_NE(words.find("in the matrix at row"), std::string::npos) << words;
    }
    if (right.vector.empty()) continue;
    Results wrong = right;
    wrong.vector[1] *= 1.001f;
    EXPECT_NE(reference.disagreement(wrong).find("in the vector at row 0, column 1"),
              std::string::npos);
  }
}

TEST(KernelModule, ThatIsNotOneKernelIsAnError) {
  const KernelWork work{KernelKind::Forward, Activation::Sigmoid, {4, 5, 6}, 1};
  ir::Module module = kernel_source(work);
  passes::PassOptions options;
  options.fuse_ops = false;
  passes::Remarks remarks;
  passes::run_to_stage(module, passes::Stage::Planned, options, remarks);
  const std::string words = error_of([&] { require_one_kernel(module, work, remarks); });
  EXPECT_NE(words.find("not one contraction kernel: "), std::string::npos) << words;
  EXPECT_NE(words.find("rows"), std::string::npos) << words;
}

TEST(KernelModule, OfOneRowOrColumnIsTaken) {
  for (const KernelInfo& kernel : kernel_table())
    for (const KernelShape& shape : {KernelShape{1, 20, 30}, {20, 1, 30}, {20, 30, 1}, {1, 1, 1}})
      EXPECT_NO_THROW(kernel_module({kernel.kind, Activation::Sigmoid, shape, 1}))
          << kernel.text << " " << shape.m << "x" << shape.k << "x" << shape.n;
}

TEST(KernelModule, LiesInMemoryAsInATrainingStep) {
  const ir::Module module =
      kernel_source({KernelKind::WeightGradient, Activation::Linear, {100, 784, 512}, 1});
  const auto layout = [&](const char* state) {
    return module.states[static_cast<size_t>(module.find_state(state))].attrs.word("layout");
  };
  EXPECT_EQ(layout("w").substr(0, 7), "panels(");  // the forward product reads it
  EXPECT_EQ(layout("dz").substr(0, 5), "rows(");   // 512 columns would meet in the cache
}

}  // namespace
}  // namespace lathe::bench
