#include "tools/cli/kernels/options.h"

#include <fmt/format.h>

#include <algorithm>

#include "ir/nearest.h"
#include "runtime/worker_team.h"
#include "tools/bench/kernels/kernel_table.h"
#include "tools/cli/history_plot.h"

namespace lathe::cli {
namespace {

/// OpenMP's threads look out for new work for some milliseconds before they sleep.
constexpr double kSettleSeconds = 0.03;

std::vector<std::string> kernel_names() {
  std::vector<std::string> names;
  for (const bench::KernelInfo& k : bench::kernel_table()) names.emplace_back(k.text);
  return names;
}

std::vector<std::string> activation_names() {
  std::vector<std::string> names;
  for (const bench::ActivationInfo& a : bench::activation_table()) names.emplace_back(a.text);
  return names;
}

std::vector<bench::KernelKind> asked_kinds(const KernelOptions& options, const Args& args) {
  std::vector<bench::KernelKind> kinds;
  const std::vector<std::string> known = kernel_names();
  const auto asked = args.given("--kernel") ? split_words(options.kernels) : known;
  if (asked.empty())
    throw UsageError("--kernel is empty, expected " + fmt::format("{}", fmt::join(known, ", ")));
  for (const std::string& name : asked) {
    const auto at = std::find(known.begin(), known.end(), name);
    if (at == known.end()) throw UsageError(ir::unknown_name("kernel", name, known));
    const auto kind = bench::kernel_table()[static_cast<size_t>(at - known.begin())].kind;
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.push_back(kind);
  }
  return kinds;
}

std::vector<bench::KernelShape> asked_shapes(const KernelOptions& options, const Args& args) {
  std::vector<bench::KernelShape> shapes;
  const bool own = args.given("--shape");
  for (const std::string& text : options.shapes) {
    try {
      shapes.push_back(bench::parse_shape(text));
    } catch (const Error& e) {
      throw UsageError(fmt::format("--shape: {}", e.what()));
    }
  }
  if (!own) shapes = bench::usual_shapes();
  if (own && !args.given("--random")) return shapes;
  for (const bench::KernelShape& s :
       bench::random_shapes(options.random, static_cast<uint64_t>(options.seed))) {
    shapes.push_back(s);
  }
  return shapes;
}

bench::Activation asked_activation(const KernelOptions& options) {
  for (const bench::ActivationInfo& a : bench::activation_table()) {
    if (a.text == options.activation) return a.activation;
  }
  throw UsageError(ir::unknown_name("activation", options.activation, activation_names()));
}

}  // namespace

void declare_kernel_options(Args& args, KernelOptions& options) {
  args.texts("--shape", options.shapes, "MxKxN",
             "of the forward product; may be repeated (default: six layers and --random)");
  args.text("--kernel", options.kernels, "A,B",
            fmt::format("of {} (default: all)", fmt::join(kernel_names(), ", ")));
  args.choice("--activation", options.activation, activation_names(),
              "of the layer (default: sigmoid)");
  args.whole("--random", options.random, 0, 1000,
             "random shapes besides, M to 4096, K and N to 2048 (default: 20; with --shape 0)");
  args.whole("--seed", options.seed, 0, INT64_MAX, "of the random shapes (default: 1)");
  args.whole("--threads", options.threads, 1, runtime::WorkerTeam::kMaxWorkers,
             "of Lathe and of every library (default: one a core)");
  args.whole("--rounds", options.rounds, 1, 1000,
             "of timing, of which the best counts (default: 5)");
  args.real("--seconds", options.seconds, 0, 60,
            "of one library in one round (default: 0.03; at least three runs)");
  args.flag("--csv", options.csv, "a line for each kernel, shape and library on standard output");
  args.text("--plot", options.plot, "FILE", "draw it to FILE.svg or FILE.png");
  args.flag("--json", options.json, "one JSON object as the last line of standard output");
}

std::vector<bench::KernelWork> asked_kernels(const KernelOptions& options, const Args& args) {
  args.exclude("--json", {"--csv"}, "both are for standard output");
  if (args.given("--seed") && args.given("--shape") && !args.given("--random")) {
    throw UsageError("--seed with --shape, without --random: no shape is random");
  }
  if (options.plot) check_figure_name(*options.plot);
  const int threads =
      options.threads > 0 ? static_cast<int>(options.threads) : runtime::usable_cores();
  const bench::Activation activation = asked_activation(options);
  const auto shapes = asked_shapes(options, args);
  std::vector<bench::KernelWork> works;
  for (const bench::KernelKind kind : asked_kinds(options, args)) {
    for (const bench::KernelShape& shape : shapes) {
      works.push_back({kind, activation, shape, threads});
    }
  }
  return works;
}

bench::RoundOptions round_options(const KernelOptions& options, int threads) {
  return {options.rounds, options.seconds, threads > 1 ? kSettleSeconds : 0};
}

}  // namespace lathe::cli
