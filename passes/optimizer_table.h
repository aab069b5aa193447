// The table of optimisers, read from optimizers.def, and what a row is written in.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/attributes.h"
#include "ir/scalar_expr.h"
#include "passes/hyperparameters.h"

namespace lathe::passes {

/// The axes of a weight that a sum or mean goes over. They stay in the result, with size 1, but for
/// All, which gives one number.
enum class WeightAxes { None, All, Last, SecondLast };

/// One statement of a row, with the hyperparameters already numbers. `value` is over the arguments
/// that OptimizerSteps gives out; the statement's result is argument `result`.
struct OptimizerStep {
  enum class Kind {
    Scalar,   ///< once a step for all weights
    Carried,  ///< the same, kept in a state
    Slot,     ///< kept in a state for each weight
    Local,    ///< for each weight, not kept
    Sum,      ///< of `value` over `axes` of the weight
    Mean,
    Product,  ///< of the matrices that arguments `left` and `right` are
  };
  Kind kind = Kind::Scalar;
  std::string name;    ///< of the variable; for Slot, the suffix of the state's name
  double initial = 0;  ///< Carried, Slot
  int old = -1;        ///< Carried, Slot: the argument that is the value at entry
  int result = -1;
  ir::ScalarExpr value;
  WeightAxes axes = WeightAxes::None;  ///< Sum, Mean: what goes; Slot: the axes it has size 1 in
  int left = -1, right = -1;           ///< Product
  bool transpose_left = false, transpose_right = false;

  /// Whether it reads that argument.
  bool reads(int arg) const { return value.uses(arg) || left == arg || right == arg; }
  friend bool operator==(const OptimizerStep&, const OptimizerStep&) = default;
};

/// What is done around every row, in this order, with Keras 3's meaning. 0: not done.
struct CommonArguments {
  int64_t gradient_accumulation_steps = 0;
  double clipnorm = 0, global_clipnorm = 0, clipvalue = 0;  ///< one of them at most
  double weight_decay = 0;
  bool use_ema = false;
  double ema_momentum = 0;
  int64_t ema_overwrite_frequency = 0;
};

/// What a row becomes for given hyperparameters.
struct OptimizerSteps {
  /// Arguments with a fixed meaning; the others are numbered as the steps come.
  enum Arg { Weight, Gradient, Rate, Time, FirstFree };
  std::vector<OptimizerStep> steps;
  ir::ScalarExpr weight;  ///< the new weight
  int arguments = FirstFree;
  CommonArguments common;
};

/// The weight that is updated: rows may choose by it.
struct UpdatedWeight {
  std::string name;
  std::vector<int64_t> shape = {1, 1};
};

struct OptimizerRow {
  std::string_view name;
  std::vector<Hyperparameter> hyperparameters;  ///< the learning rate first, the common ones last
  std::string formula;                          ///< "v = ...; w = ...", as written in the row
};

std::span<const OptimizerRow> optimizer_table();
/// The row of that name, or nullptr.
const OptimizerRow* find_optimizer(std::string_view name);

/// The steps, for that weight, of the optimiser that `attrs` names (`optimizer = sgd,
/// momentum = 0.9, …`); what is not given has its default. Error, with what was expected, for a
/// name that is not in the table, for an unknown hyperparameter and for one of the wrong type or
/// out of its range, for two ways to clip, and for a bad `schedule` (schedule_table.h).
OptimizerSteps optimizer_steps(const ir::Attrs& attrs, const UpdatedWeight& weight = {});
/// The learning rate that `attrs` gives, or the row's default; errors as above.
double optimizer_learning_rate(const ir::Attrs& attrs);

}  // namespace lathe::passes
