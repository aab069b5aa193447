// What training makes small and what it measures: a loss and metrics of each output, the optimiser.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "frontend/train/losses.h"
#include "frontend/train/metrics.h"
#include "lathe/losses.h"
#include "lathe/optimizers.h"
#include "lathe/outputs.h"

namespace lathe {
struct CompileOptions;
}

namespace lathe::detail {

struct OutputPlan {
  std::string name;          ///< of the layer that makes it; empty as long as nobody knows
  std::optional<Loss> loss;  ///< nothing: it is not trained
  double loss_weight = 1;
  std::vector<std::string> metrics = {}, weighted_metrics = {};

  /// Whether a step reads targets of it.
  bool has_targets() const { return loss || !metrics.empty() || !weighted_metrics.empty(); }
  /// The loss whose rules hold for its targets: its own, or, where there is none, its first metric's.
  const LossRow& target_rules() const;
};

struct TrainingPlan {
  std::vector<OutputPlan> outputs;  ///< of all outputs
  Optimizer optimizer;
};

/// What compile was told, by output. `names`: of the outputs, one that is empty where the model is not
/// built. Error for what does not fit the outputs, for two of them of one name, and where none has a
/// loss.
TrainingPlan make_plan(const CompileOptions& options, const std::vector<std::string>& names);
/// Error for unknown losses, metrics and optimizers, for their options, and for two numbers of one
/// name.
void check_plan(const TrainingPlan& plan);

/// The metrics of an output, in their order; of several outputs, their names begin with the output's.
std::vector<Metric> output_metrics(const TrainingPlan& plan, size_t output);

/// The numbers that a step gives, in its order.
struct StepNumbers {
  /// Then, where several outputs have one, NAME_loss.
  std::vector<std::string> losses = {"loss"};
  std::vector<Metric> metrics = {};  ///< output by output
};
/// Error as check_plan for metrics.
StepNumbers step_numbers(const TrainingPlan& plan);

}  // namespace lathe::detail
