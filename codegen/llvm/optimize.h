// The passes of LLVM that emitted code goes through.
#pragma once

namespace llvm {
class Module;
class TargetMachine;
}  // namespace llvm

namespace lathe::codegen {

/// The emitters write vectors and loops as they are to be; what is left is tidying. A short
/// pipeline of function passes costs a third of LLVM's own and gives the same kernels
/// (docs/performance.md). Level 0 does nothing, 1 less than 2.
void optimize(llvm::Module& m, llvm::TargetMachine& machine, int level);

}  // namespace lathe::codegen
