// One call of fit: its data and options, checked, and the epochs.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "frontend/callbacks/callback_list.h"
#include "frontend/model/model_impl.h"
#include "frontend/model/row_source.h"
#include "frontend/model/step_totals.h"

namespace lathe::detail {

class Clock {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

class Trainer {
 public:
  /// Makes the rows to train on, of a model that may have to be built first.
  using MakeRows = std::function<std::unique_ptr<RowSource>()>;
  /// Error for options and data that do not fit (trainer_setup.cpp).
  Trainer(Model& model, const FitOptions& options, const MakeRows& make_rows);
  History run();

 private:
  void check_options() const;
  void take_validation_data();
  void take_validation_shards();
  void check_validation_targets() const;
  void need_engine();

  /// The epochs up to the number `last`.
  void run_epochs(History& history, int64_t last);
  /// False when it was stopped.
  bool run_epoch(EpochResult& result);
  /// How many steps may run at once from here on, for those who hear of steps.
  int64_t steps_at_once(int64_t most) const;
  /// False when it was stopped before the epoch's last row; a callback that ends the training ends
  /// the epoch.
  bool run_steps(StepTotals& totals, const Clock& clock, const EpochResult& result);
  /// The steps of a piece from number `first` on. False when no more are to be run.
  bool run_piece(const RowSource::Piece& piece, int64_t first, StepTotals& totals,
                 const Clock& clock, const EpochResult& result);
  /// Tells of the steps from `begin` on.
  void report_steps(const StepTotals& totals, int64_t begin, int64_t end,
                    const EpochResult& result);
  void report_progress(const StepTotals& totals, const Clock& clock, const EpochResult& result);
  /// Adds the validation's results. False when it was stopped.
  bool validate(EpochResult& result);
  void end_epoch(EpochResult& result);
  /// Error for a state that is no longer finite: the losses of an epoch do not show what its last
  /// step made of the weights.
  void check_states() const;
  /// `validation x holds nan in row 3, column 1`: reads validation shards again to find it.
  std::string not_finite_of_validation();
  /// `what` names the value and, behind the epoch, `where` the step. `cause`: what is known of it.
  [[noreturn]] void diverged(const std::string& what, double value, const std::string& where,
                             const std::string& cause) const;
  bool stop_asked() const { return o_.stop && o_.stop->load() != 0; }

  ModelImpl& m_;
  const FitOptions& o_;
  CallbackList callbacks_;
  FitContext fit_;
  bool hears_steps_, hears_progress_, hears_bad_loss_;
  bool bad_loss_throws_;  ///< otherwise callbacks deal with it, or nobody
  std::unique_ptr<RowSource> rows_, val_rows_;
  int64_t batch_ = 0;  ///< rows of a step
  int64_t chunk_ = 0;  ///< steps that run before compiled code is left
  Engine* engine_ = nullptr;
};

}  // namespace lathe::detail
