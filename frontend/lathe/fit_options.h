// How training, evaluation and prediction are done and watched.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <vector>

#include "lathe/array.h"
#include "lathe/callback.h"
#include "lathe/history.h"

namespace lathe {

struct ValidationData {
  Inputs x;
  ArrayView y;
  std::optional<ArrayView> sample_weight = std::nullopt;
};

struct FitOptions {
  int64_t batch_size = 32;  ///< the last step of an epoch has what is left
  int64_t epochs = 1;       ///< how many more epochs
  /// Evaluated after every epoch: val_loss, val_accuracy, …
  std::optional<ValidationData> validation_data = std::nullopt;
  bool shuffle = true;  ///< the order of an epoch depends on the seed and its number alone
  std::optional<uint64_t> seed = std::nullopt;  ///< of the shuffles; nothing: the model's
  /// How much each row counts in the loss, [n]; metrics are not weighted.
  std::optional<ArrayView> sample_weight = std::nullopt;
  /// The same by class; 1 of those that are not named. Not together with sample_weight.
  std::map<int64_t, double> class_weight = {};
  /// When the loss, a weight, an optimiser's state or val_loss is no longer finite: an Error, and
  /// the weights are again those before the epoch. The loss is looked at after every step, the rest
  /// after the epoch. Otherwise training goes on.
  bool terminate_on_nan = true;
  /// Heard in this order: `{EarlyStopping({.patience = 3}), CSVLogger("log.csv")}`.
  std::vector<CallbackHandle> callbacks = {};

  /// A line an epoch is written here.
  std::ostream* log = nullptr;
  std::function<void(const EpochResult&)> on_epoch_end = nullptr;
  /// About ten times a second, and at the end of each epoch.
  std::function<void(const Progress&)> on_progress = nullptr;
  /// After each step. Costs speed: compiled code is left after every step.
  std::function<void(const BatchResult&)> on_batch_end = nullptr;
  /// Set to other than 0 (from a signal handler, say), it ends training after the step that runs.
  /// The unfinished epoch, its validation included, is undone, so that continuing later gives the
  /// same bits.
  const std::atomic<int32_t>* stop = nullptr;
};

struct EvaluateOptions {
  int64_t batch_size = 256;
  std::optional<ArrayView> sample_weight = std::nullopt;  ///< as FitOptions
  std::function<void(int64_t rows_done, int64_t rows)> on_progress = nullptr;
  /// Set to other than 0 (from a signal handler, say), it ends the evaluation after the batch that
  /// runs, and there are no results: the Logs are empty. Nothing else changes.
  const std::atomic<int32_t>* stop = nullptr;
};

struct PredictOptions {
  int64_t batch_size = 256;
};

}  // namespace lathe
