#include "frontend/engine/engine.h"

#include <algorithm>

#include "frontend/engine/lowering.h"
#include "ir/error.h"

namespace lathe::detail {

bool Engine::has_state(std::string_view name) const {
  return std::any_of(states_.begin(), states_.end(),
                     [&](const ir::State& s) { return s.name == name; });
}

Backend resolve_backend(Backend backend) {
#ifdef LATHE_LLVM
  return backend == Backend::Auto ? Backend::Llvm : backend;
#else
  if (backend == Backend::Llvm) throw Error("this build has no LLVM backend");
  return Backend::Interpreter;
#endif
}

std::unique_ptr<Engine> make_engine(const ir::Module& module, const RunOptions& options,
                                    int64_t max_batch,
                                    const std::shared_ptr<runtime::WorkerTeam>& team) {
#ifdef LATHE_LLVM
  if (resolve_backend(options.backend) == Backend::Llvm)
    return make_llvm_engine(module, options, max_batch, team);
#else
  (void)resolve_backend(options.backend);
  (void)max_batch;
  (void)team;
#endif
  return make_interpreter_engine(module);
}

}  // namespace lathe::detail
