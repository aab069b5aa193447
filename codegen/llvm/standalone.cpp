#include "codegen/llvm/standalone.h"

#include <llvm/Linker/Linker.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Transforms/IPO/GlobalDCE.h>

#include <algorithm>
#include <vector>

#include "codegen/llvm/function_emitter.h"
#include "codegen/llvm/object_file.h"
#include "codegen/llvm/optimize.h"
#include "codegen/llvm/shell_module.h"
#include "codegen/llvm/standalone_tables.h"
#include "codegen/llvm/target.h"
#include "codegen/standalone/interface.h"
#include "ir/error.h"

namespace lathe::codegen {

namespace {

/// The levels of x86-64 that a model is compiled for; one CPU by itself is not asked for.
std::vector<int64_t> levels_of(const std::vector<StandaloneCode>& codes) {
  if (codes.size() == 1) return {0};
  std::vector<int64_t> levels;
  for (const StandaloneCode& code : codes) {
    const auto* at = std::ranges::find(kLevels, code.llvm.cpu);
    if (at == std::end(kLevels))
      throw Error("one of several cpus is no level of x86-64: '" + code.llvm.cpu + "'");
    levels.push_back(at - std::begin(kLevels) + 1);
    if (levels.size() > 1 && levels.back() <= levels[levels.size() - 2])
      throw Error("cpus are in rising order, which " + code.llvm.cpu + " is not");
  }
  return levels;
}

void drop_unused(llvm::Module& m) {
  llvm::ModuleAnalysisManager none;
  llvm::PassBuilder().registerModuleAnalyses(none);
  llvm::GlobalDCEPass().run(m, none);
}

}  // namespace

Standalone make_standalone(const std::vector<StandaloneCode>& codes,
                           const StandaloneOptions& options) {
  const std::vector<int64_t> levels = levels_of(codes);
  llvm::LLVMContext context;
  std::vector<EmittedModule> emitted;
  Standalone out;
  const auto base = make_target(codes.at(0).llvm);
  if (base->createDataLayout().getPointerSize() != 8)
    throw Error("compiled models have addresses of 64 bits, which " +
                base->getTargetTriple().str() + " has not");
  if (!base->getTargetTriple().isOSBinFormatELF())
    throw Error("compiled models are ELF files, which " + base->getTargetTriple().str() +
                " has not");
  for (size_t i = 0; i < codes.size(); ++i) {
    const auto machine = make_target(codes[i].llvm);
    const CpuModel cpu = cpu_model(*machine);
    emitted.push_back(emit_module(codes[i].module, cpu, context));
    add_code(emitted.back(), codes[i].module, i, levels[i]);
    prepare(*emitted.back().module, *machine, cpu);
    optimize(*emitted.back().module, *machine, codes[i].llvm.opt_level);
    out.cpus.push_back(machine->getTargetCPU().str());
  }
  const auto all = shell_module(context, emitted[0], codes[0].module, codes.size(), options, *base);
  prepare(*all, *base, cpu_model(*base));
  for (size_t i = 0; i < codes.size(); ++i) {
    LATHE_CHECK(!llvm::Linker::linkModules(*all, std::move(emitted[i].module)),
                "the shell and the code do not link");
    all->getNamedGlobal(code_name(i))->setLinkage(llvm::GlobalValue::PrivateLinkage);
  }
  drop_unused(*all);
  const Bytes object = object_or_assembly(*all, *base, llvm::CodeGenFileType::ObjectFile);
  out.object.assign(object.begin(), object.end());
  out.max_rows = most_rows(emitted[0].functions);
  out.functions = callable(emitted[0].functions);
  for (const runtime::FunctionInfo& f : out.functions)
    out.windows.push_back(windows_of(codes[0].module.function(f.name)));
  out.embeds = !options.weights.empty();
  out.freestanding = options.freestanding;
  out.draws = out.functions.size() < emitted[0].functions.size();
  out.states = std::move(emitted[0].states);
  return out;
}

}  // namespace lathe::codegen
