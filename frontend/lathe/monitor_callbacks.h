// Ready-made callbacks that look at a value of the logs: EarlyStopping, ModelCheckpoint,
// ReduceLROnPlateau.
//
// The value is called `monitor`. `mode` min: less is better, max: more, auto: what the loss or the
// metric means; Error where it has no such meaning. Errors, before the first epoch, for other modes
// and for a val_… without validation data; after it for a name that the logs do not have (Keras
// warns). Epochs without validation are passed over.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lathe/array.h"
#include "lathe/callback.h"

namespace lathe {

namespace detail {

/// A value of the logs, and which of two is better.
class Monitor {
 public:
  /// `callback` is named in errors.
  Monitor(std::string callback, std::string name, std::string mode, double min_delta);
  /// Finds what auto means.
  void begin(const FitContext& fit);
  /// Nothing in an epoch without validation.
  std::optional<double> value(const FitContext& fit, const Logs& logs) const;
  /// Better than `other` by more than min_delta, or there is no other. Never true of a NaN, nor
  /// beside one.
  bool improves(double value, std::optional<double> other) const;

 private:
  std::string callback_, name_, mode_;
  double min_delta_;
  bool more_ = false;  ///< more is better
};

}  // namespace detail

struct EarlyStoppingOptions {
  std::string monitor = "val_loss";
  double min_delta = 0;  ///< what is better by no more than this is not better
  int64_t patience = 0;  ///< epochs without improvement after which training ends
  std::string mode = "auto";
  std::optional<double> baseline = std::nullopt;  ///< an improvement must be better than this too
  /// At the end the weights are those of the best epoch; otherwise, and when the training was
  /// interrupted, the last one's.
  bool restore_best_weights = false;
  int64_t start_from_epoch = 0;  ///< epochs that are passed over, from the model's first
};

/// Ends the training when nothing improves any more.
class EarlyStopping : public Callback {
 public:
  explicit EarlyStopping(EarlyStoppingOptions options = {});
  void on_train_begin(FitContext& fit) override;
  void on_epoch_end(FitContext& fit, EpochResult& result) override;
  void on_train_end(FitContext& fit) override;

  int64_t stopped_epoch() const { return stopped_epoch_; }  ///< its number; 0: did not stop
  int64_t best_epoch() const { return best_epoch_; }        ///< its number; 0: there is none
  std::optional<double> best() const { return best_; }

 private:
  EarlyStoppingOptions options_;
  detail::Monitor monitor_;
  std::optional<double> best_;
  std::vector<Array> best_weights_;
  int64_t wait_ = 0, stopped_epoch_ = 0, best_epoch_ = 0;
};

struct ModelCheckpointOptions {
  std::string monitor = "val_loss";
  bool save_best_only = false;     ///< only after epochs whose value is the best so far
  bool save_weights_only = false;  ///< Model::save_weights instead of Model::save
  std::string mode = "auto";
  std::optional<double> initial_value_threshold = std::nullopt;  ///< the first must be better
  /// Saves after every so many steps instead, epochs counted through. Nothing: Keras's "epoch".
  std::optional<int64_t> save_freq = std::nullopt;
};

/// Saves the model after every epoch, with Model::save: a crash leaves the older file. In the path
/// stand values of the epoch as Python formats them, `digits-{epoch:02d}-{val_loss:.2f}.lathe`;
/// epoch is 1, 2, …; folders are made. The best value outlives a fit. Error for a path that ends in
/// .keras, .h5 or .hdf5; with save_weights_only it must end in .weights.h5 or .h5: those are Keras's
/// files of weights.
///
/// With save_freq the path may have `{batch}` too, 1, 2, … in its epoch, and values are those of the
/// epoch's rows so far. A model that was saved within an epoch counts the epochs before that one: a
/// fit of it begins a whole one. Error for save_best_only by a val_… then.
class ModelCheckpoint : public Callback {
 public:
  explicit ModelCheckpoint(std::string filepath, ModelCheckpointOptions options = {});
  Steps steps() const override { return options_.save_freq ? Steps::All : Steps::None; }
  int64_t next_heard() const override { return options_.save_freq.value_or(1) - steps_; }
  void on_train_begin(FitContext& fit) override;
  void on_batch_end(FitContext& fit, const BatchResult& result) override;
  void on_epoch_end(FitContext& fit, EpochResult& result) override;

  std::optional<double> best() const { return best_; }

 private:
  void save(FitContext& fit, const Logs& logs, std::optional<int64_t> batch);

  std::string filepath_;
  ModelCheckpointOptions options_;
  detail::Monitor monitor_;
  std::optional<double> best_;
  int64_t steps_ = 0;  ///< since the last ones that came to a model
};

struct ReduceLROnPlateauOptions {
  std::string monitor = "val_loss";
  double factor = 0.1;    ///< the rate is multiplied by it; 0 or more, below 1
  int64_t patience = 10;  ///< epochs without improvement
  std::string mode = "auto";
  double min_delta = 1e-4;
  int64_t cooldown = 0;  ///< epochs after a reduction in which none are counted
  double min_lr = 0;
};

/// Lowers the learning rate when nothing improves. Adds `learning_rate`, before that, to the logs.
/// Error of an optimiser with a schedule.
class ReduceLROnPlateau : public Callback {
 public:
  explicit ReduceLROnPlateau(ReduceLROnPlateauOptions options = {});
  void on_train_begin(FitContext& fit) override;
  void on_epoch_end(FitContext& fit, EpochResult& result) override;

 private:
  ReduceLROnPlateauOptions options_;
  detail::Monitor monitor_;
  std::optional<double> best_;
  int64_t wait_ = 0, cooldown_ = 0;
};

}  // namespace lathe
