#include "tools/cli/stages.h"

#include <fmt/format.h>

#include "ir/nearest.h"
#include "tools/cli/args.h"

namespace lathe::cli {
namespace {

std::vector<Stage> make_stages() {
  std::vector<Stage> stages;
  for (std::string_view name : passes::stage_names()) {
    const passes::Stage stage = passes::parse_stage(name);
    std::vector<std::string> made_by;
    for (const passes::Step& step : passes::pipeline()) {
      if (step.stage == stage) made_by.push_back(fmt::format("{}: {}", step.pass, step.reason));
    }
    const std::string text = made_by.empty() ? "what the model builder gives"
                                             : fmt::format("{}", fmt::join(made_by, "; "));
    stages.push_back({std::string(name), text, stage});
  }
#ifdef LATHE_LLVM
  using enum codegen::LlvmStage;
  stages.push_back({"llvm", "LLVM IR as it is emitted", std::nullopt, Llvm});
  stages.push_back({"llvm-opt", "LLVM IR after LLVM's own passes", std::nullopt, Optimized});
  stages.push_back({"asm", "assembly", std::nullopt, Assembly});
  stages.push_back({"object", "the object file, as bytes", std::nullopt, Object});
#endif
  return stages;
}

bool any_kernel_has(const ir::Module& module, std::string_view attr) {
  for (const ir::Function& f : module.functions) {
    for (const ir::Kernel& kernel : f.kernels) {
      if (kernel.attrs.has(attr)) return true;
    }
  }
  return false;
}

}  // namespace

const std::vector<Stage>& all_stages() {
  static const std::vector<Stage> stages = make_stages();
  return stages;
}

const Stage& find_stage(const std::string& name) {
  std::vector<std::string> names;
  for (const Stage& stage : all_stages()) {
    if (stage.name == name) return stage;
    names.push_back(stage.name);
  }
  throw UsageError(ir::unknown_name("stage", name, names));
}

passes::Stage stage_of(const ir::Module& module) {
  bool kernels = false;
  for (const ir::Function& f : module.functions) {
    if (f.attrs.has("arena")) return passes::Stage::Planned;
    kernels = kernels || !f.kernels.empty();
  }
  if (any_kernel_has(module, "phase")) return passes::Stage::Scheduled;
  return kernels ? passes::Stage::Fused : passes::Stage::Built;
}

}  // namespace lathe::cli
