// The learning rate of an optimiser: a number, or a schedule, which computes it before each step from
// the number of steps done. Names, defaults and formulas are Keras 3's; `lathe list schedules`.
//
//   SGD(CosineDecay(0.1, 1000, {.alpha = 0.01}), 0.9)
//   Adam({.learning_rate = ExponentialDecay(1e-3, 500, 0.9), .beta_1 = 0.95})
//
// Below `step` is 0 in the first step, and steps count while gradients are accumulated too. Numbers
// that make no sense are an Error in Model::compile.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace lathe {

class LearningRate {
 public:
  LearningRate(double rate) : value_(rate) {}  // NOLINT: a number is one
  /// A schedule by its text, `cosine_decay(0.1, decay_steps=1000)`.
  explicit LearningRate(std::string schedule) : value_(std::move(schedule)) {}
  const std::variant<double, std::string>& value() const { return value_; }

 private:
  std::variant<double, std::string> value_;
};

/// values[i] up to and with step boundaries[i], the last value afterwards: one more than there are
/// boundaries, which ascend.
LearningRate PiecewiseConstantDecay(std::vector<double> boundaries, std::vector<double> values);

/// initial_learning_rate * decay_rate ^ (step / decay_steps), of the whole part where `staircase`.
LearningRate ExponentialDecay(double initial_learning_rate, double decay_steps, double decay_rate,
                              bool staircase = false);

/// initial_learning_rate / (1 + decay_rate * step / decay_steps); `staircase` as above.
LearningRate InverseTimeDecay(double initial_learning_rate, double decay_steps, double decay_rate,
                              bool staircase = false);

struct PolynomialDecayOptions {
  double end_learning_rate = 1e-4;
  double power = 1;
  bool cycle = false;  ///< behind decay_steps it begins again, with a longer one
};
/// From the initial rate to the last one by (1 - step / decay_steps) ^ power.
LearningRate PolynomialDecay(double initial_learning_rate, double decay_steps,
                             PolynomialDecayOptions options = {});

struct CosineDecayOptions {
  double alpha = 0;          ///< the least rate, as a share of the first one
  double warmup_target = 0;  ///< where the warmup ends and the decay begins; 0: there is no warmup
  double warmup_steps = 0;   ///< in a straight line from the initial rate to the target
};
/// initial_learning_rate * ((1 - alpha) (1 + cos(pi step / decay_steps)) / 2 + alpha).
LearningRate CosineDecay(double initial_learning_rate, double decay_steps,
                         CosineDecayOptions options = {});

struct CosineDecayRestartsOptions {
  double t_mul = 2;  ///< how much longer each period is than the one before
  double m_mul = 1;  ///< how much higher it begins
  double alpha = 0;  ///< as in CosineDecay
};
/// CosineDecay again and again, first over first_decay_steps.
LearningRate CosineDecayRestarts(double initial_learning_rate, double first_decay_steps,
                                 CosineDecayRestartsOptions options = {});

/// In a straight line from `start` to the rate, which stays. Not a class of Keras.
LearningRate Warmup(double learning_rate, double warmup_steps, double start = 0);

}  // namespace lathe
