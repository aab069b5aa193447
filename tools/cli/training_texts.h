// How a model is trained, in words: the same in all commands.
#pragma once

#include <string>
#include <vector>

#include "lathe/model.h"

namespace lathe::cli {

/// Each as it may be given to `lathe train`, such as `huber(delta=2.0)`: with the options that are
/// not at their defaults.
struct TrainingTexts {
  std::string loss;
  std::string optimizer;  ///< without a learning rate, unless that follows a schedule
  std::vector<std::string> metrics;
};
TrainingTexts training_texts(const CompileOptions& compiled);

}  // namespace lathe::cli
