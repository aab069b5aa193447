// Metrics made of sums of squares.
#include <cmath>

#include "frontend/base/table.h"
#include "frontend/train/loss_words.h"
#include "frontend/train/metric_rows.h"
#include "ir/error.h"

namespace lathe::detail {

using ir::ValueId;
using namespace loss_words;

ValueId build_rmse(StepValues& v, const Options&) {
  return sum_and_rows(v, build_row_losses("mse", v));
}

std::vector<double> finish_rmse(std::span<const double> totals, const Options&) {
  return {std::sqrt(ratio(totals[0], totals[1]))};
}

void check_r2(const Options& options) {
  check_one_of(options, "class_aggregation",
               {"uniform_average", "variance_weighted_average", "none"});
  if (options.integer("num_regressors", 0) < 0) throw Error("num_regressors must be 0 or more");
}

Numbers numbers_of_r2(const Options& options) {
  return options.word("class_aggregation") == "none" ? Numbers::Units : Numbers::One;
}

// Of each output: the mean of y, the sum of the squares of y - mean, and that of (y - p)^2; then the
// rows, weighted and not. Sums of y^2 would cancel where y is far from 0.
ValueId build_r2(StepValues& v, const Options&) {
  const ValueId y = with_columns(v, v.dense()), p = with_columns(v, v.pred);
  if (v.b.type(y).rank() != 2) throw Error("takes rows of numbers");
  const E a0 = E::arg(0), a1 = E::arg(1);
  const E quotient = select(equal(a1, E(0.0)), E(0.0), a0 / a1);
  const ValueId mean = v.b.map(quotient, {by_column(v, a0, {y}), v.rows()});
  std::vector<ValueId> parts = {mean};
  for (const ValueId other : {mean, p}) parts.push_back(by_column(v, square(a0 - a1), {y, other}));
  parts.push_back(v.b.reshape(v.rows(), {Dim(1)}));
  const ValueId rows = v.b.convert(v.b.batch_size(), v.dtype());
  parts.push_back(v.b.reshape(rows, {Dim(1)}));
  return v.b.concat(std::move(parts), 0);
}

// Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances",
// 1979.
void fold_r2(std::span<const float> step, std::span<double> totals) {
  const size_t n = (totals.size() - 2) / 3;
  const double before = totals[3 * n], rows = step[3 * n], after = before + rows;
  for (size_t i = 0; i < n; ++i) {
    const double apart = static_cast<double>(step[i]) - totals[i];
    totals[i] += ratio(apart * rows, after);
    totals[n + i] += static_cast<double>(step[n + i]) + ratio(apart * apart * before * rows, after);
    totals[2 * n + i] += static_cast<double>(step[2 * n + i]);
  }
  totals[3 * n] = after;
  totals[3 * n + 1] += static_cast<double>(step[3 * n + 1]);
}

std::vector<double> finish_r2(std::span<const double> totals, const Options& options) {
  const size_t n = (totals.size() - 2) / 3;
  const std::string aggregation = options.word("class_aggregation");
  std::vector<double> scores(n);
  double sum = 0, weighted = 0, variance = 0;
  for (size_t i = 0; i < n; ++i) {
    const double total = totals[n + i], left = totals[2 * n + i];
    scores[i] = total == 0 ? 0 : 1 - left / total;
    sum += scores[i];
    weighted += scores[i] * total;
    variance += total;
  }
  if (aggregation == "uniform_average") scores = {sum / static_cast<double>(n)};
  if (aggregation == "variance_weighted_average") scores = {ratio(weighted, variance)};
  // Keras counts elements as samples here.
  const double samples = totals.back() * static_cast<double>(n);
  const double regressors = static_cast<double>(options.integer("num_regressors", 0));
  if (regressors > 0 && samples > regressors + 1)
    for (double& r2 : scores) r2 = 1 - (1 - r2) * (samples - 1) / (samples - regressors - 1);
  return scores;
}

}  // namespace lathe::detail
