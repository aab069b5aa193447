// What training makes small. Names, formulas and defaults are Keras 3's (https://keras.io/api/losses);
// `catalog("losses")`, or `lathe list losses`, has them all with their options: mse, mae, huber,
// binary_crossentropy, categorical_crossentropy, …; Keras's long names and other short ones (`bce`,
// `cce`) too. Not Keras's: male, total_variation, image_total_variation.
//
//   .loss = "mse"
//   .loss = "huber(delta=2)"
//   .loss = Loss("cce", {{"from_logits", true}, {"label_smoothing", 0.1}})
//
// One of your own is an expression (expr.h) over a target and a prediction, of which the mean is
// taken over a row's last axis, or with {{"over", "sum"}} the sum:
//
//   .loss = Loss("pinball", [](Expr y, Expr p) { return max(0.9 * (y - p), -0.1 * (y - p)); })
//
// It has what every loss has: weights, reduction, metrics, saving. Its text is
// `expression(fn="(mul (sub a0 a1) (sub a0 a1))", name=squares)`, a0 the target and a1 the prediction:
// what to_string() gives, for `.metrics = {pinball.to_string()}` and `lathe train --loss`.
//
// A loss is one number a row; `reduction` makes one of them:
//   sum_over_batch_size  the default: their sum, weighted where rows have weights, over their number
//   mean                 the same
//   sum                  their weighted sum
//   mean_with_sample_weight  their weighted sum over the sum of the weights
//   none                 they stay, each times its weight: of compute_loss alone. A model is trained on
//                        one number, so its compile says so by an Error
// dice and tversky are one number for the whole batch, unless `axis` names the axes that they sum over:
// "dice(axis=[1, 2, 3])" is one an image. Where the batch, axis 0, is among them, the others that are
// left are reduced as rows are, and weights of rows scale the result by their mean (sum).
// Targets may be dense, f32[n, k], or integer labels [n], which are one-hot encoded in the step where
// a loss needs it.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "lathe/array.h"
#include "lathe/expr.h"
#include "lathe/option.h"

namespace lathe {

struct Loss {
  std::string name;
  /// What is not given has its default. Names and types are checked by Model::compile.
  NamedOptions options;

  Loss() = default;
  Loss(const char* loss) : name(loss) {}             // NOLINT: a name is a loss
  Loss(std::string loss) : name(std::move(loss)) {}  // NOLINT
  Loss(std::string loss, NamedOptions with) : name(std::move(loss)), options(std::move(with)) {}
  /// An expression of the target and the prediction. `called` names it as a metric; options are
  /// `over` (mean or sum) and `reduction`.
  template <class F>
    requires(detail::takes_exprs<F, 2>)
  Loss(std::string called, F fn, NamedOptions with = {})
      : Loss(expression(std::move(called), detail::call_with_arguments<2>(fn), std::move(with))) {}

  /// All of it in one text. Error for an option that is given twice.
  std::string to_string() const;

 private:
  static Loss expression(std::string called, const Expr& fn, NamedOptions with);
};

/// The loss of predictions y_pred, [n, ...], for targets y_true (as in Model::fit), without a model:
/// f32[], or with reduction none f32[n, ...], one a row. All rows are one batch. Computed in double
/// precision by the interpreter, so not fast. Error for an unknown loss or option, for shapes and
/// labels that don't fit, and for weights that are not one a row.
Array compute_loss(const Loss& loss, const ArrayView& y_true, const ArrayView& y_pred,
                   const std::optional<ArrayView>& sample_weight = std::nullopt);

}  // namespace lathe
