// The table of optimisers, read from optimizers.def, and what a row is written in.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/attributes.h"
#include "ir/scalar_expr.h"

namespace lathe::passes {

struct Hyperparameter {
  std::string name;
  ir::Attr default_value;  ///< a real or a bool
  double low = 0, high = 0;
};

/// One statement of a row, with the hyperparameters already numbers. `value` is over the arguments
/// that OptimizerSteps gives out; the statement's result is argument `result`.
struct OptimizerStep {
  enum class Kind { Scalar, Carried, Slot };
  Kind kind = Kind::Scalar;
  std::string name;    ///< of the variable; for Slot, the suffix of the state's name
  double initial = 0;  ///< Carried, Slot
  int old = -1;        ///< Carried, Slot: the argument that is the value at entry
  int result = -1;
  ir::ScalarExpr value;
};

/// What a row becomes for given hyperparameters.
struct OptimizerSteps {
  /// Arguments with a fixed meaning; the others are numbered as the steps come.
  enum Arg { Weight, Gradient, Rate, Time, FirstFree };
  std::vector<OptimizerStep> steps;
  ir::ScalarExpr weight;  ///< the new weight
  int arguments = FirstFree;
};

struct OptimizerRow {
  std::string_view name;
  std::vector<Hyperparameter> hyperparameters;  ///< the learning rate first
  std::string formula;                          ///< "v = ...; w = ...", as written in the row
};

std::span<const OptimizerRow> optimizer_table();
/// The row of that name, or nullptr.
const OptimizerRow* find_optimizer(std::string_view name);

/// The steps of the optimiser that `attrs` names (`optimizer = sgd, momentum = 0.9, …`); what is
/// not given has its default. Error, with what was expected, for a name that is not in the table,
/// for an unknown hyperparameter and for one of the wrong type or out of its range.
OptimizerSteps optimizer_steps(const ir::Attrs& attrs);
/// The learning rate that `attrs` gives, or the row's default; errors as above.
double optimizer_learning_rate(const ir::Attrs& attrs);

}  // namespace lathe::passes
