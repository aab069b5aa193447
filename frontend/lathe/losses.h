// What training makes small. By name: mse, mae, binary_crossentropy, categorical_crossentropy,
// sparse_categorical_crossentropy; Keras's long names and other short ones (`bce`, `cce`) too.
//
// The formulas are Keras 3's, means over the rows of a batch (and, for all but the categorical
// ones, over a row's units). `catalog("losses")` lists them. Targets may be dense, f32[n, k], or
// integer labels [n], which are one-hot encoded in the step where a loss needs it.
#pragma once

#include <string>
#include <utility>

namespace lathe {

struct Loss {
  std::string name;
  /// The model's output is not a probability but what goes into sigmoid or softmax.
  bool from_logits = false;

  Loss() = default;
  Loss(const char* loss) : name(loss) {}             // NOLINT: a name is a loss
  Loss(std::string loss) : name(std::move(loss)) {}  // NOLINT
  Loss(std::string loss, bool logits) : name(std::move(loss)), from_logits(logits) {}
};

}  // namespace lathe
