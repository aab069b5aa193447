// A model as an IR module, stage `built`: the functions init, predict, evaluate and train_step.
//
//   init(%seed: i64[])                               assigns every weight its first value, or what
//                                                    that is made of (finish_initial)
//   predict(%x: f32[B, ...]) -> (y: f32[B, ...])
//   evaluate(%x: T[N, ...], %y, %index: i32[B]) -> (loss: f32[], accuracy: f32[], ...)
//   train_step(the same) -> (the same)               means over the step's rows, before the update
//
// T is u8 or f32. %y is i32[N] (classes) or f32[N, ...] (dense). Several inputs are x0, x1, …,
// several outputs y0, y1, … .
#pragma once

#include <string>
#include <vector>

#include "frontend/model/model_graph.h"
#include "frontend/train/metrics.h"
#include "ir/graph.h"
#include "lathe/losses.h"
#include "lathe/optimizers.h"

namespace lathe::detail {

/// The number of the rules by which layers, losses and training become IR. A saved model carries it:
/// the IR made from its description must be the IR in the file, unless the file's number is lower.
/// Raise it whenever the same description makes other IR (another op, order, name, attribute), and
/// write its golden file (tests/frontend/golden_model_test.cpp), which keeps files of that number
/// readable from then on. What is new, a layer or a loss, changes no IR that was there.
inline constexpr int64_t kLoweringVersion = 3;

/// How the resident data look to a step.
struct DataForm {
  std::vector<DType> x;  ///< U8 or F32, one an input
  bool classes = false;  ///< the targets are i32[N], not f32[N, ...]
  bool weights = false;  ///< rows have weights, f32[N]
  friend bool operator==(const DataForm&, const DataForm&) = default;
};

/// The functions of a module: each level has those of the ones before it too.
enum class Level { Init, Predict, Evaluate, Train };

struct TrainingPlan {
  Loss loss;
  Optimizer optimizer;
  std::vector<std::string> metrics, weighted_metrics;
};

/// `plan` may be null up to Level::Predict. Error when loss and outputs don't fit.
ir::Module build_module(const ModelGraph& graph, const std::string& name, const TrainingPlan* plan,
                        const DataForm& form, Level level);

/// The metrics of a step. Error for unknown ones, and for two of one name.
std::vector<Metric> plan_metrics(const TrainingPlan& plan);
/// The numbers that a step gives: 1 of the loss, then those of each metric.
std::vector<int64_t> output_sizes(const ir::Module& module);

/// What `minimize` and the table of optimisers are given. Error for an unknown name or option.
ir::Attrs optimizer_attrs(const Optimizer& optimizer);

}  // namespace lathe::detail
