#include "frontend/engine/lowering.h"

#include "passes/pipeline.h"

namespace lathe::detail {

namespace {

ir::Module lower(ir::Module module, passes::Stage stage, const passes::PassOptions& options) {
  std::erase_if(module.functions, [](const ir::Function& f) { return f.name == "init"; });
  passes::Remarks remarks;
  passes::run_to_stage(module, stage, options, remarks);
  return module;
}

}  // namespace

ir::Module lower_to_updated(ir::Module module) {
  return lower(std::move(module), passes::Stage::Updated, {});
}

ir::Module lower_to_planned(ir::Module module, const passes::PassOptions& options) {
  return lower(std::move(module), passes::Stage::Planned, options);
}

}  // namespace lathe::detail
