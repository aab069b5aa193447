#include "tools/cli/run_options.h"

#include <fmt/format.h>

#include "runtime/worker_team.h"
#include "tools/cli/cpu_name.h"

namespace lathe::cli {
namespace {

struct Device {
  const char* name;
  bool built;
};

constexpr Device kDevices[] = {
#define DEVICE(name, built) {name, built},
#include "tools/cli/devices.def"
#undef DEVICE
};

/// The names of those that are in this build, or of the others.
std::vector<std::string> device_names(bool built) {
  std::vector<std::string> names;
  for (const Device& device : kDevices) {
    if (device.built == built) names.emplace_back(device.name);
  }
  return names;
}

}  // namespace

void RunArgs::declare(Args& args, const std::string& default_threads) {
  args.whole("--threads", threads, 1, runtime::WorkerTeam::kMaxWorkers,
             fmt::format("worker threads; no result depends on it (default: {})", default_threads));
  args.flag("--pin", pin, "each worker thread stays on a core of its own");
  args.choice("--backend", backend, {"auto", "llvm", "interpreter"},
              "compiled code, or the slow, exact interpreter");
  args.text("--cpu", cpu, "NAME",
            "make code for that CPU, as LLVM names it, such as x86-64-v3 (default: native, this "
            "one); the same results from each that has fma");
  std::vector<std::string> devices;
  for (const Device& d : kDevices) devices.emplace_back(d.name);
  const std::vector<std::string> missing = device_names(false);
  args.choice("--device", device, devices,
              missing.empty() ? "where to run (default: cpu)"
                              : fmt::format("where to run (default: cpu; not in this build: {})",
                                            fmt::join(missing, ", ")));
  args.flag("--no-cache", no_cache, "compile anew, and keep nothing of it (lathe cache)");
}

RunOptions RunArgs::options() const {
  for (const Device& d : kDevices) {
    if (device != d.name || d.built) continue;
    throw UsageError(fmt::format("--device {} is not in this build, expected {}", device,
                                 fmt::join(device_names(true), " or ")));
  }
  RunOptions run;
  run.threads = static_cast<int>(threads);
  run.pin = pin;
  run.cache = !no_cache;
  run.cpu = known_cpu(cpu);
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
