// Runs functions on the JIT and on the interpreter, with the same inputs and states, and compares.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "passes/pass_manager.h"
#include "runtime/executable.h"
#include "runtime/tensor.h"

namespace lathe::testing {

using Tensors = std::map<std::string, runtime::Tensor>;

struct AgreeOptions {
  int64_t batch = 7;       ///< rows of a step
  int64_t total = 0;       ///< rows in all; 0: one step
  int64_t data_rows = 23;  ///< N
  int64_t max_batch = 0;   ///< planned for; 0: `batch`
  int workers = 1;
  uint64_t seed = 1;
  std::string cpu;  ///< empty: this machine
  int opt_level = 2;
  bool fuse_ops = true;
  passes::PipelineHooks hooks;
};

/// Inputs for `f`: floats in [-1, 1), integers that fit every gather and one_hot of the module.
Tensors random_inputs(const ir::Module& m, const ir::Function& f, const AgreeOptions& o);
Tensors random_states(const ir::Module& m, uint64_t seed);

/// A module that went through the pipeline and the JIT.
struct Compiled {
  ir::Module planned;
  std::shared_ptr<runtime::Executable> executable;
};
Compiled compile(const ir::Module& built, const AgreeOptions& o);

/// Outputs and states ("%name") after one call. A step of a function without B takes one row.
Tensors run(const Compiled& c, const std::string& function, const Tensors& inputs,
            const Tensors& states, const AgreeOptions& o);

Tensors run_jit(const ir::Module& built, const std::string& function, const Tensors& inputs,
                const Tensors& states, const AgreeOptions& o);
Tensors run_interpreter(const ir::Module& built, const std::string& function, const Tensors& inputs,
                        const Tensors& states, const AgreeOptions& o);

/// What the interpreter makes of a call, and how far from it rounding may take compiled code:
/// measured for each element on this call's own numbers (rounding_noise.h).
struct Oracle {
  Tensors values;
  std::map<std::string, std::vector<double>> slack;

  int64_t elements() const;
  /// Elements whose slack is more than a hundredth of them: little is said by comparing those.
  int64_t blurred() const;
  /// The part of the elements that may be blurred where a comparison is to mean anything.
  static constexpr double kMostBlurred = 0.05;
};
Oracle run_oracle(const ir::Module& built, const std::string& function, const Tensors& inputs,
                  const Tensors& states, const AgreeOptions& o);

/// Whether code for a CPU, as LLVM names it, runs here; empty, this one's, always does.
bool runs_here(const std::string& cpu);

/// An element of any type.
double element(const runtime::Tensor& t, int64_t i);

/// Empty, or what differs: elements further apart than `relative` of themselves, or of a tenth of the
/// tensor's largest where that is more.
std::string disagreement(const Tensors& jit, const Tensors& oracle, double relative);
/// Empty, or the first element of each result that is further away than its slack. Elements of
/// infinite slack agree with anything: bound Oracle::blurred().
std::string first_differences(const Tensors& jit, const Oracle& oracle);
/// The same, and a line where more than one and Oracle::kMostBlurred of the elements, or all, are
/// blurred.
std::string disagreement(const Tensors& jit, const Oracle& oracle);
/// Empty, or what differs between JIT and interpreter over all outputs and states.
std::string jit_disagreement(const ir::Module& built, const std::string& function,
                             const AgreeOptions& o = {});

}  // namespace lathe::testing
