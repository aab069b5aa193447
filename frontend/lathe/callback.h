// What hears of a fit and takes part in it. Ready-made ones: callbacks.h.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "lathe/history.h"

namespace lathe {

class Model;

/// A fit, as its callbacks see it.
struct FitContext {
  Model& model;
  /// The number, as in EpochResult (1, 2, …), of the epoch that runs or has just ended; before the
  /// first one, of the last that the model was trained for, or 0. Keras counts these from 0.
  int64_t epoch = 0;
  int64_t epochs = 0;      ///< the number of the last one asked for
  bool validates = false;  ///< there are validation data
  /// Set in on_epoch_end, it ends the training; in on_batch_end, after the step, and the epoch
  /// counts as done, with what it has come to.
  bool stop_training = false;
  /// In on_train_end: FitOptions::stop or an Error ended the training, and the unfinished epoch is
  /// undone.
  bool interrupted = false;
};

/// The functions have Keras's names, and are called where Keras calls them. They may use the model as
/// they like (weights, learning rate, evaluate, save); within an epoch not in ways that need another
/// engine, such as other types of data, which is an Error. What they throw ends the fit.
class Callback {
 public:
  /// How much of an epoch it hears.
  enum class Steps {
    None,
    BadLoss,   ///< on_batch_end after steps whose loss is not finite. FitOptions::terminate_on_nan
               ///< then throws nothing: such a loss is this callback's affair
    Progress,  ///< on_progress about ten times a second, and at the end of an epoch
    All,       ///< on_batch_end after every step. Costs speed: compiled code is left after each,
               ///< or as next_heard() says
  };

  virtual ~Callback() = default;
  virtual Steps steps() const { return Steps::None; }
  /// Of Steps::All: within how many steps from now it must hear of one when that one is done, 1 or
  /// more. It hears of those before that step together with it: the model is then that step's, and
  /// their epoch_logs are empty.
  virtual int64_t next_heard() const { return 1; }

  virtual void on_train_begin(FitContext&) {}
  /// Once for every on_train_begin, however the training ended: see FitContext::interrupted.
  virtual void on_train_end(FitContext&) {}
  /// What it changes in the model is undone with the epoch, and where BackupAndRestore goes on in
  /// the middle of the epoch, whose begin was before.
  virtual void on_epoch_begin(FitContext&) {}
  /// The model counts the epoch as done. What is added to the logs is seen by later callbacks, and
  /// stands in the history.
  virtual void on_epoch_end(FitContext&, EpochResult&) {}
  virtual void on_batch_end(FitContext&, const BatchResult&) {}
  virtual void on_progress(FitContext&, const Progress&) {}
  /// Around the evaluation of the validation data.
  virtual void on_test_begin(FitContext&) {}
  virtual void on_test_end(FitContext&) {}
};

/// An element of FitOptions::callbacks: a callback that is made there is kept there; one that has a
/// name is used where it is, so that it can be asked afterwards, and must outlive the fit.
class CallbackHandle {
 public:
  template <std::derived_from<Callback> C>
  CallbackHandle(C&& made)  // NOLINT: a callback is an element
      : callback_(std::make_shared<C>(std::move(made))) {}
  template <std::derived_from<Callback> C>
    requires(!std::is_const_v<C>)
  CallbackHandle(C& named)  // NOLINT
      : callback_(std::shared_ptr<void>(), &named) {}
  template <std::derived_from<Callback> C>
  CallbackHandle(std::shared_ptr<C> shared)  // NOLINT
      : callback_(std::move(shared)) {}

  Callback& operator*() const { return *callback_; }
  Callback* operator->() const { return callback_.get(); }

 private:
  std::shared_ptr<Callback> callback_;
};

}  // namespace lathe
