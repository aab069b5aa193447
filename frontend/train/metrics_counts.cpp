// Metrics that are no means: counts, and areas and ratios made of them, as Keras computes them.
#include <algorithm>
#include <cmath>

#include "frontend/base/table.h"
#include "frontend/train/loss_words.h"
#include "frontend/train/metrics.h"
#include "ir/error.h"

namespace lathe::detail {

using ir::ValueId;
using namespace loss_words;

namespace {

const E kYes(1.0), kNo(0.0);

E no_target(const E& y) {
  return equal(y, E(0.0));
}

double ratio(double a, double b) {
  return b == 0 ? 0 : a / b;
}

/// Sums of expressions over `values`, all in one vector.
ValueId sums(StepValues& v, const std::vector<E>& parts, const std::vector<ValueId>& values) {
  std::vector<ValueId> all;
  for (const E& part : parts)
    all.push_back(v.b.reshape(v.sum(v.weighted(v.b.map(part, values))), {Dim(1)}));
  return v.b.concat(std::move(all), 0);
}

/// x, [B, ..., units], as [B, ..., units] or, of a class, [B, ..., 1].
ValueId of_class(StepValues& v, ValueId x, const Options& options) {
  const int64_t id = options.integer("class_id", -1);
  if (id == -1) return x;
  if (id < 0 || id >= v.units())
    throw Error("class_id must be 0 to " + std::to_string(v.units() - 1) + ", not " +
                std::to_string(id));
  return v.b.slice(x, v.b.type(x).rank() - 1, id, 1);
}

/// Sums over all but the last axis: [units].
ValueId by_column(StepValues& v, const E& e, const std::vector<ValueId>& values) {
  const ValueId x = v.weighted(v.b.map(e, values));
  std::vector<int64_t> axes;
  for (int i = 0; i + 1 < v.b.type(x).rank(); ++i) axes.push_back(i);
  return v.b.reduce("sum", x, axes);
}

/// [B] as [B, 1].
ValueId with_columns(StepValues& v, ValueId x) {
  return v.b.type(x).rank() > 1 ? x : v.b.reshape(x, {Dim::batch(), Dim(1)});
}

}  // namespace

void check_thresholds(const Options& options) {
  if (!std::isfinite(options.real("thresholds", 0.5))) throw Error("thresholds must be finite");
  if (options.integer("class_id", -1) < -1) throw Error("class_id must be a class, or -1 for all");
}

// tp, fp, fn, tn.
ValueId build_confusion(StepValues& v, const Options& options) {
  const ValueId y = of_class(v, v.dense(), options), p = of_class(v, v.pred, options);
  const E no = no_target(E::arg(0)), above = E::arg(1) > E(options.real("thresholds", 0.5));
  return sums(
      v,
      {select(no, kNo, select(above, kYes, kNo)), select(no, select(above, kYes, kNo), kNo),
       select(no, kNo, select(above, kNo, kYes)), select(no, select(above, kNo, kYes), kNo)},
      {y, p});
}

double finish_precision(std::span<const double> t, const Options&) {
  return ratio(t[0], t[0] + t[1]);
}

double finish_recall(std::span<const double> t, const Options&) {
  return ratio(t[0], t[0] + t[2]);
}

void check_f1(const Options& options) {
  check_one_of(options, "average", {"macro", "micro", "weighted"});
  if (!std::isfinite(options.real("threshold", -1))) throw Error("threshold must be finite");
}

// tp, fp and fn of each class.
ValueId build_f1(StepValues& v, const Options& options) {
  const double threshold = options.real("threshold", -1);
  const ValueId y = with_columns(v, v.dense()), p = with_columns(v, v.pred);
  const ValueId largest = v.b.reduce("max", p, {-1}, true);
  const E x = E::arg(1);
  const E hit = threshold < 0 ? select(x < E::arg(2), kNo, select(abs(x) > E(1e-9), kYes, kNo))
                              : select(x > E(threshold), kYes, kNo);
  const E t = E::arg(0);
  std::vector<ValueId> parts;
  for (const E& e : {t * hit, (E(1.0) - t) * hit, t * (E(1.0) - hit)})
    parts.push_back(by_column(v, e, {y, p, largest}));
  return v.b.concat(std::move(parts), 0);
}

double finish_f1(std::span<const double> totals, const Options& options) {
  constexpr double kEpsilon = 1e-7;  // keras.config.epsilon()
  const size_t n = totals.size() / 3;
  const std::string average = options.word("average");
  const auto f1 = [&](double tp, double fp, double fn) {
    const double precision = tp / (tp + fp + kEpsilon), recall = tp / (tp + fn + kEpsilon);
    return 2 * precision * recall / (precision + recall + kEpsilon);
  };
  double tp = 0, fp = 0, fn = 0, sum = 0, weighted = 0, targets = 0;
  for (size_t i = 0; i < n; ++i) {
    const double a = totals[i], b = totals[n + i], c = totals[2 * n + i];
    tp += a, fp += b, fn += c;
    sum += f1(a, b, c);
    weighted += f1(a, b, c) * (a + c);
    targets += a + c;
  }
  if (average == "micro") return f1(tp, fp, fn);
  return average == "macro" ? sum / static_cast<double>(n) : ratio(weighted, targets);
}

void check_auc(const Options& options) {
  const int64_t thresholds = options.integer("num_thresholds", 200);
  if (thresholds < 2 || thresholds > 10'000)
    throw Error("num_thresholds must be 2 to 10000, not " + std::to_string(thresholds));
  check_one_of(options, "curve", {"ROC", "PR"});
  check_one_of(options, "summation_method", {"interpolation", "minoring", "majoring"});
}

// How many elements have their prediction between two thresholds: without a target, then with one.
ValueId build_auc(StepValues& v, const Options& options) {
  const int64_t thresholds = options.integer("num_thresholds", 200);
  ir::Builder& b = v.b;
  const ValueId p = options.flag("from_logits") ? b.map("sigmoid", {v.pred}) : v.pred;
  // Rounded towards zero by the conversion, then up where that took something off.
  const double last = static_cast<double>(thresholds - 1);
  const ValueId scaled = b.map(clip(E::arg(0), 0, 1) * E(last), {p});
  const ValueId whole = b.convert(b.convert(scaled, DType::I32), v.dtype());
  const E up = select(E::arg(0) > E::arg(1), E::arg(1), E::arg(1) - E(1.0));
  const E bucket = max(up, E(0.0));
  const E placed = bucket + select(no_target(E::arg(2)), E(0.0), E(double(thresholds)));
  const ValueId places =
      with_columns(v, b.convert(b.map(placed, {scaled, whole, v.dense()}), DType::I32));
  if (b.type(places).rank() != 2) throw Error("takes rows of numbers");
  std::vector<ValueId> columns;
  for (int64_t unit = 0; unit < b.type(places).shape[1].size(); ++unit)
    columns.push_back(b.reshape(b.slice(places, 1, unit, 1), {Dim::batch()}));
  ValueId counts = ir::kNone;
  for (ValueId column : columns) {
    const ValueId hot = b.convert(b.one_hot(column, 2 * thresholds), v.dtype());
    const ValueId sum = by_column(v, E::arg(0), {hot});
    counts = counts == ir::kNone ? sum : b.map("add", {counts, sum});
  }
  return counts;
}

double finish_auc(std::span<const double> totals, const Options& options) {
  const size_t n = totals.size() / 2;
  const bool roc = options.word("curve") == "ROC";
  const std::string method = options.word("summation_method");
  // At each threshold: what lies in its bucket or above.
  std::vector<double> tp(n), fp(n);
  for (size_t i = n; i-- > 0;) {
    fp[i] = totals[i] + (i + 1 < n ? fp[i + 1] : 0);
    tp[i] = totals[n + i] + (i + 1 < n ? tp[i + 1] : 0);
  }
  const double positives = tp[0], negatives = fp[0];
  double area = 0;
  if (!roc && method == "interpolation") {  // Davis and Goadrich, 2006
    for (size_t i = 0; i + 1 < n; ++i) {
      const double dtp = tp[i] - tp[i + 1], p = tp[i] + fp[i], next = tp[i + 1] + fp[i + 1];
      const double slope = ratio(dtp, std::max(p - next, 0.0));
      const double intercept = tp[i + 1] - slope * next;
      const double safe = p > 0 && next > 0 ? ratio(p, std::max(next, 0.0)) : 1;
      area += ratio(slope * (dtp + intercept * std::log(safe)), std::max(positives, 0.0));
    }
    return area;
  }
  const auto x = [&](size_t i) { return roc ? ratio(fp[i], negatives) : ratio(tp[i], positives); };
  const auto y = [&](size_t i) {
    return roc ? ratio(tp[i], positives) : ratio(tp[i], tp[i] + fp[i]);
  };
  for (size_t i = 0; i + 1 < n; ++i) {
    const double height = method == "minoring"   ? std::min(y(i), y(i + 1))
                          : method == "majoring" ? std::max(y(i), y(i + 1))
                                                 : (y(i) + y(i + 1)) / 2;
    area += (x(i) - x(i + 1)) * height;
  }
  return area;
}

void check_r2(const Options& options) {
  check_one_of(options, "class_aggregation", {"uniform_average", "variance_weighted_average"});
  if (options.integer("num_regressors", 0) < 0) throw Error("num_regressors must be 0 or more");
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

double finish_r2(std::span<const double> totals, const Options& options) {
  const size_t n = (totals.size() - 2) / 3;
  double sum = 0, weighted = 0, variance = 0;
  for (size_t i = 0; i < n; ++i) {
    const double total = totals[n + i], left = totals[2 * n + i];
    const double score = total == 0 ? 0 : 1 - left / total;
    sum += score;
    weighted += score * total;
    variance += total;
  }
  double r2 = options.word("class_aggregation") == "uniform_average" ? sum / static_cast<double>(n)
                                                                     : ratio(weighted, variance);
  // Keras counts elements as samples here.
  const double samples = totals.back() * static_cast<double>(n);
  const double regressors = static_cast<double>(options.integer("num_regressors", 0));
  if (regressors > 0 && samples > regressors + 1)
    r2 = 1 - (1 - r2) * (samples - 1) / (samples - regressors - 1);
  return r2;
}

}  // namespace lathe::detail
