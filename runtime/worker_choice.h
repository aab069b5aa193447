// On how many workers of a team a call runs: on all, or on one. No result depends on it, so that it
// may be measured: in a step of some microseconds the barriers cost more than other cores save.
#pragma once

#include <array>
#include <cstdint>
#include <limits>

namespace lathe::runtime {

/// The choice for calls that are alike.
///
/// A trial first times calls on all workers, then, where their steps are short, calls on one; the
/// rest run on the side whose least time a step was less, on one where there is little between
/// them. The least, since whatever else the machine does only adds time. A trial is done again after
/// kCallsBetweenTrials calls.
class WorkerChoice {
 public:
  /// Calls that each side of a trial has at most, and the seconds after which fewer will do.
  static constexpr int kTrialCalls = 3;
  static constexpr double kTrialSeconds = 0.02;
  /// Seconds of a step on all workers from which on one worker is not tried.
  static constexpr double kLongStep = 250e-6;
  /// One worker may be slower by this factor, for it leaves the other cores free.
  static constexpr double kAloneMayTake = 1.03;
  static constexpr int kCallsBetweenTrials = 1000;

  /// Whether the next call is to run on one worker.
  bool alone() const { return alone_; }
  /// What that call did, in seconds; `steps` from 1.
  void took(int64_t steps, double seconds);

 private:
  struct Side {
    double least = std::numeric_limits<double>::infinity();  ///< seconds a step
    double seconds = 0;
    int calls = 0;
    bool known() const { return calls >= kTrialCalls || seconds >= kTrialSeconds; }
  };

  void settle(bool alone);

  bool alone_ = false;
  Side all_, one_;
  int calls_left_ = 0;  ///< until the next trial; 0 in one
};

/// The choices for one function: for each batch, for calls of one step, of a few and of many, since
/// waking the workers counts less in longer calls. Of more than kKept the one that was not used for
/// the longest time is forgotten.
class WorkerChoices {
 public:
  static constexpr int kKept = 16;

  WorkerChoice& of(int64_t batch, int64_t steps);

 private:
  struct Kept {
    int64_t batch = 0;  ///< 0: none
    int length = 0;
    uint64_t used = 0;
    WorkerChoice choice;
  };

  std::array<Kept, kKept> kept_;
  uint64_t uses_ = 0;
};

}  // namespace lathe::runtime
