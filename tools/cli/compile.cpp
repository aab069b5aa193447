// `lathe compile`: a saved model as an object file, with its header and weights.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "frontend/base/grouped.h"
#include "frontend/format/atomic_file.h"
#include "ir/nearest.h"
#include "lathe/model.h"
#include "tools/cli/command.h"
#include "tools/cli/cpu_name.h"
#include "tools/cli/json_line.h"
#include "tools/cli/run_tool.h"
#include "tools/cli/terminal.h"
#ifdef LATHE_LLVM
#include "codegen/standalone/interface.h"
#include "frontend/format/standalone.h"
#endif

namespace lathe::cli {
namespace {

struct Options {
  std::string model, out = ".", name = "model", kind = "object", cpu = "native", target,
                     functions = "predict,train_step";
  int64_t max_batch = 256;
  bool embed_weights = false, freestanding = false, json = false;
};

#ifdef LATHE_LLVM

/// Makes of the object what is asked for; the path of that, or nothing. It is there as a whole or not at all.
std::string link(const Options& options, const std::filesystem::path& out) {
  if (options.kind == "object") return "";
  const std::string base = (out / options.name).string();
  const bool exe = options.kind == "exe";
  const std::string ending = options.kind == "static" ? ".a" : ".so";
  const std::string path = exe ? base : (out / ("lib" + options.name + ending)).string();
  const std::string part = path + ".part";
  const char* const named = std::getenv("CC");
  std::vector<std::string> cc =
      split_list(named && *named ? named : "cc", ' ');  // `ccache gcc`, too
  std::erase(cc, "");
  if (cc.empty()) cc = {"cc"};
  const auto compile = [&](std::initializer_list<std::string> arguments) {
    cc.insert(cc.end(), arguments);
    run_tool(cc);
  };
  std::filesystem::remove(part);  // ar adds to what is there
  if (exe)
    compile({"-std=c11", "-O2", base + "_main.c", base + ".o", "-o", part});
  else if (options.kind == "shared")
    compile({"-shared", "-Wl,-soname,lib" + options.name + ".so", base + ".o", "-o", part});
  else
    run_tool({"ar", "rcsD", part, base + ".o"});
  std::filesystem::rename(part, path);
  return path;
}

/// None for native.
std::vector<std::string> known_cpus(const Options& options) {
  std::vector<std::string> cpus = split_list(options.cpu);
  if (cpus.size() <= 1) {
    const std::string cpu = known_cpu(options.cpu, options.target);
    return cpu.empty() ? std::vector<std::string>{} : std::vector{cpu};
  }
  using codegen::kLevels;
  for (const std::string& cpu : cpus) {
    if (std::ranges::find(kLevels, cpu) == std::end(kLevels))
      throw UsageError(
          fmt::format("--cpu: one of several is '{}', expected {}", cpu, fmt::join(kLevels, ", ")));
    known_cpu(cpu, options.target);
  }
  return cpus;
}

void check_functions(const std::vector<std::string>& names) {
  const std::vector<std::string>& known = standalone_functions();
  if (names.empty())
    throw UsageError(fmt::format("--functions is empty, expected {}", fmt::join(known, ", ")));
  for (const std::string& name : names)
    if (std::ranges::find(known, name) == known.end())
      throw UsageError("--functions: " + ir::unknown_name("function", name, known));
}

int run(const Options& options) {
  StandaloneOptions what;
  what.name = options.name;
  what.functions = split_list(options.functions);
  what.max_batch = options.max_batch;
  what.cpus = known_cpus(options);
  what.target = options.target;
  what.embed_weights = options.embed_weights;
  what.freestanding = options.freestanding;
  what.program = options.kind == "exe";
  require_folder_name("--out", options.out);
  check_functions(what.functions);
  if ((options.kind == "exe" || options.kind == "shared") && !options.target.empty() &&
      !std::getenv("CC"))
    throw UsageError(fmt::format("--kind {} with --target: expected CC to name a C compiler for {}",
                                 options.kind, options.target));
  Model model = Model::load(options.model);
  const StandaloneFiles files = make_standalone(model, what);
  const std::filesystem::path out(options.out);
  std::error_code trouble;
  std::filesystem::create_directories(out, trouble);
  if (trouble)
    throw Error(fmt::format("can't make the folder {}: {}", options.out, trouble.message()));
  nlohmann::ordered_json written;
  Terminal terminal(options.json);
  for (const StandaloneFile& file : files.all) {
    const std::string path = (out / file.name).string();
    write_file_atomically(path, file.content);
    written.push_back({{"path", path}, {"bytes", file.content.size()}});
    terminal.print("{}  {} bytes\n", path, grouped(static_cast<int64_t>(file.content.size())));
  }
  if (const std::string made = link(options, out); !made.empty()) {
    const auto bytes = std::filesystem::file_size(made);
    written.push_back({{"path", made}, {"bytes", bytes}});
    terminal.print("{}  {} bytes\n", made, grouped(static_cast<int64_t>(bytes)));
  }
  if (options.json) print_json_line({{"files", written}});
  return kDone;
}
#else
int run(const Options&) {
  throw Error("this build has no LLVM, so nothing can be compiled");
}
#endif

}  // namespace

Run declare_compile(Args& args) {
  auto options = std::make_shared<Options>();
  args.position("MODEL", options->model, true, "a saved model (model.lathe)");
  args.text("--out,-o", options->out, "DIR", "the folder to write to (default: this one)");
  args.text("--name", options->name, "NAME",
            "of the files, and in front of all names in them (default: model)");
  args.choice("--kind", options->kind, {"object", "static", "shared", "exe"},
              "NAME.o, and of it libNAME.a (by ar), libNAME.so or, by a C compiler (CC or cc), "
              "NAME: a program with its "
              "weights in it that predicts rows of CSV, IDX or, with --raw, floats from standard "
              "input (default: object)");
  args.text("--functions", options->functions, "LIST",
            "predict, evaluate, train_step (default: predict,train_step)");
  args.whole("--max-batch", options->max_batch, 1, 1'000'000,
             "most rows of one step (default: 256)");
  args.text(
      "--cpu", options->cpu, "NAMES",
      "LLVM's name of a CPU (default: native, this one, or with --target any), or levels of x86-64 "
      "with commas "
      "between, of which the highest that the machine has is taken: x86-64,x86-64-v3,x86-64-v4");
  args.text("--target", options->target, "TRIPLE",
            "another machine, such as aarch64-linux-gnu (default: this one)");
  args.flag("--embed-weights", options->embed_weights,
            "the object has its weights, too: NAME_weights()");
  args.flag("--freestanding", options->freestanding,
            "the object has memcpy and memset of its own, and calls nothing");
  args.flag("--json", options->json, "one JSON object on one line");
  args.example("lathe compile run/model.lathe -o out --name mnist");
  return [options] { return run(*options); };
}

}  // namespace lathe::cli
