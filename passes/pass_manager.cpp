#include "passes/pass_manager.h"

#include <algorithm>
#include <chrono>

#include "ir/error.h"
#include "ir/printer.h"
#include "ir/verifier.h"

namespace lathe::passes {

#define PASS(name, function, contract) \
  bool function(ir::Module& module, const PassOptions& options, Remarks& remarks);
#include "passes/passes.def"
#undef PASS

namespace {

constexpr PassInfo kTable[] = {
#define PASS(name, function, contract) {#name, function, contract},
#include "passes/passes.def"
#undef PASS
};

void check_change(const PassInfo& pass, const std::string& before, const ir::Module& module,
                  bool changed) {
  const bool differs = ir::print(module) != before;
  LATHE_CHECK(differs == changed, "pass '" + std::string(pass.name) + "' says that it " +
                                      (changed ? "changed the module, but the text is the same"
                                               : "changed nothing, but the text differs"));
}

/// A pass that leaves a broken module is our bug, whatever the verifier calls it.
void check_module(const PassInfo& pass, const ir::Module& module) {
  try {
    ir::verify_all(module);
  } catch (const Error& e) {
    internal_error(__FILE__, __LINE__, "after pass '" + std::string(pass.name) + "': " + e.what());
  }
}

}  // namespace

std::span<const PassInfo> pass_table() {
  return kTable;
}

const PassInfo& find_pass(std::string_view name) {
  std::string names;
  for (const PassInfo& pass : kTable) {
    if (pass.name == name) return pass;
    names += (names.empty() ? "" : ", ") + std::string(pass.name);
  }
  throw Error("there is no pass '" + std::string(name) + "'; there is " + names);
}

bool default_check() {
#ifdef LATHE_DEBUG
  return true;
#else
  return false;
#endif
}

bool run_pass(const PassInfo& pass, ir::Module& module, const PassOptions& options,
              Remarks& remarks, const PipelineHooks& hooks) {
  if (std::find(hooks.skip.begin(), hooks.skip.end(), pass.name) != hooks.skip.end()) return false;
  const std::string before = hooks.check ? ir::print(module) : "";
  const auto start = std::chrono::steady_clock::now();
  const bool changed = pass.run(module, options, remarks);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (hooks.check) {
    check_change(pass, before, module, changed);
    check_module(pass, module);
  }
  if (hooks.timed) hooks.timed(pass, took.count());
  if (hooks.after) hooks.after(pass, module, changed);
  return changed;
}

}  // namespace lathe::passes
