#include "codegen/llvm/optimize.h"

#include <llvm/Passes/PassBuilder.h>
#include <llvm/Target/TargetMachine.h>

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
  llvm::ModulePassManager passes;
  const char* text = level == 1 ? "function(early-cse<memssa>,instcombine,simplifycfg)"
                                : "function(early-cse<memssa>,instcombine,simplifycfg,"
                                  "loop-mssa(licm),gvn,dse,instcombine,simplifycfg)";
  if (auto e = builder.parsePassPipeline(passes, text))
    internal_error(__FILE__, __LINE__, llvm::toString(std::move(e)));
  passes.run(m, modules);
}

}  // namespace lathe::codegen
