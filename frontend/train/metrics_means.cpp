// Metrics that are means over the rows.
#include <algorithm>
#include <cmath>

#include "frontend/train/loss_words.h"
#include "frontend/train/metric_rows.h"
#include "ir/error.h"

namespace lathe::detail {

using ir::ValueId;
using namespace loss_words;

namespace {

/// Rows as numbers: 1 where `hit`, a bool, holds.
ValueId as_number(StepValues& v, ValueId hit) {
  return v.b.convert(hit, v.dtype());
}

/// x minus its mean over the last axis.
ValueId centered(StepValues& v, ValueId x) {
  return v.b.map("sub", {x, v.over_last("mean", x, true)});
}

/// The mean of a times b over the last axis.
ValueId mean_product(StepValues& v, ValueId a, ValueId b) {
  return v.over_last("mean", v.b.map("mul", {a, b}));
}

}  // namespace

ValueId right_class(StepValues& v, const Options&) {
  return as_number(v, v.b.map("equal", {v.b.argmax(v.pred), v.classes()}));
}

/// Of each element, whether it lies on its target's side of the threshold.
ValueId right_side(StepValues& v, const Options& options) {
  const E above = select(E::arg(0) > E(options.real("threshold", 0.5)), E(1.0), E(0.0));
  return as_number(v, v.b.map("equal", {v.b.map(above, {v.pred}), v.dense()}));
}

// Keras's rule, whatever the loss: of several units, the largest one must be the target's class; of
// one, it must be on the target's side of 0.5.
ValueId accuracy(StepValues& v, const Options& options) {
  return v.units() > 1 ? right_class(v, options) : right_side(v, options);
}

/// The target's class is among the k largest: fewer than k predictions are larger than its own.
ValueId among_top(StepValues& v, const Options& options) {
  ir::Builder& b = v.b;
  const ValueId one_hot = b.convert(b.one_hot(v.classes(), v.units()), v.dtype());
  const E of_class = select(E::arg(0) > E(0.0), E::arg(1), E(0.0));
  const ValueId own = b.reduce("sum", b.map(of_class, {one_hot, v.pred}), {-1}, true);
  // NaN is larger than anything, and of a row of NaN no class is among the largest.
  const E larger = select(E::arg(0) <= E::arg(1), E(0.0), E(1.0));
  const ValueId before = b.reduce("sum", b.map(larger, {v.pred, own}), {-1});
  const int64_t k = std::min(options.integer("k", 5), v.units());
  const E within = select(E::arg(0) < E(static_cast<double>(k)), E(1.0), E(0.0));
  return b.map(within, {before});
}

void check_k(const Options& options) {
  if (options.integer("k", 5) < 1) throw Error("k must be 1 or more");
}

void check_threshold(const Options& options) {
  if (!std::isfinite(options.real("threshold", 0.5))) throw Error("threshold must be finite");
}

// Keras's metric is the similarity, its loss the negative one.
ValueId cosine_similarity(StepValues& v, const Options&) {
  return v.b.map("neg", {build_row_losses("cosine_similarity", v)});
}

ValueId pearson_correlation(StepValues& v, const Options&) {
  const ValueId y = centered(v, v.dense()), p = centered(v, v.pred);
  return v.b.map(E::arg(0) / sqrt(E::arg(1) * E::arg(2)),
                 {mean_product(v, y, p), mean_product(v, y, y), mean_product(v, p, p)});
}

ValueId concordance_correlation(StepValues& v, const Options&) {
  const ValueId y = centered(v, v.dense()), p = centered(v, v.pred);
  const E apart = E::arg(3) - E::arg(4);
  return v.b.map(E(2.0) * E::arg(0) / (E::arg(1) + E::arg(2) + square(apart) + E(epsilon)),
                 {mean_product(v, y, p), mean_product(v, y, y), mean_product(v, p, p),
                  v.over_last("mean", v.dense()), v.over_last("mean", v.pred)});
}

ValueId predictions(StepValues& v, const Options&) {
  return v.pred;
}

ValueId sum_and_rows(StepValues& v, ValueId values) {
  const TensorType& type = v.b.type(values);
  if (type.rank() == 0 || !type.shape[0].is_batch()) throw Error(kNoRows);
  std::vector<int64_t> axes;
  for (int i = 1; i < type.rank(); ++i) axes.push_back(i);
  if (!axes.empty()) values = v.b.reduce("mean", values, axes);
  const ValueId sum = v.sum(v.weighted(values));
  return v.b.concat({v.b.reshape(sum, {Dim(1)}), v.b.reshape(v.rows(), {Dim(1)})}, 0);
}

}  // namespace lathe::detail
