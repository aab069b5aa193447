// How training, evaluation and prediction are done and watched.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <map>
#include <optional>
#include <vector>

#include "lathe/array.h"
#include "lathe/callback.h"
#include "lathe/history.h"
#include "lathe/outputs.h"
#include "lathe/shards.h"

namespace lathe {

struct ValidationData {
  Inputs x;
  Targets y;
  SampleWeights sample_weight = {};
};

/// After which epochs the validation is done: every so many, by their numbers (3: after epochs 3, 6,
/// …), or those in a list, `{1, 2, 5, 10}`.
class ValidationFreq {
 public:
  ValidationFreq(int64_t every = 1) : every_(every) {}                      // NOLINT: as in Keras
  ValidationFreq(std::initializer_list<int64_t> epochs) : list_(epochs) {}  // NOLINT
  bool has(int64_t epoch) const {
    return list_.empty() ? epoch % every_ == 0
                         : std::find(list_.begin(), list_.end(), epoch) != list_.end();
  }
  /// Error unless numbers are 1 or more.
  void check() const;

 private:
  int64_t every_ = 1;
  std::vector<int64_t> list_;
};

struct FitOptions {
  int64_t batch_size = 32;  ///< the last step of an epoch has what is left
  /// How many more epochs; with initial_epoch, as in Keras, the number of the last one.
  int64_t epochs = 1;
  /// How many epochs count as done before: the first one is initial_epoch + 1, in its number, what
  /// callbacks hear, and its shuffle, whatever the model was trained for. Nothing: epochs_trained().
  /// Error unless 0 to epochs.
  std::optional<int64_t> initial_epoch = std::nullopt;
  /// Ends an epoch after so many steps; the next one goes on with the rows behind them. Where the
  /// rows come to their end, the epoch ends before that, as in Keras, and the next one begins with
  /// all rows in a new order. Error unless 1 to the steps that all rows take.
  std::optional<int64_t> steps_per_epoch = std::nullopt;
  /// Evaluated after every epoch: val_loss, val_accuracy, …
  std::optional<ValidationData> validation_data = std::nullopt;
  /// The same of data that need not fit into memory; not together with validation_data.
  std::optional<Shards> validation_shards = std::nullopt;
  /// The share of the rows, the last ones before any shuffle, that are validation data instead:
  /// n - floor(n (1 - share)) of n. 0: none. Error where one part would be empty, and together with
  /// validation_data. class_weight is of the training alone, as it is with validation_data.
  double validation_split = 0;
  ValidationFreq validation_freq = 1;
  bool shuffle = true;  ///< the order of an epoch depends on the seed and its number alone
  std::optional<uint64_t> seed = std::nullopt;  ///< of the shuffles; nothing: the model's
  /// How much each row counts in the loss, [n], of all outputs or of each; metrics are not weighted.
  SampleWeights sample_weight = {};
  /// The same by class; 1 of those that are not named. Not together with sample_weight, nor with
  /// targets of several outputs.
  std::map<int64_t, double> class_weight = {};
  /// When the loss, a weight, an optimiser's state or val_loss is no longer finite: an Error, and
  /// the weights are again those before the epoch. The loss is looked at after every step, the rest
  /// after the epoch. The Error names the first NaN or infinity of the data, where there is one
  /// (among those of validation_split, rows are counted from the first of them). Otherwise training
  /// goes on. Not where TerminateOnNaN is among the callbacks.
  bool terminate_on_nan = true;
  /// Heard in this order: `{EarlyStopping({.patience = 3}), CSVLogger("log.csv")}`.
  std::vector<CallbackHandle> callbacks = {};

  /// A line an epoch is written here; before the first, Model::warnings.
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

/// Of Model::train_on_batch; as in FitOptions.
struct BatchOptions {
  SampleWeights sample_weight = {};
  std::map<int64_t, double> class_weight = {};
};

struct EvaluateOptions {
  int64_t batch_size = 256;
  SampleWeights sample_weight = {};  ///< as FitOptions
  /// `rows` is 0 as long as nobody knows, of shards.
  std::function<void(int64_t rows_done, int64_t rows)> on_progress = nullptr;
  /// Set to other than 0 (from a signal handler, say), it ends the evaluation after the batch that
  /// runs, and there are no results: the Logs are empty. Nothing else changes.
  const std::atomic<int32_t>* stop = nullptr;
};

struct PredictOptions {
  int64_t batch_size = 256;
};

}  // namespace lathe
