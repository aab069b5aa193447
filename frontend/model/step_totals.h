// The loss and metrics of many rows, from what each step says of its own.
#pragma once

#include <cmath>
#include <optional>
#include <vector>

#include "frontend/train/metrics.h"
#include "lathe/history.h"

namespace lathe::detail {

/// The outputs of a run's steps (the loss and the metrics, f32), and what they come to: means
/// weighted by the rows of each step, and totals. Summed in double precision in step order.
class StepTotals {
 public:
  /// `sizes`: the numbers that the loss, 1, and each metric give a step.
  StepTotals(std::vector<Metric> metrics, const std::vector<int64_t>& sizes, int64_t rows,
             int64_t batch)
      : metrics_(std::move(metrics)), rows_(rows), batch_(batch), steps_((rows - 1) / batch + 1) {
    for (int64_t size : sizes) {
      slots_.emplace_back(static_cast<size_t>(steps_ * size));
      sums_.emplace_back(static_cast<size_t>(size));
    }
    LATHE_CHECK(sizes.size() == metrics_.size() + 1, "a step has another number of outputs");
  }

  int64_t steps() const { return steps_; }
  int64_t rows_of(int64_t step) const { return std::min(batch_, rows_ - step * batch_); }
  int64_t rows_done() const { return std::min(rows_, done_ * batch_); }
  /// Where the outputs of `step` and those behind it are written.
  std::vector<void*> pointers(int64_t step) {
    std::vector<void*> p;
    for (size_t i = 0; i < slots_.size(); ++i) p.push_back(slots_[i].data() + step * size(i));
    return p;
  }
  /// Counts the steps up to, not including, `end` as done. Returns the first of them whose loss is
  /// not finite.
  std::optional<int64_t> finish(int64_t end) {
    std::optional<int64_t> bad;
    for (; done_ < end; ++done_) {
      for (size_t i = 0; i < slots_.size(); ++i) add(i, done_, sums_[i]);
      if (!bad && !std::isfinite(slots_[0][done_])) bad = done_;
    }
    return bad;
  }
  float loss(int64_t step) const { return slots_[0][step]; }
  Logs all() const { return logs(sums_, rows_done()); }
  Logs of_step(int64_t step) const {
    std::vector<std::vector<double>> sums;
    for (size_t i = 0; i < slots_.size(); ++i) {
      sums.emplace_back(sums_[i].size());
      add(i, step, sums[i]);
    }
    return logs(sums, rows_of(step));
  }

 private:
  int64_t size(size_t output) const { return static_cast<int64_t>(sums_[output].size()); }
  bool is_mean(size_t output) const { return output == 0 || metrics_[output - 1].is_mean(); }
  void add(size_t output, int64_t step, std::vector<double>& sums) const {
    const double weight = is_mean(output) ? static_cast<double>(rows_of(step)) : 1;
    for (int64_t k = 0; k < size(output); ++k)
      sums[k] += weight * slots_[output][step * size(output) + k];
  }
  Logs logs(const std::vector<std::vector<double>>& sums, int64_t rows) const {
    Logs logs;
    for (size_t i = 0; i < sums.size(); ++i)
      logs.add(
          i == 0 ? "loss" : metrics_[i - 1].name(),
          is_mean(i) ? sums[i][0] / static_cast<double>(rows) : metrics_[i - 1].finish(sums[i]));
    return logs;
  }

  std::vector<Metric> metrics_;
  int64_t rows_, batch_, steps_, done_ = 0;
  std::vector<std::vector<float>> slots_;
  std::vector<std::vector<double>> sums_;
};

}  // namespace lathe::detail
