// The table of metrics.
#include "frontend/train/metric_rows.h"

namespace lathe::detail {

namespace {

std::vector<OptionSpec> specs(std::string_view text) {
  std::vector<OptionSpec> all = parse_option_specs(text);
  all.push_back({"name", "word", ir::Attr(std::string())});
  return all;
}

Options average_none() {
  Options options;
  options.set("average", "none");
  return options;
}

Numbers a_table(const Options&) {
  return Numbers::Table;
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
       "tp / (tp + fp) over all elements, or those of one class; 0 of none; a number a threshold, "
       "0.5 by default; with top_k only the k largest of a row count as above it, all of them by "
       "default",
       specs("thresholds:reals= top_k:int=0 class_id:int=-1"),
       build_counts,
       finish_precision,
       check_counts,
       numbers_of_counts},
      {"recall",
       Better::More,
       {"Recall"},
       "tp / (tp + fn) over all elements, or those of one class; 0 of none; a number a threshold, "
       "0.5 by default; with top_k only the k largest of a row count as above it, all of them by "
       "default",
       specs("thresholds:reals= top_k:int=0 class_id:int=-1"),
       build_counts,
       finish_recall,
       check_counts,
       numbers_of_counts},
      {"true_positives",
       Better::Unknown,
       {"TruePositives"},
       "elements above the threshold whose target is not 0; a number a threshold, 0.5 by default",
       specs("thresholds:reals= class_id:int=-1"),
       build_counts,
       finish_counts<0>,
       check_counts,
       numbers_of_counts},
      {"false_positives",
       Better::Unknown,
       {"FalsePositives"},
       "elements above the threshold whose target is 0; a number a threshold, 0.5 by default",
       specs("thresholds:reals= class_id:int=-1"),
       build_counts,
       finish_counts<1>,
       check_counts,
       numbers_of_counts},
      {"false_negatives",
       Better::Unknown,
       {"FalseNegatives"},
       "elements not above the threshold whose target is not 0; a number a threshold, 0.5 by "
       "default",
       specs("thresholds:reals= class_id:int=-1"),
       build_counts,
       finish_counts<2>,
       check_counts,
       numbers_of_counts},
      {"true_negatives",
       Better::Unknown,
       {"TrueNegatives"},
       "elements not above the threshold whose target is 0; a number a threshold, 0.5 by default",
       specs("thresholds:reals= class_id:int=-1"),
       build_counts,
       finish_counts<3>,
       check_counts,
       numbers_of_counts},
      {"f1",
       Better::More,
       {"f1_score", "F1Score"},
       "2 tp / (2 tp + fp + fn) of each class; average is none (a number a class: the default of "
       "f1_score, as in Keras), macro (their mean), micro (of the sums) or weighted (by the "
       "targets of each class); a class is predicted by the largest output, or, with a threshold "
       "of 0 or more, by outputs above it",
       specs("average:word=macro threshold:real=-1"),
       build_f_score,
       finish_f_score,
       check_f_score,
       numbers_of_f_score,
       nullptr,
       average_none()},
      {"fbeta_score",
       Better::More,
       {"FBetaScore"},
       "(1 + beta^2) precision recall / (beta^2 precision + recall) of each class; else as "
       "f1_score",
       specs("average:word=none beta:real=1 threshold:real=-1"),
       build_f_score,
       finish_f_score,
       check_f_score,
       numbers_of_f_score},
      {"confusion_matrix",
       Better::Unknown,
       {"ConfusionMatrix"},
       "how many rows of each class (a row of the table) were taken for each (a column): the "
       "largest output's, or, of one output, class 1 above the threshold; not in Keras",
       specs("threshold:real=0.5"),
       build_confusion_matrix,
       finish_confusion_matrix,
       check_threshold,
       a_table},
      {"auc",
       Better::More,
       {"AUC"},
       "area under the curve, ROC, PR or PRGAIN, from thresholds, or from num_thresholds even "
       "ones over 0 ... 1; summation_method is interpolation, minoring or majoring; multi_label: "
       "the mean of the areas of each unit, weighted by label_weights; otherwise these weigh the "
       "units' counts",
       specs("num_thresholds:int=200 curve:word=ROC summation_method:word=interpolation "
             "thresholds:reals= multi_label:bool=false num_labels:int=0 label_weights:reals= "
             "from_logits:bool=false"),
       build_auc,
       finish_auc,
       check_auc},
      {"sensitivity_at_specificity",
       Better::More,
       {"SensitivityAtSpecificity"},
       "the largest tp / (tp + fn) at even thresholds with tn / (tn + fp) >= specificity",
       specs("specificity:real num_thresholds:int=200 class_id:int=-1"),
       build_curve,
       finish_sensitivity,
       check_curve},
      {"specificity_at_sensitivity",
       Better::More,
       {"SpecificityAtSensitivity"},
       "the largest tn / (tn + fp) at even thresholds with tp / (tp + fn) >= sensitivity",
       specs("sensitivity:real num_thresholds:int=200 class_id:int=-1"),
       build_curve,
       finish_specificity,
       check_curve},
      {"precision_at_recall",
       Better::More,
       {"PrecisionAtRecall"},
       "the largest tp / (tp + fp) at even thresholds with tp / (tp + fn) >= recall",
       specs("recall:real num_thresholds:int=200 class_id:int=-1"),
       build_curve,
       finish_best_precision,
       check_curve},
      {"recall_at_precision",
       Better::More,
       {"RecallAtPrecision"},
       "the largest tp / (tp + fn) at even thresholds with tp / (tp + fp) >= precision",
       specs("precision:real num_thresholds:int=200 class_id:int=-1"),
       build_curve,
       finish_best_recall,
       check_curve},
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
       "1 - sum (y - p)^2 / sum (y - mean y)^2 of each output, 0 where its targets are all the "
       "same (Keras: nan where all are met); class_aggregation is uniform_average, "
       "variance_weighted_average or none (a number an output); num_regressors adjusts it for a "
       "model's size",
       specs("class_aggregation:word=uniform_average num_regressors:int=0"),
       build_r2,
       finish_r2,
       check_r2,
       numbers_of_r2,
       fold_r2},
      {"cosine_similarity",
       Better::More,
       {"CosineSimilarity"},
       "mean sum y p, both divided by their length",
       specs(""),
       cosine_similarity,
       nullptr},
      {"pearson_correlation",
       Better::More,
       {"PearsonCorrelation"},
       "mean over the rows of the correlation of y and p along the last axis; NaN where either is "
       "constant there",
       specs(""),
       pearson_correlation,
       nullptr},
      {"concordance_correlation",
       Better::More,
       {"ConcordanceCorrelation"},
       "mean over the rows of 2 cov(y, p) / (var y + var p + (mean y - mean p)^2 + 1e-7) along the "
       "last axis",
       specs(""),
       concordance_correlation,
       nullptr},
      {"mean",
       Better::Unknown,
       {"Mean"},
       "mean of the predictions p; targets are not looked at",
       specs(""),
       predictions,
       nullptr},
  };
  return table;
}

}  // namespace lathe::detail
