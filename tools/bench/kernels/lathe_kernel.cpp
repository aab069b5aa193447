#include "tools/bench/kernels/lathe_kernel.h"

#include <algorithm>
#include <memory>
#include <string>

#include "codegen/compile.h"
#include "runtime/executable.h"
#include "tools/bench/kernels/kernel_module.h"

namespace lathe::bench {
namespace {

using runtime::Tensor;

void set_state(runtime::StateStore& states, const char* name, const float* values) {
  const int at = states.find(name);
  if (at < 0 || !values) return;
  Tensor tensor(states.states()[static_cast<size_t>(at)].type);
  std::copy_n(values, tensor.elements(), tensor.data<float>().data());
  states.set(name, tensor);
}

std::vector<float> state_values(const runtime::StateStore& states, const char* name) {
  const Tensor tensor = states.get(name);
  const auto values = tensor.data<float>();
  return {values.begin(), values.end()};
}

Results results_of(const runtime::StateStore& states, KernelKind kind) {
  switch (kind) {
    case KernelKind::Forward:
    case KernelKind::Elementwise:
      return {state_values(states, "y"), {}};
    case KernelKind::InputGradient:
      return {state_values(states, "dx"), {}};
    case KernelKind::WeightGradient:
      return {state_values(states, "w"), state_values(states, "b")};
    case KernelKind::SoftmaxLoss:
      return {state_values(states, "g"), state_values(states, "loss")};
  }
  return {};
}

}  // namespace

KernelCall lathe_call(const KernelWork& work, const Operands& operands) {
  const std::shared_ptr<runtime::Executable> code = codegen::compile_llvm(kernel_module(work), {});
  auto states = std::make_shared<runtime::StateStore>(*code);
  set_state(*states, "x", operands.x);
  set_state(*states, "w", operands.w);
  set_state(*states, "b", operands.b);
  set_state(*states, "dz", operands.dz);
  set_state(*states, "a", operands.a);
  set_state(*states, "z", operands.z);
  set_state(*states, "t", operands.t);
  set_state(*states, "rate", &kKernelRate);
  auto session = std::make_shared<runtime::Session>(
      code, states, std::make_shared<runtime::WorkerTeam>(work.threads));
  const int function = code->find_function("run");
  return {"", [session, function](int64_t times) { session->run(function, {}, {}, 1, times); },
          [states, kind = work.kind] { return results_of(*states, kind); }};
}

}  // namespace lathe::bench
