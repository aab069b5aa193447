// Metrics made of counts, as Keras makes them: precision, recall, F scores, the confusion matrix.
#include <algorithm>
#include <cmath>

#include "frontend/base/table.h"
#include "frontend/train/loss_words.h"
#include "frontend/train/metric_rows.h"
#include "ir/error.h"
#include "ir/text_number.h"

namespace lathe::detail {

using ir::ValueId;
using namespace loss_words;

namespace {

const E kYes(1.0), kNo(0.0);
constexpr double kBelowAll = -1e10;  ///< Keras's prediction of what is not among the top k

/// Sums of expressions over `values`, one behind the other.
void add_sums(StepValues& v, const std::vector<E>& parts, const std::vector<ValueId>& values,
              std::vector<ValueId>& sums) {
  for (const E& part : parts)
    sums.push_back(v.b.reshape(v.sum(v.weighted(v.b.map(part, values))), {Dim(1)}));
}

/// The predictions, but kBelowAll where they are not among the k largest of their row; of equal ones
/// the first are.
ValueId of_top(StepValues& v, int64_t k) {
  if (k == 0 || k >= v.units()) return v.pred;
  ir::Builder& b = v.b;
  const E taken = E::arg(0) > E(0.0);
  ValueId left = v.pred, top = ir::kNone;
  for (int64_t i = 0; i < k; ++i) {
    if (i > 0) left = b.map(select(taken, E(-3e38), E::arg(1)), {top, left});
    const ValueId largest = b.convert(b.one_hot(b.argmax(left), v.units()), v.dtype());
    top = i == 0 ? largest : b.map("add", {top, largest});
  }
  return b.map(select(taken, E::arg(1), E(kBelowAll)), {top, v.pred});
}

std::vector<double> thresholds_of(const Options& options) {
  const std::vector<double> given = options.reals("thresholds");
  if (!given.empty()) return given;
  return {options.integer("top_k", 0) > 0 ? kBelowAll : 0.5};
}

}  // namespace

ValueId of_class(StepValues& v, ValueId x, const Options& options) {
  const int64_t id = options.integer("class_id", -1);
  if (id == -1) return x;
  if (id < 0 || id >= v.units())
    throw Error("class_id must be 0 to " + std::to_string(v.units() - 1) + ", not " +
                std::to_string(id));
  return v.b.slice(x, v.b.type(x).rank() - 1, id, 1);
}

ValueId by_column(StepValues& v, const E& e, const std::vector<ValueId>& values) {
  const ValueId x = v.weighted(v.b.map(e, values));
  std::vector<int64_t> axes;
  for (int i = 0; i + 1 < v.b.type(x).rank(); ++i) axes.push_back(i);
  return v.b.reduce("sum", x, axes);
}

ValueId with_columns(StepValues& v, ValueId x) {
  return v.b.type(x).rank() > 1 ? x : v.b.reshape(x, {Dim::batch(), Dim(1)});
}

void check_count(const std::vector<double>& thresholds) {
  if (static_cast<int64_t>(thresholds.size()) > kMostThresholds)
    throw Error("thresholds are " + std::to_string(thresholds.size()) + ", expected at most " +
                std::to_string(kMostThresholds));
}

void check_class_id(const Options& options) {
  if (options.integer("class_id", -1) < -1) throw Error("class_id must be a class, or -1 for all");
}

void check_counts(const Options& options) {
  std::vector<double> thresholds = options.reals("thresholds");
  for (double t : thresholds)
    if (!std::isfinite(t)) throw Error("thresholds must be finite");
  check_count(thresholds);
  std::sort(thresholds.begin(), thresholds.end());
  const auto twice = std::adjacent_find(thresholds.begin(), thresholds.end());
  if (twice != thresholds.end())
    throw Error("thresholds names " + ir::number_to_text(*twice, false) + " twice");
  check_class_id(options);
  const int64_t k = options.integer("top_k", 0);
  if (k < 0 || k > kMostThresholds)
    throw Error("top_k must be 1 to " + std::to_string(kMostThresholds) + ", or 0 for all");
}

Numbers numbers_of_counts(const Options& options) {
  return options.reals("thresholds").size() > 1 ? Numbers::Thresholds : Numbers::One;
}

// tp, fp, fn, tn of each threshold.
ValueId build_counts(StepValues& v, const Options& options) {
  const ValueId y = of_class(v, v.dense(), options);
  const ValueId p = of_class(v, of_top(v, options.integer("top_k", 0)), options);
  std::vector<ValueId> counts;
  for (double threshold : thresholds_of(options)) {
    const E no = no_target(E::arg(0)), above = E::arg(1) > E(threshold);
    add_sums(v,
             {select(no, kNo, select(above, kYes, kNo)), select(no, select(above, kYes, kNo), kNo),
              select(no, kNo, select(above, kNo, kYes)), select(no, select(above, kNo, kYes), kNo)},
             {y, p}, counts);
  }
  return v.b.concat(std::move(counts), 0);
}

std::vector<double> finish_precision(std::span<const double> totals, const Options&) {
  return each_threshold(totals, [](auto t) { return ratio(t[0], t[0] + t[1]); });
}

std::vector<double> finish_recall(std::span<const double> totals, const Options&) {
  return each_threshold(totals, [](auto t) { return ratio(t[0], t[0] + t[2]); });
}

void check_f_score(const Options& options) {
  check_one_of(options, "average", {"macro", "micro", "weighted", "none"});
  if (!std::isfinite(options.real("threshold", -1))) throw Error("threshold must be finite");
  const double beta = options.real("beta", 1);
  if (!(beta > 0 && beta <= 1e6)) throw Error("beta must be above 0");
}

Numbers numbers_of_f_score(const Options& options) {
  return options.word("average") == "none" ? Numbers::Units : Numbers::One;
}

// tp, fp and fn of each class.
ValueId build_f_score(StepValues& v, const Options& options) {
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

std::vector<double> finish_f_score(std::span<const double> totals, const Options& options) {
  const size_t n = totals.size() / 3;
  const std::string average = options.word("average");
  const double beta = options.real("beta", 1), b2 = beta * beta;
  const auto score = [&](double tp, double fp, double fn) {
    const double precision = tp / (tp + fp + epsilon), recall = tp / (tp + fn + epsilon);
    return (1 + b2) * precision * recall / (b2 * precision + recall + epsilon);
  };
  std::vector<double> scores(n);
  double tp = 0, fp = 0, fn = 0, sum = 0, weighted = 0, targets = 0;
  for (size_t i = 0; i < n; ++i) {
    const double a = totals[i], b = totals[n + i], c = totals[2 * n + i];
    tp += a, fp += b, fn += c;
    scores[i] = score(a, b, c);
    sum += scores[i];
    weighted += scores[i] * (a + c);
    targets += a + c;
  }
  if (average == "none") return scores;
  if (average == "micro") return {score(tp, fp, fn)};
  return {average == "macro" ? sum / static_cast<double>(n) : ratio(weighted, targets)};
}

// [classes, classes]: a row a true class, a column a predicted one.
ValueId build_confusion_matrix(StepValues& v, const Options& options) {
  ir::Builder& b = v.b;
  if (b.type(v.pred).rank() > 2) throw Error("takes rows of numbers");
  const int64_t classes = std::max<int64_t>(v.units(), 2);
  const auto hot = [&](ValueId places) { return b.convert(b.one_hot(places, classes), v.dtype()); };
  const auto of_one = [&](const E& is_one, ValueId x) {
    const ValueId places = b.convert(b.map(select(is_one, kYes, kNo), {x}), DType::I32);
    return b.reshape(places, {Dim::batch()});
  };
  const bool one = v.units() == 1;
  const ValueId truth = one ? of_one(E::arg(0) > E(0.5), v.dense()) : v.classes();
  const ValueId guess =
      one ? of_one(E::arg(0) > E(options.real("threshold", 0.5)), v.pred) : b.argmax(v.pred);
  const ValueId of_truth = v.weighted(hot(truth));  // here: arguments have no order
  return b.matmul(of_truth, hot(guess), /*transpose_a=*/true);
}

std::vector<double> finish_confusion_matrix(std::span<const double> totals, const Options&) {
  return {totals.begin(), totals.end()};
}

}  // namespace lathe::detail
