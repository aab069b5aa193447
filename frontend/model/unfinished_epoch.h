// An epoch that is not at its end.
#pragma once

#include <cstdint>
#include <vector>

namespace lathe::detail {

/// What is known of it beside the states: with these it can be gone on with, to the same bits.
struct UnfinishedEpoch {
  int64_t steps_done = 0;
  int64_t rows = 0;                       ///< of the whole epoch; 0: not known yet
  int64_t batch = 0;                      ///< rows of a step
  std::vector<std::vector<double>> sums;  ///< of what a step gives, over the steps done
  friend bool operator==(const UnfinishedEpoch&, const UnfinishedEpoch&) = default;
};

}  // namespace lathe::detail
