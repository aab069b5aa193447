// The table of learning-rate schedules, read from schedules.def. (The pass that puts kernels into
// phases is schedule.h.)
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/attributes.h"
#include "ir/scalar_expr.h"
#include "passes/hyperparameters.h"

namespace lathe::passes {

struct ScheduleRow {
  std::string_view name;
  std::vector<Hyperparameter> hyperparameters;
  std::string formula;  ///< as written in the row
};

std::span<const ScheduleRow> schedule_table();
/// The row of that name, or nullptr.
const ScheduleRow* find_schedule(std::string_view name);

/// Whether the attributes of a minimize or update name a schedule: `schedule = cosine_decay,
/// schedule.decay_steps = 1000, …`.
bool has_schedule(const ir::Attrs& attrs);
/// Error, with what was expected, for a schedule that is not in the table, and for hyperparameters
/// that are unknown, missing, of the wrong type or out of range. Nothing where none is named.
void check_schedule(const ir::Attrs& attrs);
/// The rate over argument 0, the number of steps done before. `initial` is the optimiser's learning
/// rate. Errors as above; without a schedule, a constant.
ir::ScalarExpr schedule_rate(const ir::Attrs& attrs, double initial);

}  // namespace lathe::passes
