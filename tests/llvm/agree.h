// Runs a function of a module on the JIT and on the interpreter, with the same inputs and states.
#pragma once

#include <map>
#include <string>

#include "ir/graph.h"
#include "passes/pass.h"
#include "runtime/tensor.h"

namespace lathe::testing {

struct AgreeOptions {
  int64_t batch = 7;       ///< rows of the step
  int64_t data_rows = 23;  ///< N
  int64_t max_batch = 0;   ///< planned for; 0: `batch`
  int workers = 1;
  uint64_t seed = 1;
  double relative = 2e-5;  ///< of the largest magnitude in the tensor
  std::string cpu;         ///< empty: this machine
};

using Tensors = std::map<std::string, runtime::Tensor>;

/// Inputs and states for `f`: small floats, integers that fit gathers and one_hots of the module.
Tensors random_inputs(const ir::Module& m, const ir::Function& f, const AgreeOptions& o);
Tensors random_states(const ir::Module& m, uint64_t seed);

/// Outputs and states ("%name") after one run through the pipeline and the JIT.
Tensors run_jit(const ir::Module& built, const std::string& function, const Tensors& inputs,
                const Tensors& states, const AgreeOptions& o);
Tensors run_interpreter(const ir::Module& built, const std::string& function, const Tensors& inputs,
                        const Tensors& states, const AgreeOptions& o);

/// Empty, or what differs between JIT and interpreter over all outputs and states.
std::string jit_disagreement(const ir::Module& built, const std::string& function,
                             const AgreeOptions& o = {});

}  // namespace lathe::testing
