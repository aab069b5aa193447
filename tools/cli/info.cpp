// `lathe info`: versions, the processor, threads, and which data sets are found.
#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "frontend/data/download.h"
#include "frontend/data/search_path.h"
#include "runtime/worker_team.h"
#include "tools/cli/command.h"
#include "tools/cli/json_line.h"
#include "tools/cli/processor.h"
#include "tools/cli/terminal.h"

namespace lathe::cli {
namespace {

struct Options {
  bool json = false;
};

struct Place {
  std::string path;     ///< empty: not found
  std::string trouble;  ///< why it can't be used; empty: none
};

Place data_set_place(const std::string& name) {
  try {
    const auto found = data::find_dataset(name);
    return {found ? found->string() : "", ""};
  } catch (const Error& e) {
    return {"", e.what()};
  }
}

int run(const Options& options) {
  Terminal terminal(false);
  const Processor cpu = this_processor();
  const int threads = runtime::usable_cores();
  const std::string llvm = LATHE_LLVM_VERSION;
  nlohmann::ordered_json out;
  out["version"] = LATHE_VERSION;
  out["build"] = LATHE_BUILD_TYPE;
  out["sanitizer"] = LATHE_SANITIZER;
  out["compiler"] = __VERSION__;
  out["llvm"] = llvm.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(llvm);
  out["cpu"] = cpu.name;
  out["cpu_features"] = cpu.features;
  out["vector_bits"] = cpu.vector_bits;
  out["threads"] = threads;
  for (const Cache& cache : cpu.caches) out["caches"][cache.name] = cache.bytes;
  for (const std::string& name : data::downloadable_datasets()) {
    const std::string path = data_set_place(name).path;
    out["data"][name] = path.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(path);
  }
  if (options.json) {
    print_json_line(out);
    return kDone;
  }
  terminal.print("lathe {}, {} build{}, compiler {}\n", LATHE_VERSION, LATHE_BUILD_TYPE,
                 *LATHE_SANITIZER ? " with " LATHE_SANITIZER : "", __VERSION__);
  terminal.print("LLVM       {}\n", llvm.empty() ? "not in this build" : llvm);
  terminal.print("CPU        {}\n", cpu.name);
  terminal.print("features   {} ({} bit vectors)\n", fmt::join(cpu.features, " "), cpu.vector_bits);
  terminal.print("threads    {}\n", threads);
  std::vector<std::string> caches;
  for (const Cache& cache : cpu.caches) {
    caches.push_back(fmt::format("{} {} kB", cache.name, cache.bytes / 1024));
  }
  terminal.print("caches     {}\n",
                 caches.empty() ? "unknown" : fmt::format("{}", fmt::join(caches, ", ")));
  for (const std::string& name : data::downloadable_datasets()) {
    const Place place = data_set_place(name);
    const std::string text = !place.trouble.empty() ? place.trouble
                             : place.path.empty()
                                 ? fmt::format("not found; lathe data get {}", name)
                                 : place.path;
    terminal.print("data       {}: {}\n", name, text);
  }
  return kDone;
}

}  // namespace

Run declare_info(Args& args) {
  auto options = std::make_shared<Options>();
  args.flag("--json", options->json, "one JSON object on one line");
  args.example("lathe info");
  return [options] { return run(*options); };
}

}  // namespace lathe::cli
