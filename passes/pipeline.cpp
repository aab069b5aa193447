#include "passes/pipeline.h"

#include <utility>

#include "ir/error.h"

namespace lathe::passes {

namespace {

using enum Stage;

constexpr std::pair<Stage, std::string_view> kStages[] = {
    {Built, "built"},         {Differentiated, "differentiated"},
    {Updated, "updated"},     {Simplified, "simplified"},
    {Fused, "fused"},         {LaidOut, "laid-out"},
    {Scheduled, "scheduled"}, {Planned, "planned"},
};

constexpr Step kPipeline[] = {
    {"logits", Differentiated, "the gradient is taken of the stable form, not of the clipped one"},
    {"autodiff", Differentiated, "sees compound ops, whose gradients are short and stable"},
    {"optimizer", Updated,
     "turns each gradient into new values, so that later passes see one function"},
    {"decompose", Simplified, "forward and backward are complete: what is shared can be found"},
    {"simplify", Simplified,
     "constants and common terms of forward, backward and update, all at once"},
    {"fuse", Fused, "every op that is left is worth running"},
    {"layout", LaidOut, "kernels say in which form they read their operands"},
    {"schedule", Scheduled, "phases depend on kernels, whose tiles depend on layouts"},
    {"plan", Planned, "a buffer lives from its first phase to its last"},
};

void check_names(const PipelineHooks& hooks) {
  for (const std::string& name : hooks.skip) find_pass(name);
}

}  // namespace

std::string_view stage_name(Stage stage) {
  for (const auto& [s, name] : kStages)
    if (s == stage) return name;
  internal_error(__FILE__, __LINE__, "bad stage");
}

std::vector<std::string_view> stage_names() {
  std::vector<std::string_view> names;
  for (const auto& [stage, name] : kStages) names.push_back(name);
  return names;
}

Stage parse_stage(std::string_view name) {
  std::string names;
  for (const auto& [stage, text] : kStages) {
    if (text == name) return stage;
    names += (names.empty() ? "" : ", ") + std::string(text);
  }
  throw Error("there is no stage '" + std::string(name) + "' of the IR; there is " + names);
}

std::span<const Step> pipeline() {
  return kPipeline;
}

void run_from_stage(ir::Module& module, Stage from, Stage to, const PassOptions& options,
                    Remarks& remarks, const PipelineHooks& hooks) {
  check_names(hooks);
  for (const Step& step : kPipeline)
    if (step.stage > from && step.stage <= to)
      run_pass(find_pass(step.pass), module, options, remarks, hooks);
}

void run_to_stage(ir::Module& module, Stage stage, const PassOptions& options, Remarks& remarks,
                  const PipelineHooks& hooks) {
  run_from_stage(module, Built, stage, options, remarks, hooks);
}

bool run_passes(ir::Module& module, std::span<const std::string> names, const PassOptions& options,
                Remarks& remarks, const PipelineHooks& hooks) {
  check_names(hooks);
  for (const std::string& name : names) find_pass(name);
  bool changed = false;
  for (const std::string& name : names)
    changed |= run_pass(find_pass(name), module, options, remarks, hooks);
  return changed;
}

}  // namespace lathe::passes
