#include "frontend/train/metrics.h"

#include <algorithm>
#include <cmath>

#include "frontend/base/table.h"
#include "frontend/train/loss_words.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

using ir::ValueId;
using namespace loss_words;

/// Rows as numbers: 1 where `hit`, a bool, holds.
ValueId as_number(StepValues& v, ValueId hit) {
  return v.b.convert(hit, v.dtype());
}

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

/// The sum over the rows of the means of `values`, [B, ...], in each, and how many rows those are;
/// both weighted.
ValueId sum_and_rows(StepValues& v, ValueId values) {
  std::vector<int64_t> axes;
  for (int i = 1; i < v.b.type(values).rank(); ++i) axes.push_back(i);
  if (!axes.empty()) values = v.b.reduce("mean", values, axes);
  const ValueId sum = v.sum(v.weighted(values));
  return v.b.concat({v.b.reshape(sum, {Dim(1)}), v.b.reshape(v.rows(), {Dim(1)})}, 0);
}

ValueId build_rmse(StepValues& v, const Options&) {
  return sum_and_rows(v, build_row_losses("mse", v));
}

double finish_rmse(std::span<const double> totals, const Options&) {
  return std::sqrt(totals[0] / totals[1]);
}

// Keras's metric is the similarity, its loss the negative one.
ValueId cosine_similarity(StepValues& v, const Options&) {
  return v.b.map("neg", {build_row_losses("cosine_similarity", v)});
}

std::vector<OptionSpec> specs(std::string_view text) {
  std::vector<OptionSpec> all = parse_option_specs(text);
  all.push_back({"name", "word", ir::Attr(std::string())});
  return all;
}

Loss without_reduction(Spec spec) {
  spec.options.erase("reduction");
  return Loss(to_string(spec));
}

[[noreturn]] void unknown(std::string_view name) {
  const auto both = [](std::vector<std::string> a, const std::vector<std::string>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  const auto names = both(row_names(metric_table()), row_names(loss_table()));
  const auto listed = both(first_names(metric_table()), first_names(loss_table()));
  throw Error(unknown_name("metric", name, names, listed));
}

}  // namespace

std::span<const MetricRow> metric_table() {
  static const std::vector<MetricRow> table = {
      {"accuracy",
       Better::More,
       {"acc"},
       "share of rows with the right class (one output: of those with p > 0.5 right)",
       specs(""),
       accuracy,
       nullptr},
      {"binary_accuracy",
       Better::More,
       {"BinaryAccuracy"},
       "share of elements on the target's side of the threshold",
       specs("threshold:real=0.5"),
       right_side,
       nullptr,
       check_threshold},
      {"categorical_accuracy",
       Better::More,
       {"CategoricalAccuracy", "sparse_categorical_accuracy", "SparseCategoricalAccuracy"},
       "share of rows whose largest output is the target's class",
       specs(""),
       right_class,
       nullptr},
      {"top_k_categorical_accuracy",
       Better::More,
       {"TopKCategoricalAccuracy", "sparse_top_k_categorical_accuracy",
        "SparseTopKCategoricalAccuracy"},
       "share of rows whose class is among the k largest outputs",
       specs("k:int=5"),
       among_top,
       nullptr,
       check_k},
      {"precision",
       Better::More,
       {"Precision"},
       "tp / (tp + fp) over all elements, or those of one class; 0 of none",
       specs("thresholds:real=0.5 class_id:int=-1"),
       build_confusion,
       finish_precision,
       check_thresholds},
      {"recall",
       Better::More,
       {"Recall"},
       "tp / (tp + fn) over all elements, or those of one class; 0 of none",
       specs("thresholds:real=0.5 class_id:int=-1"),
       build_confusion,
       finish_recall,
       check_thresholds},
      {"true_positives",
       Better::Unknown,
       {"TruePositives"},
       "elements above the threshold whose target is not 0",
       specs("thresholds:real=0.5 class_id:int=-1"),
       build_confusion,
       finish_count<0>,
       check_thresholds},
      {"false_positives",
       Better::Unknown,
       {"FalsePositives"},
       "elements above the threshold whose target is 0",
       specs("thresholds:real=0.5 class_id:int=-1"),
       build_confusion,
       finish_count<1>,
       check_thresholds},
      {"false_negatives",
       Better::Unknown,
       {"FalseNegatives"},
       "elements not above the threshold whose target is not 0",
       specs("thresholds:real=0.5 class_id:int=-1"),
       build_confusion,
       finish_count<2>,
       check_thresholds},
      {"true_negatives",
       Better::Unknown,
       {"TrueNegatives"},
       "elements not above the threshold whose target is 0",
       specs("thresholds:real=0.5 class_id:int=-1"),
       build_confusion,
       finish_count<3>,
       check_thresholds},
      {"f1",
       Better::More,
       {"f1_score", "F1Score"},
       "2 tp / (2 tp + fp + fn) of each class; average is macro (their mean; Keras: none), micro "
       "(of the sums) or weighted (by the targets of each class); a class is predicted by the "
       "largest output, or, with a threshold of 0 or more, by outputs above it",
       specs("average:word=macro threshold:real=-1"),
       build_f1,
       finish_f1,
       check_f1},
      {"auc",
       Better::More,
       {"AUC"},
       "area under the curve, ROC or PR, from num_thresholds even thresholds over 0 ... 1; "
       "summation_method is interpolation, minoring or majoring",
       specs("num_thresholds:int=200 curve:word=ROC summation_method:word=interpolation "
             "from_logits:bool=false"),
       build_auc,
       finish_auc,
       check_auc},
      {"rmse",
       Better::Less,
       {"root_mean_squared_error", "RootMeanSquaredError"},
       "the square root of mse",
       specs(""),
       build_rmse,
       finish_rmse},
      {"r2",
       Better::More,
       {"r2_score", "R2Score"},
       "1 - sum (y - p)^2 / sum (y - mean y)^2 of each output; class_aggregation is "
       "uniform_average or variance_weighted_average; num_regressors adjusts it for a model's size",
       specs("class_aggregation:word=uniform_average num_regressors:int=0"),
       build_r2,
       finish_r2,
       check_r2,
       fold_r2},
      {"cosine_similarity",
       Better::More,
       {"CosineSimilarity"},
       "mean sum y p, both divided by their length",
       specs(""),
       cosine_similarity,
       nullptr},
  };
  return table;
}

