// Planned IR to machine code for this CPU, through LLVM's ORC. The only LLVM-free header here.
#pragma once

#include <memory>
#include <string>

#include "ir/graph.h"
#include "runtime/executable.h"

namespace lathe::codegen {

struct LlvmOptions {
  std::string cpu;       ///< LLVM's name (`x86-64-v3`); empty: this machine
  std::string features;  ///< LLVM's feature string; with an empty `cpu`: this machine's
  int opt_level = 2;     ///< 0 … 3
};

/// What passes need to know of the CPU that `options` names.
struct CpuShape {
  int64_t vector_lanes;  ///< f32 lanes of a vector register
};
CpuShape cpu_shape(const LlvmOptions& options);

/// Compiles every function of a module at stage `planned` (an Error names what is missing
/// otherwise).
std::shared_ptr<runtime::Executable> compile_llvm(const ir::Module& module,
                                                  const LlvmOptions& options);

enum class LlvmStage { Llvm, Optimized, Assembly, Object };
/// The stages `llvm`, `llvm-opt`, `asm` as text, `object` as bytes.
std::string llvm_stage_text(const ir::Module& module, const LlvmOptions& options, LlvmStage stage);

}  // namespace lathe::codegen
