// Gradient descent on a curve, a step at a time, by the same optimizers and the same compiled code as
// the training of models.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "ir/scalar_expr.h"
#include "lathe/model.h"

namespace lathe::cli {

struct DescentPath {
  std::vector<double> x;  ///< where it begins, then where each step leads
  bool finite = true;     ///< false: the last x is not
};

/// At most `steps` steps from `start` downhill on `f`, by run.threads (1 or more) threads; fewer when
/// `stop` is set or x is no longer finite.
DescentPath descend(const ir::ScalarExpr& f, double start, int64_t steps,
                    const Optimizer& optimizer, const RunOptions& run,
                    const std::atomic<int32_t>* stop);

struct Minimum {
  double x = 0, y = 0;
  bool global = false;  ///< the lowest of those in the range
};
/// The minima of `f` within a range, from left to right, as a search at 10,000 places finds them.
std::vector<Minimum> minima_of(const ir::ScalarExpr& f, double low, double high);

}  // namespace lathe::cli
