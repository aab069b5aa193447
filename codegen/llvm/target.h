// The machine that code is made for.
#pragma once

#include <llvm/Target/TargetMachine.h>

#include <memory>

#include "codegen/compile.h"
#include "codegen/llvm/kernel_context.h"

namespace lathe::codegen {

/// Error when LLVM does not know the CPU that `options` name, or has no code for it.
std::unique_ptr<llvm::TargetMachine> make_target(const LlvmOptions& options);

/// Error when the CPU that `options` name, and that `machine` was made for, has instructions for kernels
/// that this one lacks.
void check_runs_here(const LlvmOptions& options, const llvm::TargetMachine& machine);

CpuModel cpu_model(const llvm::TargetMachine& machine);

}  // namespace lathe::codegen
