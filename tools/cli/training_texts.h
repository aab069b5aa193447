// How a model is trained, in words: the same in all commands.
#pragma once

#include <string>
#include <vector>

#include "lathe/model.h"

namespace lathe::cli {

/// Each as it may be given to `lathe train`, such as `huber(delta=2.0)`: with the options that are
/// not at their defaults.
struct TrainingTexts {
  struct Output {
    std::string name;
    std::string loss;  ///< empty: it is not trained
    double loss_weight = 1;
    std::vector<std::string> metrics;
  };
  std::vector<Output> outputs;
  std::string optimizer;  ///< without a learning rate, unless that follows a schedule

  /// `mse`, or, of several outputs, `price mse, 0.5 rises binary_crossentropy`.
  std::string loss() const;
  /// `mae, accuracy`, or `price mae, rises accuracy, rises auc`.
  std::string metrics() const;
};
/// Of a model that is compiled.
TrainingTexts training_texts(Model& model);

}  // namespace lathe::cli
