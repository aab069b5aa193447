// Metrics of what happens as a threshold moves: areas under curves, and the best point of one.
#include <algorithm>
#include <cmath>

#include "frontend/base/table.h"
#include "frontend/train/loss_words.h"
#include "frontend/train/metric_rows.h"
#include "ir/error.h"

namespace lathe::detail {

using ir::ValueId;
using namespace loss_words;

namespace {

void check_thresholds(int64_t thresholds) {
  if (thresholds < 2 || thresholds > 10'000)
    throw Error("num_thresholds must be 2 to 10000, not " + std::to_string(thresholds));
}

/// An expression over values.
struct Mapped {
  E expression;
  std::vector<ValueId> values;
};

/// The last of so many even thresholds over 0 ... 1 that p is above; -1 where it is above none.
Mapped last_below(StepValues& v, ValueId p, int64_t thresholds) {
  ir::Builder& b = v.b;
  const double last = static_cast<double>(thresholds - 1);
  const ValueId scaled = b.map(clip(E::arg(0), 0, 1) * E(last), {p});
  // Rounded towards zero by the conversion, then up where that took something off.
  const ValueId whole = b.convert(b.convert(scaled, DType::I32), v.dtype());
  return {select(E::arg(0) > E::arg(1), E::arg(1), E::arg(1) - E(1.0)), {scaled, whole}};
}

/// How many of these thresholds p is above.
Mapped count_below(ValueId p, const std::vector<double>& thresholds) {
  E below(0.0);
  for (double t : thresholds) below = below + select(E::arg(0) > E(t), E(1.0), E(0.0));
  return {below, {p}};
}

/// The buckets of each unit's elements, i32[B]: those with a target `y` behind the `buckets` of those
/// without one.
std::vector<ValueId> bucket_columns(StepValues& v, const Mapped& bucket, ValueId y,
                                    int64_t buckets) {
  ir::Builder& b = v.b;
  std::vector<ValueId> values = bucket.values;
  values.push_back(y);
  const E target = E::arg(static_cast<int>(values.size()) - 1);
  const E placed = bucket.expression + select(no_target(target), E(0.0), E(double(buckets)));
  const ValueId places = with_columns(v, b.convert(b.map(placed, values), DType::I32));
  if (b.type(places).rank() != 2) throw Error("takes rows of numbers");
  std::vector<ValueId> columns;
  for (int64_t unit = 0; unit < b.type(places).shape[1].size(); ++unit)
    columns.push_back(b.reshape(b.slice(places, 1, unit, 1), {Dim::batch()}));
  return columns;
}

/// How many elements lie in each bucket: [2 buckets].
ValueId count(StepValues& v, ValueId column, int64_t buckets) {
  const ValueId hot = v.b.convert(v.b.one_hot(column, 2 * buckets), v.dtype());
  return by_column(v, E::arg(0), {hot});
}

/// `counts` plus `more`; these alone where there are none yet.
ValueId added(StepValues& v, ValueId counts, ValueId more) {
  return counts == ir::kNone ? more : v.b.map("add", {counts, more});
}

/// How many thresholds an area has: even ones, or those that are given and, as in Keras, one below
/// and one above all predictions.
int64_t threshold_count(const Options& options) {
  const std::vector<double> given = options.reals("thresholds");
  return given.empty() ? options.integer("num_thresholds", 200)
                       : static_cast<int64_t>(given.size()) + 2;
}

void check_labels(const Options& options, int64_t units) {
  const int64_t labels = options.integer("num_labels", 0);
  const auto weights = static_cast<int64_t>(options.reals("label_weights").size());
  if (labels != 0 && labels != units)
    throw Error("num_labels is " + std::to_string(labels) + ", but the output has " +
                std::to_string(units) + " units");
  if (weights != 0 && weights != units)
    throw Error("label_weights are " + std::to_string(weights) + ", but the output has " +
                std::to_string(units) + " units");
}

/// Of each threshold, elements with and without a target that lie above it.
struct Above {
  std::vector<double> tp, fp;
  double positives = 0, negatives = 0;
  size_t size() const { return tp.size(); }
};

/// `totals`: of each bucket, elements without a target, then those with one; threshold i has the
/// buckets from i + `shift` on above it.
Above above_thresholds(std::span<const double> totals, size_t shift) {
  const size_t n = totals.size() / 2;
  Above above{std::vector<double>(n), std::vector<double>(n)};
  for (size_t i = n; i-- > 0;) {
    const bool any = i + shift < n;
    above.fp[i] = (any ? totals[i + shift] : 0) + (i + 1 < n ? above.fp[i + 1] : 0);
    above.tp[i] = (any ? totals[n + i + shift] : 0) + (i + 1 < n ? above.tp[i + 1] : 0);
  }
  for (size_t i = 0; i < n; ++i) above.negatives += totals[i], above.positives += totals[n + i];
  return above;
}

/// Davis and Goadrich, "The relationship between precision-recall and ROC curves", 2006.
double interpolated_pr_area(const Above& a) {
  double area = 0;
  for (size_t i = 0; i + 1 < a.size(); ++i) {
    const double dtp = a.tp[i] - a.tp[i + 1];
    const double p = a.tp[i] + a.fp[i], next = a.tp[i + 1] + a.fp[i + 1];
    const double slope = ratio(dtp, std::max(p - next, 0.0));
    const double intercept = a.tp[i + 1] - slope * next;
    const double safe = p > 0 && next > 0 ? ratio(p, std::max(next, 0.0)) : 1;
    area += ratio(slope * (dtp + intercept * std::log(safe)), std::max(a.positives, 0.0));
  }
  return area;
}

struct Point {
  double x, y;
};

Point point_of(const Above& a, size_t i, const std::string& curve) {
  const double recall = ratio(a.tp[i], a.positives);
  if (curve == "ROC") return {ratio(a.fp[i], a.negatives), recall};
  if (curve == "PR") return {recall, ratio(a.tp[i], a.tp[i] + a.fp[i])};
  // Flach and Kull, "Precision-recall-gain curves: PR analysis done right", 2015; as Keras bounds it.
  if (a.tp[i] == 0) return {0, 1};
  const double scale = ratio(a.positives, a.negatives);
  return {std::max(0.0, 1 - scale * ratio(a.positives - a.tp[i], a.tp[i])),
          1 - scale * ratio(a.fp[i], a.tp[i])};
}

double area_of(std::span<const double> totals, const Options& options) {
  const Above above = above_thresholds(totals, 0);
  const std::string curve = options.word("curve"), method = options.word("summation_method");
  if (curve == "PR" && method == "interpolation") return interpolated_pr_area(above);
  double area = 0;
  for (size_t i = 0; i + 1 < above.size(); ++i) {
    const Point here = point_of(above, i, curve), next = point_of(above, i + 1, curve);
    const double height = method == "minoring"   ? std::min(here.y, next.y)
                          : method == "majoring" ? std::max(here.y, next.y)
                                                 : (here.y + next.y) / 2;
    area += (here.x - next.x) * height;
  }
  return area;
}

}  // namespace

void check_auc(const Options& options) {
  check_thresholds(options.integer("num_thresholds", 200));
  check_one_of(options, "curve", {"ROC", "PR", "PRGAIN"});
  check_one_of(options, "summation_method", {"interpolation", "minoring", "majoring"});
  const std::vector<double> given = options.reals("thresholds");
  check_count(given);
  for (double t : given)
    if (!(t >= 0 && t <= 1)) throw Error("thresholds must be 0 to 1");
  for (double w : options.reals("label_weights"))
    if (!(w >= 0 && std::isfinite(w))) throw Error("label_weights must be finite, 0 or more");
  if (options.integer("num_labels", 0) < 0) throw Error("num_labels must be 1 or more");
  if (options.integer("num_labels", 0) > 0 && !options.flag("multi_label"))
    throw Error("num_labels is of multi_label=true only");
}

// Of all units together, or, with multi_label, of each.
ValueId build_auc(StepValues& v, const Options& options) {
  check_labels(options, v.units());
  ir::Builder& b = v.b;
  const ValueId p = options.flag("from_logits") ? b.map("sigmoid", {v.pred}) : v.pred;
  const int64_t thresholds = threshold_count(options);
  Mapped bucket = options.reals("thresholds").empty() ? last_below(v, p, thresholds)
                                                      : count_below(p, options.reals("thresholds"));
  // What is above no threshold is above the first one: Keras's lies a little below 0.
  bucket.expression = max(bucket.expression, E(0.0));
  std::vector<ValueId> columns = bucket_columns(v, bucket, v.dense(), thresholds);
  const bool each = options.flag("multi_label");
  const std::vector<double> weights = options.reals("label_weights");
  ValueId all = ir::kNone;
  for (size_t unit = 0; unit < columns.size(); ++unit) {
    ValueId& column = columns[unit];
    column = count(v, column, thresholds);
    if (each) continue;
    if (!weights.empty()) column = b.map(E::arg(0) * E(weights[unit]), {column});
    all = added(v, all, column);
  }
  return each ? b.concat(std::move(columns), 0) : all;
}

std::vector<double> finish_auc(std::span<const double> totals, const Options& options) {
  if (!options.flag("multi_label")) return {area_of(totals, options)};
  const size_t each = 2 * static_cast<size_t>(threshold_count(options));
  const std::vector<double> weights = options.reals("label_weights");
  double sum = 0, all = 0;
  for (size_t label = 0; label < totals.size() / each; ++label) {
    const double weight = weights.empty() ? 1 : weights[label];
    sum += weight * area_of(totals.subspan(label * each, each), options);
    all += weight;
  }
  return {ratio(sum, all)};
}

void check_curve(const Options& options) {
  check_thresholds(options.integer("num_thresholds", 200));
  check_class_id(options);
  for (const char* bound : {"specificity", "sensitivity", "recall", "precision"}) {
    const double value = options.real(bound, 0);
    if (!(value >= 0 && value <= 1)) throw Error(std::string(bound) + " must be 0 to 1");
  }
}

// Bucket i has what is above i thresholds.
ValueId build_curve(StepValues& v, const Options& options) {
  const int64_t thresholds = options.integer("num_thresholds", 200);
  const ValueId y = of_class(v, v.dense(), options), p = of_class(v, v.pred, options);
  Mapped bucket = last_below(v, p, thresholds);
  bucket.expression = bucket.expression + E(1.0);
  ValueId all = ir::kNone;
  for (ValueId column : bucket_columns(v, bucket, y, thresholds))
    all = added(v, all, count(v, column, thresholds));
  return all;
}

namespace {

/// The largest of one share among the thresholds at which another one is `least` or more; 0 where it
/// never is.
template <class Share, class Bound>
std::vector<double> best_point(std::span<const double> totals, double least, Share share,
                               Bound bound) {
  const Above above = above_thresholds(totals, 1);
  double best = 0;
  for (size_t i = 0; i < above.size(); ++i)
    if (bound(above, i) >= least) best = std::max(best, share(above, i));
  return {best};
}

double recall(const Above& a, size_t i) {
  return ratio(a.tp[i], a.positives);
}
double specificity(const Above& a, size_t i) {
  return ratio(a.negatives - a.fp[i], a.negatives);
}
double precision(const Above& a, size_t i) {
  return ratio(a.tp[i], a.tp[i] + a.fp[i]);
}

}  // namespace

std::vector<double> finish_sensitivity(std::span<const double> totals, const Options& options) {
  return best_point(totals, options.real("specificity", 0), recall, specificity);
}

std::vector<double> finish_specificity(std::span<const double> totals, const Options& options) {
  return best_point(totals, options.real("sensitivity", 0), specificity, recall);
}

std::vector<double> finish_best_precision(std::span<const double> totals, const Options& options) {
  return best_point(totals, options.real("recall", 0), precision, recall);
}

std::vector<double> finish_best_recall(std::span<const double> totals, const Options& options) {
  return best_point(totals, options.real("precision", 0), recall, precision);
}

}  // namespace lathe::detail
