#include "tools/cli/run_options.h"

#include "runtime/worker_team.h"

namespace lathe::cli {

void RunArgs::declare(Args& args) {
  args.whole("--threads", threads, 1, runtime::WorkerTeam::kMaxWorkers,
             "worker threads; no result depends on it (default: one a core)");
  args.choice("--backend", backend, {"auto", "llvm", "interpreter"},
              "compiled code, or the slow, exact interpreter");
  args.choice("--device", device, {"cpu", "cuda"}, "where to run (default: cpu)");
}

RunOptions RunArgs::options() const {
  if (device == "cuda") throw Error("this build has no GPU backend, expected --device cpu");
  RunOptions run;
  run.threads = static_cast<int>(threads);
  if (backend == "llvm") run.backend = Backend::Llvm;
  if (backend == "interpreter") run.backend = Backend::Interpreter;
  if (run.backend == Backend::Llvm && std::string(LATHE_LLVM_VERSION).empty()) {
    throw Error("this build has no LLVM, expected --backend interpreter");
  }
  return run;
}

int64_t RunArgs::thread_count() const {
  return threads > 0 ? threads : runtime::usable_cores();
}

}  // namespace lathe::cli
