// The order of the passes, and the stages that it has.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "passes/pass_manager.h"

namespace lathe::passes {

/// How far a module has come. Each stage contains those before it.
enum class Stage { Built, Differentiated, Updated, Simplified, Fused, LaidOut, Scheduled, Planned };

/// `built`, `differentiated`, `updated`, `simplified`, `fused`, `laid-out`, `scheduled`, `planned`.
std::string_view stage_name(Stage stage);
std::vector<std::string_view> stage_names();
/// Error that lists the names for any other.
Stage parse_stage(std::string_view name);

/// A pass in its place: it is one of those that make `stage`.
struct Step {
  std::string_view pass;
  Stage stage;
  std::string_view reason;  ///< why it stands here
};
std::span<const Step> pipeline();

/// Brings a module that is at stage `built` to `stage`.
void run_to_stage(ir::Module& module, Stage stage, const PassOptions& options, Remarks& remarks,
                  const PipelineHooks& hooks = {});
/// The rest of the way, for a module that is at stage `from` already.
void run_from_stage(ir::Module& module, Stage from, Stage to, const PassOptions& options,
                    Remarks& remarks, const PipelineHooks& hooks = {});
/// Runs passes by name in the given order, whatever the module's stage; returns whether it changed.
/// Error, before anything runs, where a name is not a pass's.
bool run_passes(ir::Module& module, std::span<const std::string> names, const PassOptions& options,
                Remarks& remarks, const PipelineHooks& hooks = {});

}  // namespace lathe::passes
