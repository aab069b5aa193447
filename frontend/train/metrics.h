// Metrics: numbers about predictions that training does not follow.
//
// A step gives a mean over its rows, or totals that add up over steps; what is shown comes from the
// totals of all steps, so that a short last batch, or another batch size, changes nothing. But for
// losses that look at a batch as a whole (LossScope): of those it is the mean over the batches' rows.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/base/options.h"
#include "frontend/train/losses.h"

namespace lathe::detail {

/// Of two values of a metric.
enum class Better { Unknown, Less, More };

struct MetricRow {
  std::string_view name;
  Better better;
  std::vector<std::string> aliases;
  std::string_view formula;
  std::vector<OptionSpec> options;
  /// Without `finish` a number a row, [B, ...]; with it totals over the rows, [k].
  ir::ValueId (*build)(StepValues& v, const Options& options);
  /// The metric, from totals over all rows; null: the mean over all rows.
  double (*finish)(std::span<const double> totals, const Options& options);
  /// Error for values of options that make no sense; may be null.
  void (*check)(const Options& options) = nullptr;
  /// Adds a step's numbers to the totals, which begin as zeros; null: each to its own.
  void (*fold)(std::span<const float> step, std::span<double> totals) = nullptr;
};

std::span<const MetricRow> metric_table();

/// A metric as chosen: a row of the table, or a loss by its name.
class Metric {
 public:
  /// `accuracy`, `auc(curve=PR)`, `mse`. The option `name` is what it is called in logs and in the
  /// IR: a plain word, and none that means something else there (`loss`, `epoch`, `val_…`). Error,
  /// with the nearest name, for an unknown one, and for options that it does not take or whose value
  /// makes no sense. Rows count by their weights, where they have some, in a `weighted` one only.
  explicit Metric(std::string_view text, bool weighted = false);

  const std::string& name() const { return name_; }
  Better better() const { return row_ ? row_->better : Better::Less; }
  /// f32[], the mean over the step's rows, or f32[k], totals.
  ir::ValueId build(StepValues& v) const;
  bool is_mean() const { return !weighted_ && (!row_ || !row_->finish); }
  /// Whether it is another number in batches of another size.
  bool depends_on_batch() const { return !row_ && detail::depends_on_batch(loss_); }
  /// Adds a step's numbers, as many as `totals`, to them. Of one that is no mean.
  void fold(std::span<const float> step, std::span<double> totals) const;
  /// Of one that is no mean.
  double finish(std::span<const double> totals) const;

 private:
  std::string name_;
  bool weighted_;
  Options options_;
  const MetricRow* row_ = nullptr;
  Loss loss_;  ///< where there is no row
};

// The makers of totals, and what is made of them: metrics_counts.cpp.
ir::ValueId build_confusion(StepValues& v, const Options& options);
double finish_precision(std::span<const double> totals, const Options& options);
double finish_recall(std::span<const double> totals, const Options& options);
template <int Place>
double finish_count(std::span<const double> totals, const Options&) {
  return totals[Place];
}
void check_thresholds(const Options& options);
void check_f1(const Options& options);
void check_auc(const Options& options);
void check_r2(const Options& options);
void fold_r2(std::span<const float> step, std::span<double> totals);
ir::ValueId build_f1(StepValues& v, const Options& options);
double finish_f1(std::span<const double> totals, const Options& options);
ir::ValueId build_auc(StepValues& v, const Options& options);
double finish_auc(std::span<const double> totals, const Options& options);
ir::ValueId build_r2(StepValues& v, const Options& options);
double finish_r2(std::span<const double> totals, const Options& options);

}  // namespace lathe::detail
