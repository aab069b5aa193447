// Expansion of optimisers into ordinary ops on state.
#pragma once

#include "passes/pass.h"

namespace lathe::passes {

/// Replaces each `update(%w, %gradient) {optimizer = …}` by the maps and assigns of the row of that
/// name in optimizers.def.
///
/// States that it makes where the module lacks them: `%learning_rate : f32[]` {role = rate}, which
/// starts at the update's learning rate; `%iterations : i64[]` {role = counter}, which each
/// function with an update advances by 1; slots `%w.name` of w's type {role = slot}, with w's
/// layer; and
/// `%optimizer.name : f32[]` {role = slot} for a number that an optimiser carries for all weights.
/// A state that is there already keeps its initial value. All other hyperparameters become
/// constants in the maps, which are elementwise on w's shape, so that they fuse into the gradient's
/// kernel.
///
/// Error for an unknown optimiser or hyperparameter, and for a state of one of these names with
/// another type.
bool expand_optimizers(ir::Module& module, const PassOptions& options, Remarks& remarks);

}  // namespace lathe::passes
