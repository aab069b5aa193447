// A model as an IR module, stage `built`: the functions init, predict, evaluate and train_step.
//
//   init(%seed: i64[])                               assigns every weight its first value, or what
//                                                    that is made of (finish_initial)
//   predict(%x: f32[B, ...]) -> (y: f32[B, ...])
//   evaluate(%x: T[N, ...], %y, %index: i32[B]) -> (loss: f32[], accuracy: f32[], ...)
//   train_step(the same) -> (the same)               means over the step's rows, before the update
//
// T is u8 or f32. %y is i32[N] (classes) or f32[N, ...] (dense), and where rows have weights there is
// %weight: f32[N] behind it. Several inputs are x0, x1, …, of several outputs what predict makes is
// y0, y1, …, and so are the targets of those that have a loss or metrics: %y0, %y1, … before %weight0,
// %weight1, … . The results are then loss, NAME_loss, …, NAME_accuracy, … (step_numbers).
#pragma once

#include <string>
#include <vector>

#include "frontend/model/model_graph.h"
#include "frontend/model/training_plan.h"
#include "ir/graph.h"
#include "lathe/optimizers.h"

namespace lathe::detail {

/// The number of the rules by which layers, losses and training become IR. A saved model carries it:
/// the IR made from its description must be the IR in the file, unless the file's number is lower.
/// Raise it whenever the same description makes other IR (another op, order, name, attribute), and
/// write its golden file (tests/frontend/golden_model_test.cpp), which keeps files of that number
/// readable from then on. What is new, a layer or a loss, changes no IR that was there.
inline constexpr int64_t kLoweringVersion = 4;

/// How the resident data look to a step.
struct DataForm {
  std::vector<DType> x;  ///< U8 or F32, one an input
  std::vector<DType> y =
      {};                ///< one an output with targets: I32, classes i32[N], or F32, f32[N, ...]
  bool weights = false;  ///< rows have weights in each of these, f32[N]
  /// Rows of the window that an example is, one an input; empty: examples are rows.
  std::vector<int64_t> windows = {};
  friend bool operator==(const DataForm&, const DataForm&) = default;
};

/// The functions of a module: each level has those of the ones before it too.
enum class Level { Init, Predict, Evaluate, Train };

/// `plan` may be null up to Level::Predict. Error when loss and outputs don't fit.
ir::Module build_module(const ModelGraph& graph, const std::string& name, const TrainingPlan* plan,
                        const DataForm& form, Level level);

/// How many numbers a step gives for each of step_numbers: 1 of a loss, and as many as a metric has.
std::vector<int64_t> output_sizes(const ir::Module& module);

/// What `minimize` and the table of optimisers are given. Error for an unknown name or option.
ir::Attrs optimizer_attrs(const Optimizer& optimizer);

}  // namespace lathe::detail
