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
#include "lathe/history.h"

namespace lathe::detail {

/// Of two values of a metric.
enum class Better { Unknown, Less, More };

/// How many numbers a metric has: one; one for each of its option `thresholds`, or for each unit of
/// the output, where those are several; or a square table.
enum class Numbers { One, Thresholds, Units, Table };

struct MetricRow {
  std::string_view name;
  Better better;
  std::vector<std::string> aliases;
  std::string_view formula;
  std::vector<OptionSpec> options;
  /// Without `finish` a number a row, [B, ...]; with it totals over the rows, [k] or [k, k].
  ir::ValueId (*build)(StepValues& v, const Options& options);
  /// The metric's numbers, from totals over all rows; null: one, the mean over all rows.
  std::vector<double> (*finish)(std::span<const double> totals, const Options& options);
  /// Error for values of options that make no sense; may be null.
  void (*check)(const Options& options) = nullptr;
  /// Null: One.
  Numbers (*numbers)(const Options& options) = nullptr;
  /// Adds a step's numbers to the totals, which begin as zeros; null: each to its own.
  void (*fold)(std::span<const float> step, std::span<double> totals) = nullptr;
  /// What options are by default where the metric is called by an alias.
  Options alias_options = {};
};

std::span<const MetricRow> metric_table();

/// A metric as chosen: a row of the table, or a loss by its name.
class Metric {
 public:
  /// `accuracy`, `auc(curve=PR)`, `mse`. The option `name` is what it is called in logs and in the
  /// IR: a plain word, and none that means something else there (`loss`, `epoch`, `val_…`). Error,
  /// with the nearest name, for an unknown one, and for options that it does not take or whose value
  /// makes no sense. Rows count by their weights, where they have some, in a `weighted` one only.
  /// `prefix` stands before the name, to tell the metrics of several outputs apart.
  explicit Metric(std::string_view text, bool weighted = false, const std::string& prefix = "");

  const std::string& name() const { return name_; }
  Better better() const { return row_ ? row_->better : Better::Less; }
  Numbers numbers() const { return row_ && row_->numbers ? row_->numbers(options_) : Numbers::One; }
  /// What its numbers are called in logs where the output has `units`: its name; of several
  /// `precision_0.2` (by threshold) or `f1_score_0` (by unit). A table has none.
  std::vector<std::string> number_names(int64_t units) const;
  /// The loss whose rules hold for its targets.
  const LossRow& target_rules() const;
  /// f32[], the mean over the step's rows, or f32[k] or f32[k, k], totals.
  ir::ValueId build(StepValues& v) const;
  bool is_mean() const { return !weighted_ && (!row_ || !row_->finish); }
  /// Whether it is another number in batches of another size.
  bool depends_on_batch() const { return !row_ && detail::depends_on_batch(loss_); }
  /// Adds a step's numbers, as many as `totals`, to them. Of one that is no mean.
  void fold(std::span<const float> step, std::span<double> totals) const;
  /// Its numbers; a table's row by row. Of one that is no mean.
  std::vector<double> finish(std::span<const double> totals) const;
  /// Adds its numbers to `logs`. Of one that is no mean.
  void report(std::span<const double> totals, Logs& logs) const;

 private:
  std::string name_;
  bool weighted_;
  Options options_;
  const MetricRow* row_ = nullptr;
  Loss loss_;  ///< where there is no row
};

}  // namespace lathe::detail
