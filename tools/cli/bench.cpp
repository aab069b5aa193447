// `lathe bench`: how fast steps, predictions and compilation are, beside the machine's own limit.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "runtime/worker_team.h"
#include "tools/bench/measure.h"
#include "tools/cli/command.h"
#include "tools/cli/json_line.h"
#include "tools/cli/terminal.h"
#ifdef LATHE_LLVM
#include "tools/cli/kernels/bench_kernels.h"
#endif

namespace lathe::cli {
namespace {

struct Options {
  std::string work = "mnist", cache = "cold";
  std::optional<std::string> mode;
  int64_t threads = 0;
  bool pin = false, json = false;
};

nlohmann::ordered_json optional_number(const std::optional<double>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

bench::CacheState cache_state(const Options& options) {
  return options.cache == "warm" ? bench::CacheState::Warm : bench::CacheState::Cold;
}

int print_json(const Options& options, int threads) {
  const bench::Work work = bench::parse_work(options.work);
  const bench::Mode mode = bench::parse_mode(options.mode.value_or("step"));
  const bench::Measurement m =
      bench::measure(work, mode, threads, options.pin, cache_state(options));
  nlohmann::ordered_json out;
  out["median_s"] = m.median_s;
  out["min_s"] = m.min_s;
  out["gflops"] = optional_number(m.gflops);
  out["peak_gflops"] = optional_number(m.peak_gflops);
  out["share_of_peak"] = optional_number(m.share_of_peak());
  out["calls"] = m.calls;
  out["steps_a_call"] = m.steps_a_call;
  out["workers"] = m.workers ? nlohmann::ordered_json(*m.workers) : nlohmann::ordered_json();
  // No `work`, `mode` or `threads`: whoever compares peers adds those of its own.
  print_json_line(out);
  return kDone;
}

int print_table(const Options& options, int threads) {
  const bench::Work work = bench::parse_work(options.work);
  // Compilation first: afterwards the compiler is loaded.
  std::vector<std::string> modes = {"compile", "step", "predict@1", "predict@256"};
  if (options.mode) modes = {*options.mode};
  std::vector<bench::Mode> parsed;
  for (const std::string& mode : modes) parsed.push_back(bench::parse_mode(mode));
  Terminal terminal(false);
  terminal.print("{}, {} thread{}\n{:<12} {:>10} {:>10} {:>10} {:>10} {:>8} {:>8}\n", work.text,
                 threads, threads == 1 ? "" : "s", "mode", "median", "least", "GFLOP/s", "peak",
                 "share", "ran on");
  for (size_t i = 0; i < modes.size(); ++i) {
    const bench::Measurement m =
        bench::measure(work, parsed[i], threads, options.pin, cache_state(options));
    terminal.print("{:<12} {:>10} {:>10}", modes[i], duration(m.median_s), duration(m.min_s));
    if (m.share_of_peak()) {
      terminal.print(" {:>10.1f} {:>10.1f} {:>6.1f} %", *m.gflops, *m.peak_gflops,
                     100 * *m.share_of_peak());
    }
    if (m.workers) terminal.print(" {:>8}", *m.workers);
    terminal.write("\n");
    flush_stdout();
  }
  return kDone;
}

/// --cache is about compiling, so that must be among what is timed.
void check_cache(const Options& options, const Args& args) {
  const std::string mode = options.mode.value_or(options.json ? "step" : "compile");
  if (!args.given("--cache") || bench::parse_mode(mode).kind == bench::Mode::Compile) return;
  throw UsageError(fmt::format("--cache with --mode {}: nothing is compiled in that time", mode));
}

int run(const Options& options, const Args& args) {
  if (const Run* chosen = args.chosen_word()) return (*chosen)();
  check_cache(options, args);
  const int threads =
      options.threads > 0 ? static_cast<int>(options.threads) : runtime::usable_cores();
  return options.json ? print_json(options, threads) : print_table(options, threads);
}

}  // namespace

Run declare_bench(Args& args) {
  auto options = std::make_shared<Options>();
  args.text("--work", options->work, "W",
            "mnist, keras512, etf or WIDTHS:ACTS:LOSS:OPT:BATCH (default: mnist)");
  args.text("--mode", options->mode, "MODE",
            "step, ragged@N, compile or predict@N (default: step; without --json all of them)");
  args.whole("--threads", options->threads, 1, runtime::WorkerTeam::kMaxWorkers,
             "worker threads (default: one a core)");
  args.flag("--pin", options->pin, "each worker thread stays on a core of its own");
  args.choice(
      "--cache", options->cache, {"cold", "warm"},
      "of --mode compile only: compile anew, or take the code from the cache (default: cold)");
  args.flag("--json", options->json, "one measurement as one JSON object on one line");
#ifdef LATHE_LLVM
  args.word("kernels", "the kernels of a Dense layer, beside other libraries' best",
            declare_bench_kernels);
#endif
  args.example("lathe bench --work mnist --mode step --threads 1 --json");
#ifdef LATHE_LLVM
  args.example("lathe bench kernels --threads 1 --shape 100x784x500");
#endif
  return [options, &args] { return run(*options, args); };
}

}  // namespace lathe::cli
