// What `lathe bench` times, and how: as the head of the peers' harness says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/bench/work.h"

namespace lathe::bench {

struct Measurement {
  double median_s = 0, min_s = 0;  ///< of one step, one prediction or one compilation
  int64_t calls = 0;               ///< that were timed
  int64_t steps_a_call = 1;
  /// Threads that most of those calls ran on: one, not all, where that was at most 3 % slower.
  std::optional<int> workers;
  std::optional<double> gflops, peak_gflops;  ///< nothing where arithmetic is not what is timed

  std::optional<double> share_of_peak() const;
};

/// `step`, `ragged@N`, `compile` or `predict@N`. UsageError for anything else.
struct Mode {
  enum Kind { Step, Ragged, Compile, Predict } kind = Step;
  int64_t rows = 0;  ///< Ragged, Predict
};
Mode parse_mode(const std::string& text);

/// How a compilation begins: with nothing in the cache, or with the code of an earlier process.
enum class CacheState { Cold, Warm };

/// step       one optimiser step on a batch gathered by shuffled index from the resident rows:
///            gather included, several steps a call, whole batches only
/// ragged@N   one step on N rows, fewer than a batch, by the same code: the last one of an epoch
/// compile    from a built model to the end of its first step; `cache` counts for this one alone
/// predict@N  one call on N resident rows, result in host memory
/// Error where this build lacks what the work asks for.
/// `pin`: as RunOptions::pin.
Measurement measure(const Work& work, const Mode& mode, int threads, bool pin, CacheState cache);

}  // namespace lathe::bench
