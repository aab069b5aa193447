// Means over rows, from the means over the rows of each step.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "lathe/history.h"

namespace lathe::detail {

/// The outputs of a run's steps (loss and metrics, one f32 each a step), and their means weighted
/// by the rows of each step, summed in double precision in step order.
class StepMeans {
 public:
  StepMeans(std::vector<std::string> names, int64_t rows, int64_t batch)
      : names_(std::move(names)),
        rows_(rows),
        batch_(batch),
        slots_(names_.size(), std::vector<float>(static_cast<size_t>((rows - 1) / batch + 1))),
        sums_(names_.size()) {}

  int64_t steps() const { return static_cast<int64_t>(slots_[0].size()); }
  int64_t rows_of(int64_t step) const { return std::min(batch_, rows_ - step * batch_); }
  int64_t rows_done() const { return std::min(rows_, done_ * batch_); }
  /// Where the outputs of `step` and those behind it are written.
  std::vector<void*> pointers(int64_t step) {
    std::vector<void*> p;
    for (std::vector<float>& s : slots_) p.push_back(s.data() + step);
    return p;
  }
  /// Counts the steps up to, not including, `end` as done. Returns the first of them whose loss is
  /// not finite.
  std::optional<int64_t> finish(int64_t end) {
    std::optional<int64_t> bad;
    for (; done_ < end; ++done_) {
      const auto n = static_cast<double>(rows_of(done_));
      for (size_t i = 0; i < slots_.size(); ++i) sums_[i] += n * slots_[i][done_];
      if (!bad && !std::isfinite(slots_[0][done_])) bad = done_;
    }
    return bad;
  }
  float loss(int64_t step) const { return slots_[0][step]; }
  Logs means() const {
    Logs logs;
    for (size_t i = 0; i < names_.size(); ++i)
      logs.add(names_[i], sums_[i] / static_cast<double>(rows_done()));
    return logs;
  }
  Logs of_step(int64_t step) const {
    Logs logs;
    for (size_t i = 0; i < names_.size(); ++i) logs.add(names_[i], slots_[i][step]);
    return logs;
  }

 private:
  std::vector<std::string> names_;
  int64_t rows_, batch_, done_ = 0;
  std::vector<std::vector<float>> slots_;
  std::vector<double> sums_;
};

}  // namespace lathe::detail
