#include "tools/bench/kernels/kernel_rounds.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <thread>

namespace lathe::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// What is timed at once lasts so long, so that the clock does not count.
constexpr double kSampleSeconds = 1e-4;
constexpr int64_t kLeastSamples = 3;

double seconds_of(const KernelCall& call, int64_t times) {
  const auto start = Clock::now();
  call.run(times);
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  const size_t middle = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(middle),
                   values.end());
  return values[middle];
}

/// Prints nothing: the medians are our own.
class Quiet : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>&) override {}
};

/// Once: Google Benchmark keeps its options for the whole program.
void take_turns_in_random_order() {
  static const bool done = [] {
    char program[] = "lathe", order[] = "--benchmark_enable_random_interleaving=true";
    char* arguments[] = {program, order, nullptr};
    int count = 2;
    benchmark::Initialize(&count, arguments);
    return true;
  }();
  static_cast<void>(done);
}

}  // namespace

std::vector<double> time_in_rounds(const std::vector<KernelCall>& calls,
                                   const RoundOptions& options) {
  take_turns_in_random_order();
  std::vector<double> best(calls.size(), std::numeric_limits<double>::infinity());
  for (size_t i = 0; i < calls.size(); ++i) {
    const KernelCall& call = calls[i];
    double one = seconds_of(call, 1);
    const auto few =
        std::clamp<int64_t>(static_cast<int64_t>(kSampleSeconds / std::max(one, 1e-9)), 1, 1000);
    one = std::max(seconds_of(call, few) / static_cast<double>(few), 1e-9);
    const auto times = std::max<int64_t>(1, static_cast<int64_t>(kSampleSeconds / one));
    const double sample = one * static_cast<double>(times);
    const auto samples =
        std::max<int64_t>(kLeastSamples, static_cast<int64_t>(options.seconds / sample));
    const auto turn = [&call, &least = best[i], times, &options](benchmark::State& state) {
      std::this_thread::sleep_for(std::chrono::duration<double>(options.settle_seconds));
      call.run(times);
      std::vector<double> seconds;
      for (auto _ : state) {
        const double sampled = seconds_of(call, times);
        state.SetIterationTime(sampled);
        seconds.push_back(sampled / static_cast<double>(times));
      }
      least = std::min(least, median(std::move(seconds)));
    };
    benchmark::RegisterBenchmark(fmt::format("{}", i).c_str(), turn)
        ->Iterations(static_cast<benchmark::IterationCount>(samples))
        ->Repetitions(static_cast<int>(options.rounds))
        ->UseManualTime();
  }
  Quiet quiet;
  benchmark::RunSpecifiedBenchmarks(&quiet);
  benchmark::ClearRegisteredBenchmarks();
  return best;
}

}  // namespace lathe::bench
