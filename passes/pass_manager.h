// The table of passes, and the one wrapper that every pass runs through.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "passes/pass.h"

namespace lathe::passes {

struct PassInfo {
  std::string_view name;
  PassFn run;
  std::string_view contract;  ///< one line
};

/// Every pass, in the order of passes.def.
std::span<const PassInfo> pass_table();
/// The pass of that name; Error that lists the names otherwise.
const PassInfo& find_pass(std::string_view name);

/// Whether this library was built to check all it does: true in a Debug build. Not a macro here,
/// which would mean one thing to the library and another to who uses it.
bool default_check();

/// What the caller wants to see of, or change in, a run of passes.
struct PipelineHooks {
  std::vector<std::string> skip;  ///< passes that do not run; names must exist
  /// After each pass that ran: the module as the pass left it.
  std::function<void(const PassInfo& pass, const ir::Module& module, bool changed)> after;
  /// After each pass that ran: how long it took.
  std::function<void(const PassInfo& pass, double seconds)> timed;
  /// The module is verified after each pass, and what a pass says it changed is compared with the
  /// text before and after; what is wrong is an InternalError that names the pass.
  bool check = default_check();
};

/// Runs one pass; returns whether the module changed. Error as the pass raises it.
bool run_pass(const PassInfo& pass, ir::Module& module, const PassOptions& options,
              Remarks& remarks, const PipelineHooks& hooks = {});

}  // namespace lathe::passes
