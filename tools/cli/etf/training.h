// Trainings of models of prices: of one seed or several, once or walking forward.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lathe/model.h"
#include "lathe/price_examples.h"
#include "lathe/price_model.h"
#include "tools/cli/etf/options.h"
#include "tools/cli/terminal.h"

namespace lathe::cli {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// What was trained on the same examples: everything that is said of it later.
struct EtfForecasts {
  std::vector<PriceDay> days;   ///< test days, in the order of the outputs' rows
  std::vector<uint64_t> seeds;  ///< of the trainings that were done
  /// Of each seed what the model says: f32[days, horizon] for each target.
  std::vector<std::vector<Array>> outputs;
  std::vector<std::vector<EpochResult>> histories;  ///< of each seed; of a walk the last training
  int64_t trainings = 0, rows_trained = 0;          ///< rows: examples times epochs
  double seconds = 0;
  bool interrupted = false;
};

/// The model of the task, compiled as the options say.
Model make_etf_model(const EtfOptions& options, const PriceTask& task);

struct EtfTraining {
  Model& model;
  const EtfOptions& options;
  const PriceExamples& examples;
  const PriceSplit& split;
  const std::atomic<int32_t>* stop;  ///< ends it: a training that is not finished does not count
  /// Called after each training, when the model is its result, with what there is to say of it.
  std::function<void(const std::string& text)> trained;
  Terminal& terminal;
};
/// Trains with each seed, the first one last, or with one as a walk forward goes on.
EtfForecasts train_etf(const EtfTraining& training);

}  // namespace lathe::cli
