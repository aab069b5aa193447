// A planned module as an LLVM module: a function for each kernel, an entry for each function.
#pragma once

#include <llvm/IR/Module.h>

#include <memory>
#include <vector>

#include "codegen/llvm/kernel_context.h"
#include "runtime/executable.h"

namespace lathe::codegen {

struct EmittedModule {
  std::unique_ptr<llvm::Module> module;
  std::vector<runtime::FunctionInfo> functions;
  std::vector<runtime::StateInfo> states;
  std::vector<std::string> entries;  ///< symbol of each function's entry
};

/// Error when `m` is not at stage `planned`.
EmittedModule emit_module(const ir::Module& m, const CpuModel& cpu, llvm::LLVMContext& context);

}  // namespace lathe::codegen
