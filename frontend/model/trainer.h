// One call of fit: its data and options, checked, and the epochs.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "frontend/callbacks/callback_list.h"
#include "frontend/model/model_impl.h"
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
  /// Error for options and data that do not fit (trainer_setup.cpp).
  Trainer(Model& model, const Inputs& x, const ArrayView& y, const FitOptions& options);
  History run();

 private:
  void check_options() const;
  void check_steps() const;
  void take_validation_data(const LossRow& loss);
  void need_engine();

  /// The epochs up to the number `last`.
  void run_epochs(History& history, int64_t last);
  /// False when it was stopped.
  bool run_epoch(EpochResult& result);
  /// The rows of an epoch: a part of all rows in the order of a pass over them.
  struct Part {
    int64_t pass = 0, first = 0, rows = 0;
  };
  /// Of the next epoch: its number alone decides, so that continued trainings have the same bits.
  Part part_of_epoch() const;
  void make_order();
  /// How many steps may run at once from here on, for those who hear of steps.
  int64_t steps_at_once(int64_t most) const;
  void run_steps(StepTotals& totals, const Clock& clock, const EpochResult& result);
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
  /// `what` names the value and, behind the epoch, `where` the step.
  [[noreturn]] void diverged(const std::string& what, double value,
                             const std::string& where = "") const;
  bool stop_asked() const { return o_.stop && o_.stop->load() != 0; }

  ModelImpl& m_;
  const FitOptions& o_;
  CallbackList callbacks_;
  FitContext fit_;
  bool hears_steps_, hears_progress_, hears_bad_loss_;
  bool bad_loss_throws_;  ///< otherwise callbacks deal with it, or nobody
  PreparedInputs x_, val_x_;
  PreparedTargets y_, val_y_;
  std::optional<Array> weights_, val_weights_;
  std::vector<int32_t> order_;
  Part part_;  ///< of the epoch that runs
  Engine* engine_ = nullptr;
};

}  // namespace lathe::detail
