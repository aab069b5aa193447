// The passes of LLVM that emitted code goes through.
#pragma once

namespace llvm {
class Module;
class TargetMachine;
}  // namespace llvm

namespace lathe::codegen {

/// Functions with this attribute were written as they are to be, and are left alone.
inline constexpr const char* kTidy = "lathe-tidy";

/// The emitters write vectors and loops as they are to be; what is left is tidying. A short
/// pipeline of function passes costs a third of LLVM's own and gives the same kernels
/// (docs/performance.md). Level 0 does nothing, 1 less than 2.
void optimize(llvm::Module& m, llvm::TargetMachine& machine, int level);

}  // namespace lathe::codegen
