// Expansion of optimisers into ordinary ops on state.
#pragma once

#include "passes/pass.h"

namespace lathe::passes {

/// Replaces each `update(%w, %gradient) {optimizer = …}` by the maps and assigns of the row of that
/// name in optimizers.def.
///
/// States that it makes where the module lacks them: `%learning_rate : f32[]` {role = rate}, which
/// starts at the update's learning rate, and which a `schedule` sets to the rate of each step;
/// `%iterations : i64[]` {role = counter}, which each function with an update advances by 1; slots
/// `%w.name` {role = slot}, with w's layer and w's type (or with size 1 where a row keeps means);
/// and `%optimizer.name : f32[]` {role = slot} for a number that an optimiser carries for all
/// weights.
/// A state that is there already keeps its initial value. All other hyperparameters become
/// constants in the maps, which are elementwise on w's shape, so that they fuse into the gradient's
/// kernel.
///
/// Around every row, in Keras 3's order and with its meaning (CommonArguments in
/// optimizer_table.h): gradients are summed in `%w.gradient_accumulator`, and in steps that end no
/// accumulation every state but that sum and the average keeps its value, which the weight's
/// constraint is applied to all the same; gradients are clipped;
/// weights decay, unless the state has {decay = false}; after the update `%w.average` is moved on, and
/// last the weight takes the state's `constraint` (constraints.h).
/// An update that can't be in its gradient's kernel, because it needs a norm, a sum over a whole
/// weight or products of the whole gradient first, has a remark that names it.
///
/// Error for an unknown optimiser or hyperparameter, for a state of one of these names with another
/// type or role, and for two updates of the module that need different ones: learning rates or
/// schedules that are not the same, or other settings where a number is carried for all weights.
bool expand_optimizers(ir::Module& module, const PassOptions& options, Remarks& remarks);

}  // namespace lathe::passes
