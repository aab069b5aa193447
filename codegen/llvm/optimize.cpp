#include "codegen/llvm/optimize.h"

#include <llvm/IR/Module.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Target/TargetMachine.h>

#include <string>

#include "ir/error.h"

namespace lathe::codegen {

void optimize(llvm::Module& m, llvm::TargetMachine& machine, int level) {
  if (level == 0) return;
  llvm::PassBuilder builder(&machine);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager calls;
  llvm::ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(calls);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, calls, modules);
  llvm::FunctionPassManager passes;
  // Read from a text, instcombine ends the program when one round leaves something to combine,
  // unless told not to.
  const std::string combine = "instcombine<no-verify-fixpoint>,simplifycfg";
  const std::string text =
      level == 1 ? "early-cse<memssa>," + combine
                 : "early-cse<memssa>," + combine + ",loop-mssa(licm),gvn,dse," + combine;
  if (auto e = builder.parsePassPipeline(passes, text))
    internal_error(__FILE__, __LINE__, llvm::toString(std::move(e)));
  for (llvm::Function& f : m) {
    if (f.isDeclaration() || f.hasFnAttribute(kTidy)) continue;
    passes.run(f, functions);
    functions.clear(f, f.getName());
  }
}

}  // namespace lathe::codegen
