// `lathe bench kernels`: the kernels of a Dense layer beside the machine's limits and the best that
// other libraries do.
#include "tools/cli/kernels/bench_kernels.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "codegen/compile.h"
#include "tools/bench/bandwidth.h"
#include "tools/bench/kernels/kernel_bench.h"
#include "tools/bench/kernels/kernel_figure.h"
#include "tools/bench/kernels/kernel_table.h"
#include "tools/bench/peak.h"
#include "tools/cli/history_plot.h"
#include "tools/cli/json_line.h"
#include "tools/cli/kernels/options.h"
#include "tools/cli/kernels/report.h"
#include "tools/cli/terminal.h"

namespace lathe::cli {
namespace {

int run(const KernelOptions& options, const Args& args) {
  const std::vector<bench::KernelWork> works = asked_kernels(options, args);
  Terminal terminal(options.json);
  KernelReport report(terminal, options);
  bench::KernelMachine machine;
  machine.threads = works.empty() ? 1 : works[0].threads;
  machine.lanes = codegen::cpu_shape({}).vector_lanes;
  // Before and after: a machine that is shared may be slower at one of the two.
  machine.peak_gflops = bench::peak_gflops(machine.threads);
  machine.read_gbs = bench::read_gbs(machine.threads, bench::memory_bytes());
  const std::vector<bench::LoadedPeer> peers = bench::load_peers();
  report.begin(machine, peers);
  std::vector<bench::KernelRow> rows;
  for (const bench::KernelWork& work : works) {
    rows.push_back(bench::measure_kernel(work, peers, round_options(options, machine.threads)));
    rows.back().read_gbs =
        bench::read_gbs(machine.threads, static_cast<int64_t>(bench::kernel_bytes(work)));
    report.row(rows.back());
  }
  machine.peak_gflops = std::max(machine.peak_gflops, bench::peak_gflops(machine.threads));
  const bench::KernelSummary summary = bench::summarize(rows, machine);
  report.end(machine, summary);
  if (options.plot) write_figure(bench::kernel_figure(rows, machine), *options.plot);
  if (options.json) print_json_line(kernels_json(options, machine, peers, rows, summary));
  if (summary.errors == 0) return kDone;
  for (const bench::KernelRow& row : rows) {
    if (row.error.empty()) continue;
    throw Error(fmt::format("{} of {} rows went wrong, the first: {}: {}", summary.errors,
                            rows.size(), row_name(row), row.error));
  }
  return kDone;
}

}  // namespace

Run declare_bench_kernels(Args& args) {
  auto options = std::make_shared<KernelOptions>();
  declare_kernel_options(args, *options);
  args.example("lathe bench kernels --threads 1 --plot kernels.svg");
  args.example("lathe bench kernels --shape 100x784x500 --kernel forward,weight-gradient --json");
  args.example("lathe bench kernels --shape 64x64x64 --random 10 --seed 7 --csv > kernels.csv");
  return [options, &args] { return run(*options, args); };
}

}  // namespace lathe::cli
