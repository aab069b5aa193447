// Ready-made callbacks, with Keras 3's names, defaults and meanings; `lathe list callbacks`.
//
//   model.fit(x, y, {.epochs = 100, .validation_data = ValidationData{vx, vy},
//                    .callbacks = {EarlyStopping({.patience = 3, .restore_best_weights = true}),
//                                  ModelCheckpoint("best.lathe", {.save_best_only = true}),
//                                  CSVLogger("log.csv")}});
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "lathe/callback.h"
#include "lathe/monitor_callbacks.h"

namespace lathe {

struct BackupAndRestoreOptions {
  int64_t every_epochs = 1;  ///< how often
  /// Instead, after every so many steps, epochs counted through. Nothing: Keras's "epoch".
  std::optional<int64_t> save_freq = std::nullopt;
  bool delete_checkpoint = true;  ///< when the training has come to its end
};

/// Outlives a crash: the same fit, of a model built and compiled in the same way, goes on after the
/// last epoch or step saved, and ends with the same bits as one that was not disturbed, metrics of
/// the epoch among them. (Keras's begins the epoch of that step anew.) FitOptions::epochs
/// then counts from where the disturbed one began. `backup.lathe` in the folder holds the model with
/// its states; it is replaced as a whole. An interrupted training keeps it.
///
/// Other callbacks begin anew, as in Keras: what ReduceLROnPlateau or EarlyStopping has counted, and
/// the best weights, are not in it. Those that set the learning rate stand in front of this one, so
/// that the backup has it; one that exchanges weights (SwapEMAWeights with swap_on_epoch) behind it.
/// Error when the backup is damaged, of a model of other layers or another training, of fewer
/// epochs than the model has, or made within an epoch of other rows or batches.
class BackupAndRestore : public Callback {
 public:
  explicit BackupAndRestore(std::filesystem::path backup_dir, BackupAndRestoreOptions options = {});
  Steps steps() const override { return options_.save_freq ? Steps::All : Steps::None; }
  int64_t next_heard() const override { return options_.save_freq.value_or(1) - steps_; }
  void on_train_begin(FitContext& fit) override;
  void on_batch_end(FitContext& fit, const BatchResult& result) override;
  void on_epoch_end(FitContext& fit, EpochResult& result) override;
  void on_train_end(FitContext& fit) override;

 private:
  void save(FitContext& fit);

  std::filesystem::path folder_, file_;
  BackupAndRestoreOptions options_;
  int64_t steps_ = 0;  ///< since the last one saved
};

/// Sets the learning rate before every epoch, to schedule(epoch, rate): the epoch from 0, as in
/// Keras, so that its functions can be moved over; the rate that it has. Adds `learning_rate` to the
/// logs. Error for a rate that is negative or not finite, and of an optimiser with a schedule.
class LearningRateScheduler : public Callback {
 public:
  using Schedule = std::function<double(int64_t epoch, double rate)>;
  explicit LearningRateScheduler(Schedule schedule);
  void on_train_begin(FitContext& fit) override;
  void on_epoch_begin(FitContext& fit) override;
  void on_epoch_end(FitContext& fit, EpochResult& result) override;

 private:
  Schedule schedule_;
};

struct CSVLoggerOptions {
  std::string separator = ",";
  bool append = false;  ///< behind what the file holds; its header is not repeated
};

/// A row an epoch, on disk when the next one begins: epoch (from 0, as Keras's files), then the
/// values of the first epoch in the order of their names. Where none of them is of a validation,
/// val_… columns follow all the same, as in Keras; what an epoch does not have is NA.
class CSVLogger : public Callback {
 public:
  explicit CSVLogger(std::filesystem::path filename, CSVLoggerOptions options = {});
  void on_train_begin(FitContext& fit) override;
  void on_epoch_end(FitContext& fit, EpochResult& result) override;
  void on_train_end(FitContext& fit) override;

 private:
  void write_row(const std::vector<std::string>& cells);

  std::filesystem::path path_;
  CSVLoggerOptions options_;
  std::ofstream file_;
  bool header_ = true;
  std::vector<std::string> names_;
};

struct TerminateOnNaNOptions {
  bool raise_error = false;  ///< an Error, and the epoch is undone
};

/// Ends the training after a step whose loss is not finite; that epoch counts, and the weights are
/// what the step made of them. (Without it, FitOptions::terminate_on_nan is an Error and undoes the
/// epoch.) Costs nothing.
class TerminateOnNaN : public Callback {
 public:
  explicit TerminateOnNaN(TerminateOnNaNOptions options = {}) : options_(options) {}
  Steps steps() const override { return Steps::BadLoss; }
  void on_batch_end(FitContext& fit, const BatchResult& result) override;

 private:
  TerminateOnNaNOptions options_;
};

struct SwapEMAWeightsOptions {
  /// The averages are the weights from the end of an epoch to the begin of the next, for callbacks
  /// behind this one that save or evaluate.
  bool swap_on_epoch = false;
};

/// The averages of an optimiser with use_ema = true take the weights' place for validation. (At the
/// end of a training they do so without it: optimizers.h.) Error where there are none.
class SwapEMAWeights : public Callback {
 public:
  explicit SwapEMAWeights(SwapEMAWeightsOptions options = {}) : options_(options) {}
  void on_train_begin(FitContext& fit) override;
  void on_epoch_begin(FitContext& fit) override;
  void on_test_begin(FitContext& fit) override;
  void on_test_end(FitContext& fit) override;
  void on_epoch_end(FitContext& fit, EpochResult& result) override;
  void on_train_end(FitContext& fit) override;

 private:
  SwapEMAWeightsOptions options_;
};

struct LambdaCallbackFunctions {
  std::function<void(FitContext&)> on_train_begin = nullptr, on_train_end = nullptr,
                                   on_epoch_begin = nullptr;
  std::function<void(FitContext&, EpochResult&)> on_epoch_end = nullptr;
  std::function<void(FitContext&, const BatchResult&)> on_batch_end = nullptr;
};

/// Functions as a callback. on_batch_end costs speed, where it is given.
class LambdaCallback : public Callback {
 public:
  explicit LambdaCallback(LambdaCallbackFunctions functions) : f_(std::move(functions)) {}
  Steps steps() const override { return f_.on_batch_end ? Steps::All : Steps::None; }
  void on_train_begin(FitContext& fit) override;
  void on_train_end(FitContext& fit) override;
  void on_epoch_begin(FitContext& fit) override;
  void on_epoch_end(FitContext& fit, EpochResult& result) override;
  void on_batch_end(FitContext& fit, const BatchResult& result) override;

 private:
  LambdaCallbackFunctions f_;
};

struct ProgressBarOptions {
  int width = 30;    ///< of the bar, in characters
  bool live = true;  ///< a bar that is drawn over; otherwise only a line an epoch
};

/// Writes where training stands: about ten times a second a bar, after an epoch its line.
class ProgressBar : public Callback {
 public:
  explicit ProgressBar(std::ostream& stream, ProgressBarOptions options = {});
  Steps steps() const override { return options_.live ? Steps::Progress : Steps::None; }
  void on_progress(FitContext& fit, const Progress& progress) override;
  void on_epoch_end(FitContext& fit, EpochResult& result) override;
  void on_train_end(FitContext& fit) override;

 private:
  void write(const std::string& line);

  std::ostream* stream_;
  ProgressBarOptions options_;
  size_t shown_ = 0;  ///< characters of the line that is drawn over
};

}  // namespace lathe