namespace {

/// In logs and in a run's files these mean something else.
void check_name(const std::string& name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto part = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
  };
  if (name.size() > 100 || !letter(name[0]) || !std::all_of(name.begin(), name.end(), part))
    throw Error("metric: name '" + name.substr(0, 100) +
                "' must be a letter or underscore, then letters, digits and any of _ . -");
  for (const char* taken : {"loss", "epoch", "seconds", "images_per_second", "learning_rate"})
    if (name == taken)
      throw Error("metric: name '" + name + "' is taken by what is written beside it");
  if (name.starts_with("val_"))
    throw Error("metric: names that begin with val_, as '" + name + "', are the validation's");
}

}  // namespace

Metric::Metric(std::string_view text, bool weighted) : weighted_(weighted) {
  Spec spec = parse_spec(text);
  const std::string given_name = spec.options.word("name");
  if (find_row(metric_table(), spec.name)) {
    auto [row, options] = choose(metric_table(), spec, "metric");
    row_ = &row;
    options_ = std::move(options);
    name_ = row_->name;
  } else {
    if (!find_row(loss_table(), spec.name)) unknown(spec.name);
    spec.options.erase("name");
    loss_ = Loss(to_string(spec));
    const LossRow& row = find_loss(loss_);
    name_ = row.name;
    if (loss_options(loss_) != loss_options(without_reduction(spec)))
      throw Error("metric '" + name_ + "' takes no reduction: it is the mean over all rows");
    if (weighted && row.scope == LossScope::Whole)
      throw Error(
          "metric '" + name_ +
          "' is one number for all rows, which have no weights in it: " + "name it in metrics");
  }
  if (!given_name.empty()) name_ = given_name;
  check_name(name_);
}

void Metric::fold(std::span<const float> step, std::span<double> totals) const {
  if (row_ && row_->fold) return row_->fold(step, totals);
  for (size_t i = 0; i < totals.size(); ++i) totals[i] += static_cast<double>(step[i]);
}

double Metric::finish(std::span<const double> totals) const {
  if (row_ && row_->finish) return row_->finish(totals, options_);
  return totals[1] == 0 ? 0 : totals[0] / totals[1];
}

ValueId Metric::build(StepValues& all) const {
  StepValues unweighted(all.b, all.pred, all.target());
  StepValues& v = !weighted_ && all.weight != ir::kNone ? unweighted : all;
  if (!row_ && is_mean()) return build_loss(loss_, v);
  if (!row_) return sum_and_rows(v, build_row_losses(loss_, v));
  ValueId value = ir::kNone;
  try {
    value = row_->build(v, options_);
  } catch (const Error& e) {
    throw Error("metric '" + name_ + "': " + e.what());
  }
  if (row_->finish) return value;
  return is_mean() ? v.mean(value) : sum_and_rows(v, value);
}

}  // namespace lathe::detail
