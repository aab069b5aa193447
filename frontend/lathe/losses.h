// What training makes small. Names, formulas and defaults are Keras 3's (https://keras.io/api/losses);
// `catalog("losses")`, or `lathe list losses`, has them all with their options: mse, mae, huber,
// binary_crossentropy, categorical_crossentropy, …; Keras's long names and other short ones (`bce`,
// `cce`) too. Not Keras's: male, total_variation, image_total_variation.
//
//   .loss = "mse"
//   .loss = "huber(delta=2)"
//   .loss = Loss("cce", {{"from_logits", true}, {"label_smoothing", 0.1}})
//
// A loss is one number a row; `reduction` makes one of them:
//   sum_over_batch_size  the default: their sum, weighted where rows have weights, over their number
//   mean                 the same
//   sum                  their weighted sum
//   mean_with_sample_weight  their weighted sum over the sum of the weights
// Targets may be dense, f32[n, k], or integer labels [n], which are one-hot encoded in the step where
// a loss needs it.
#pragma once

#include <string>
#include <utility>

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
};

}  // namespace lathe
