#include "runtime/worker_choice.h"

#include <algorithm>

namespace lathe::runtime {

void WorkerChoice::settle(bool alone) {
  alone_ = alone;
  all_ = one_ = Side();
  calls_left_ = kCallsBetweenTrials;
}

void WorkerChoice::took(int64_t steps, double seconds) {
  if (calls_left_ > 0) {
    if (--calls_left_ == 0) alone_ = false;
    return;
  }
  Side& side = alone_ ? one_ : all_;
  side.least = std::min(side.least, seconds / static_cast<double>(steps));
  side.seconds += seconds;
  ++side.calls;
  if (!side.known()) return;
  if (alone_)
    settle(one_.least <= kAloneMayTake * all_.least);
  else if (all_.least >= kLongStep)
    settle(false);
  else
    alone_ = true;
}

WorkerChoice& WorkerChoices::of(int64_t batch, int64_t steps) {
  constexpr int64_t kMany = 16;
  const int length = steps >= kMany ? 2 : steps > 1 ? 1 : 0;
  auto it = std::find_if(kept_.begin(), kept_.end(),
                         [&](const Kept& k) { return k.batch == batch && k.length == length; });
  if (it == kept_.end()) {
    it = std::min_element(kept_.begin(), kept_.end(),
                          [](const Kept& a, const Kept& b) { return a.used < b.used; });
    *it = {batch, length, 0, {}};
  }
  it->used = ++uses_;
  return it->choice;
}

}  // namespace lathe::runtime
