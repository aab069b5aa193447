// The functions of lathe/schedules.h.
#include "lathe/schedules.h"

#include <initializer_list>
#include <optional>
#include <utility>

#include "frontend/base/spec.h"
#include "frontend/train/given_options.h"
#include "passes/schedule_table.h"

namespace lathe {

namespace {

using Given = std::initializer_list<std::pair<const char*, ir::Attr>>;

LearningRate schedule(const char* name, std::optional<double> initial, Given given) {
  ir::Attrs all;
  for (const auto& [option, value] : given) all.set(option, value);
  Spec spec{name, detail::chosen_options(passes::find_schedule(name)->hyperparameters, all), {}};
  if (initial) spec.positional = *initial;
  return LearningRate(to_string(spec));
}

}  // namespace

LearningRate PiecewiseConstantDecay(std::vector<double> boundaries, std::vector<double> values) {
  return schedule("piecewise_constant_decay", {},
                  {{"boundaries", std::move(boundaries)}, {"values", std::move(values)}});
}

LearningRate ExponentialDecay(double initial_learning_rate, double decay_steps, double decay_rate,
                              bool staircase) {
  return schedule(
      "exponential_decay", initial_learning_rate,
      {{"decay_steps", decay_steps}, {"decay_rate", decay_rate}, {"staircase", staircase}});
}

LearningRate InverseTimeDecay(double initial_learning_rate, double decay_steps, double decay_rate,
                              bool staircase) {
  return schedule(
      "inverse_time_decay", initial_learning_rate,
      {{"decay_steps", decay_steps}, {"decay_rate", decay_rate}, {"staircase", staircase}});
}

LearningRate PolynomialDecay(double initial_learning_rate, double decay_steps,
                             PolynomialDecayOptions options) {
  return schedule("polynomial_decay", initial_learning_rate,
                  {{"decay_steps", decay_steps},
                   {"end_learning_rate", options.end_learning_rate},
                   {"power", options.power},
                   {"cycle", options.cycle}});
}

LearningRate CosineDecay(double initial_learning_rate, double decay_steps,
                         CosineDecayOptions options) {
  return schedule("cosine_decay", initial_learning_rate,
                  {{"decay_steps", decay_steps},
                   {"alpha", options.alpha},
                   {"warmup_target", options.warmup_target},
                   {"warmup_steps", options.warmup_steps}});
}

LearningRate CosineDecayRestarts(double initial_learning_rate, double first_decay_steps,
                                 CosineDecayRestartsOptions options) {
  return schedule("cosine_decay_restarts", initial_learning_rate,
                  {{"first_decay_steps", first_decay_steps},
                   {"t_mul", options.t_mul},
                   {"m_mul", options.m_mul},
                   {"alpha", options.alpha}});
}

LearningRate Warmup(double learning_rate, double warmup_steps, double start) {
  return schedule("warmup", learning_rate, {{"warmup_steps", warmup_steps}, {"start", start}});
}

}  // namespace lathe
