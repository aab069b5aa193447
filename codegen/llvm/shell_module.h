// The shell (codegen/standalone/shell.h) as a module, with what is the same for all CPUs and the names that C calls.
#pragma once

#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <memory>

#include "codegen/compile.h"
#include "codegen/llvm/function_emitter.h"

namespace lathe::codegen {

/// `like`, emitted from `planned`: the functions and states of any of the `codes`, which the module declares
/// (code_name).
std::unique_ptr<llvm::Module> shell_module(llvm::LLVMContext& context, const EmittedModule& like,
                                           const ir::Module& planned, size_t codes,
                                           const StandaloneOptions& options,
                                           llvm::TargetMachine& machine);

}  // namespace lathe::codegen
