// An optimiser by its name. Classes with Keras's names: optimizers.h.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "lathe/option.h"

namespace lathe {

/// An optimiser by name, with its options: `"adam(beta_1=0.95)"`, or the name alone and the options
/// beside it. Options that are not given have Keras 3's defaults (`lathe list optimizers`). The
/// option `schedule`, or `learning_rate`, is the text of a learning-rate schedule, such as
/// `cosine_decay(0.1, decay_steps=1000)`; `lathe list schedules` names them. The number without a
/// name is the initial learning rate, which may also be given as `learning_rate`.
struct Optimizer {
  std::string name = "sgd";
  std::optional<double> learning_rate;  ///< nothing: the optimiser's own default
  NamedOptions options;

  Optimizer() = default;
  Optimizer(const char* optimizer) : name(optimizer) {}             // NOLINT: a name is one
  Optimizer(std::string optimizer) : name(std::move(optimizer)) {}  // NOLINT
};

}  // namespace lathe
