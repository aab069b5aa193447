// An emitted module made ready for its target, and as a file.
#pragma once

#include <llvm/ADT/SmallVector.h>
#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include "codegen/llvm/kernel_context.h"

namespace lathe::codegen {

using Bytes = llvm::SmallVector<char, 0>;

/// Sets triple, data layout and what every function says of the CPU. Debug builds verify the module.
void prepare(llvm::Module& m, llvm::TargetMachine& machine, const CpuModel& cpu);

Bytes object_or_assembly(llvm::Module& m, llvm::TargetMachine& machine, llvm::CodeGenFileType type);

}  // namespace lathe::codegen
