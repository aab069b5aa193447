// One row of `lathe bench kernels`: a kernel of one shape, by Lathe and by everyone else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/bench/kernels/kernel_rounds.h"
#include "tools/bench/kernels/kernel_work.h"
#include "tools/bench/kernels/load_peers.h"

namespace lathe::bench {

struct KernelEntry {
  std::string library;
  std::string how;                ///< which of several ways was the best
  std::optional<double> seconds;  ///< of one run; nothing: `trouble` says why
  std::string trouble;
};

struct KernelRow {
  KernelWork work;
  std::vector<KernelEntry> entries;  ///< Lathe, then the peers in their order
  double read_gbs = 0;               ///< measured at the size of what the kernel touches
  std::string error;                 ///< results that were wrong, or what was not fused

  const KernelEntry& lathe() const { return entries[0]; }
  /// The fastest entry but Lathe's; null where there is none.
  const KernelEntry* best_peer() const;
  /// Seconds of the best peer by Lathe's: above 1, Lathe is faster.
  std::optional<double> beside_best() const;
};

/// Everyone's results are checked before anyone is timed; with an error nothing is timed.
KernelRow measure_kernel(const KernelWork& work, const std::vector<LoadedPeer>& peers,
                         const RoundOptions& rounds);

/// What everything is measured beside.
struct KernelMachine {
  int threads = 1;
  int64_t lanes = 16;  ///< f32 numbers of a vector
  double peak_gflops = 0;
  double read_gbs = 0;  ///< of memory
};

struct KernelSummary {
  /// Geometric means of `beside_best`, and of contractions whose M, K and N are 96 or more alone.
  std::optional<double> mean, large_mean;
  const KernelRow* worst = nullptr;  ///< the least `beside_best`
  /// GFLOP/s by peak, columns counted to the end of their vector, of those large contractions:
  /// the geometric mean and the least.
  std::optional<double> padded_share, least_padded_share;
  const KernelRow* least_padded = nullptr;
  int64_t errors = 0;
};
/// Of rows that outlive it.
KernelSummary summarize(const std::vector<KernelRow>& rows, const KernelMachine& machine);

/// GFLOP/s of a contraction, GB/s of another kernel: what it touches, each array once.
double kernel_speed(const KernelWork& work, double seconds);

}  // namespace lathe::bench
