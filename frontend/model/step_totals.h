// The loss and metrics of many rows, from what each step says of its own.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frontend/model/training_plan.h"
#include "frontend/model/unfinished_epoch.h"
#include "ir/error.h"
#include "lathe/history.h"

namespace lathe::detail {

/// The outputs of a run's steps (losses and metrics, f32), and what they come to: means weighted by
/// the rows of each step, and totals. Summed in double precision in step order.
class StepTotals {
 public:
  /// `sizes`: how many numbers each of `outputs` gives a step. `rows`: of all steps; 0 where
  /// set_rows() will say it.
  StepTotals(StepNumbers outputs, const std::vector<int64_t>& sizes, int64_t rows, int64_t batch)
      : outputs_(std::move(outputs)), batch_(batch) {
    if (rows > 0) set_rows(rows);
    int64_t all = 0;
    for (int64_t size : sizes) all += size;
    room_ = std::clamp<int64_t>(kMostNumbers / all, 1, rows > 0 ? steps_ : kMostSteps);
    for (int64_t size : sizes) {
      slots_.emplace_back(static_cast<size_t>(room_ * size));
      sums_.emplace_back(static_cast<size_t>(size));
    }
    LATHE_CHECK(sizes.size() == outputs_.losses.size() + outputs_.metrics.size(),
                "a step has another number of outputs");
  }

  /// Before the last step is run. Error where the epoch that goes on has another number of them.
  void set_rows(int64_t rows) {
    if (rows_to_go_on_ > 0 && rows != rows_to_go_on_) other_epoch(rows_to_go_on_, batch_, rows);
    rows_ = rows;
    steps_ = (rows - 1) / batch_ + 1;
  }
  int64_t steps() const { return steps_; }  ///< 0 where that is not known yet
  int64_t steps_done() const { return done_; }
  bool complete() const { return done_ == steps_; }
  int64_t rows_of(int64_t step) const { return std::min(batch_, rows_ - step * batch_); }
  int64_t rows_done() const { return std::min(rows_, done_ * batch_); }
  /// How many steps may run before finish() is called.
  int64_t room() const { return room_; }
  /// Where the outputs of `step` and those behind it, room() in all, are written. What was there of
  /// steps before it is gone then.
  std::vector<void*> pointers(int64_t step) {
    first_ = step;
    std::vector<void*> p;
    for (std::vector<float>& slots : slots_) p.push_back(slots.data());
    return p;
  }
  /// Counts the steps up to, not including, `end` as done. Returns the first of them whose loss is
  /// not finite.
  std::optional<int64_t> finish(int64_t end) {
    std::optional<int64_t> bad;
    for (; done_ < end; ++done_) {
      for (size_t i = 0; i < slots_.size(); ++i) add(i, done_, sums_[i]);
      if (!bad && !std::isfinite(loss(done_))) bad = done_;
    }
    return bad;
  }
  UnfinishedEpoch so_far() const { return {done_, knows_rows() ? rows_ : 0, batch_, sums_}; }
  /// Goes on behind the steps that `part` has done. Error where it is of other rows or batches.
  void go_on(const UnfinishedEpoch& part) {
    const bool other_rows = knows_rows() && part.rows > 0 && part.rows != rows_;
    if (other_rows || part.batch != batch_)
      other_epoch(part.rows, part.batch, knows_rows() ? rows_ : 0);
    rows_to_go_on_ = part.rows;
    bool fits = part.sums.size() == sums_.size() && part.steps_done >= 0 &&
                (!knows_rows() || part.steps_done <= steps_);
    for (size_t i = 0; fits && i < sums_.size(); ++i) fits = part.sums[i].size() == sums_[i].size();
    if (!fits) throw Error("the epoch to go on with is of other metrics");
    done_ = part.steps_done;
    sums_ = part.sums;
  }
  float loss(int64_t step) const { return of(0, step)[0]; }
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
  /// Numbers of rows are 0 where nobody knows.
  [[noreturn]] void other_epoch(int64_t rows, int64_t batch, int64_t own_rows) const {
    const auto said = [](int64_t n, int64_t in) {
      return (n > 0 ? std::to_string(n) + " rows in " : "") + "batches of " + std::to_string(in);
    };
    throw Error("the epoch to go on with has " + said(rows, batch) + ", not " +
                said(own_rows, batch_));
  }
  bool knows_rows() const { return steps_ > 0; }
  bool is_loss(size_t output) const { return output < outputs_.losses.size(); }
  const Metric& metric(size_t output) const {
    return outputs_.metrics[output - outputs_.losses.size()];
  }
  bool is_mean(size_t output) const { return is_loss(output) || metric(output).is_mean(); }
  std::span<const float> of(size_t output, int64_t step) const {
    const size_t n = sums_[output].size();
    return std::span(slots_[output]).subspan(static_cast<size_t>(step - first_) * n, n);
  }
  void add(size_t output, int64_t step, std::vector<double>& sums) const {
    const std::span<const float> numbers = of(output, step);
    if (!is_mean(output)) return metric(output).fold(numbers, sums);
    sums[0] += static_cast<double>(rows_of(step)) * static_cast<double>(numbers[0]);
  }
  Logs logs(const std::vector<std::vector<double>>& sums, int64_t rows) const {
    Logs logs;
    for (size_t i = 0; i < sums.size(); ++i) {
      if (is_mean(i))
        logs.add(is_loss(i) ? outputs_.losses[i] : metric(i).name(),
                 sums[i][0] / static_cast<double>(rows));
      else
        metric(i).report(sums[i], logs);
    }
    return logs;
  }

  StepNumbers outputs_;
  static constexpr int64_t kMostNumbers = int64_t{1} << 24;  ///< 64 MiB
  static constexpr int64_t kMostSteps = 4096;  ///< where nobody knows how many there are
  int64_t rows_ = INT64_MAX, batch_, steps_ = 0, room_ = 0, done_ = 0;
  int64_t rows_to_go_on_ = 0;  ///< of the epoch that go_on was given; 0: nobody knows
  int64_t first_ = 0;          ///< the step whose outputs come first in slots_
  std::vector<std::vector<float>> slots_;
  std::vector<std::vector<double>> sums_;
};

}  // namespace lathe::detail
