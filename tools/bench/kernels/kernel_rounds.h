// Rounds of timing: everyone in turn, several times over, by Google Benchmark.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/bench/kernels/kernel_work.h"

namespace lathe::bench {

struct RoundOptions {
  int64_t rounds = 5;
  double seconds = 0.03;  ///< of one contender in one round
  /// Idle before each turn, so that threads of the one before that still wait actively are asleep.
  double settle_seconds = 0;
};

/// Seconds of one run of each call: the best of the rounds' medians. Turns of all rounds are taken in random
/// order; runs are timed several at once where they are short.
std::vector<double> time_in_rounds(const std::vector<KernelCall>& calls,
                                   const RoundOptions& options);

}  // namespace lathe::bench
