// What the rows of the table of metrics are made of (metric_table.cpp): `build_…` makes a step's
// numbers, `finish_…` the metric's from their totals, `check_…` looks at options.
#pragma once

#include "frontend/train/metrics.h"
#include "ir/scalar_expr.h"

namespace lathe::detail {

/// Why a metric can't be weighted, behind its name.
inline constexpr const char* kNoRows =
    "is one number for all rows, which have no weights in it: name it in metrics";

// Numbers a row: metrics_means.cpp.
ir::ValueId accuracy(StepValues& v, const Options& options);
ir::ValueId right_class(StepValues& v, const Options& options);
ir::ValueId right_side(StepValues& v, const Options& options);
ir::ValueId among_top(StepValues& v, const Options& options);
ir::ValueId cosine_similarity(StepValues& v, const Options& options);
ir::ValueId pearson_correlation(StepValues& v, const Options& options);
ir::ValueId concordance_correlation(StepValues& v, const Options& options);
ir::ValueId predictions(StepValues& v, const Options& options);
void check_k(const Options& options);
void check_threshold(const Options& options);
/// The sum over the rows of the means of `values`, [B, ...], in each, and how many rows those are;
/// both weighted: [2]. Error where `values` has no rows.
ir::ValueId sum_and_rows(StepValues& v, ir::ValueId values);

// Counts: metrics_counts.cpp.
ir::ValueId build_counts(StepValues& v, const Options& options);
std::vector<double> finish_precision(std::span<const double> totals, const Options& options);
std::vector<double> finish_recall(std::span<const double> totals, const Options& options);
/// tp, fp, fn and tn: of each threshold one behind the other.
inline constexpr size_t kCounts = 4;
/// What `number` makes of the counts of each threshold.
template <class F>
std::vector<double> each_threshold(std::span<const double> totals, F number) {
  std::vector<double> all;
  for (auto t = totals; !t.empty(); t = t.subspan(kCounts)) all.push_back(number(t));
  return all;
}
template <size_t Place>
std::vector<double> finish_counts(std::span<const double> totals, const Options&) {
  return each_threshold(totals, [](auto t) { return t[Place]; });
}
void check_counts(const Options& options);
Numbers numbers_of_counts(const Options& options);
ir::ValueId build_f_score(StepValues& v, const Options& options);
std::vector<double> finish_f_score(std::span<const double> totals, const Options& options);
void check_f_score(const Options& options);
Numbers numbers_of_f_score(const Options& options);
ir::ValueId build_confusion_matrix(StepValues& v, const Options& options);
std::vector<double> finish_confusion_matrix(std::span<const double> totals, const Options& options);

// What lies on a curve over thresholds: metrics_curves.cpp.
ir::ValueId build_auc(StepValues& v, const Options& options);
std::vector<double> finish_auc(std::span<const double> totals, const Options& options);
void check_auc(const Options& options);
ir::ValueId build_curve(StepValues& v, const Options& options);
std::vector<double> finish_sensitivity(std::span<const double> totals, const Options& options);
std::vector<double> finish_specificity(std::span<const double> totals, const Options& options);
std::vector<double> finish_best_precision(std::span<const double> totals, const Options& options);
std::vector<double> finish_best_recall(std::span<const double> totals, const Options& options);
void check_curve(const Options& options);

// Squares: metrics_squares.cpp.
ir::ValueId build_rmse(StepValues& v, const Options& options);
std::vector<double> finish_rmse(std::span<const double> totals, const Options& options);
ir::ValueId build_r2(StepValues& v, const Options& options);
std::vector<double> finish_r2(std::span<const double> totals, const Options& options);
void fold_r2(std::span<const float> step, std::span<double> totals);
void check_r2(const Options& options);
Numbers numbers_of_r2(const Options& options);

/// a / b, or 0 where b is 0.
inline double ratio(double a, double b) {
  return b == 0 ? 0 : a / b;
}
/// 1 where a target counts as none.
inline ir::ScalarExpr no_target(const ir::ScalarExpr& y) {
  return ir::scalar_dsl::equal(y, ir::ScalarExpr(0.0));
}
/// How many thresholds may be given.
inline constexpr int64_t kMostThresholds = 100;
/// Error for more `thresholds` than those.
void check_count(const std::vector<double>& thresholds);
/// Error for a class_id below -1, which stands for all.
void check_class_id(const Options& options);
/// x, [B, ..., units], or [B, ..., 1] of the class that the option class_id names.
ir::ValueId of_class(StepValues& v, ir::ValueId x, const Options& options);
/// Sums over all but the last axis, weighted: [units].
ir::ValueId by_column(StepValues& v, const ir::ScalarExpr& e,
                      const std::vector<ir::ValueId>& values);
/// [B] as [B, 1].
ir::ValueId with_columns(StepValues& v, ir::ValueId x);

}  // namespace lathe::detail
