// Reverse-mode differentiation.
#pragma once

#include "passes/pass.h"

namespace lathe::passes {

/// Replaces the `minimize(%loss) {…}` of each function by the backward ops and, in the order of the
/// module's states, one `update(%state, %gradient) {…}` with minimize's attributes for every state
/// with `trainable = true` that the loss depends on. A trainable state without a gradient gets a
/// remark with the reason: the loss does not depend on it, or an op between them has gradient 0.
///
/// Only values on a way from a trainable state to the loss are differentiated. Gradients come from
/// ir::vjp alone; contributions to a value are added in the order in which the walk, from the last
/// op to the first, meets its uses. A backward op carries the `layer` of its forward op.
///
/// Error where a way from a trainable state to the loss leads through an op without a gradient, or
/// a function has more than one minimize. Forward ops stay as they are.
bool differentiate(ir::Module& module, const PassOptions& options, Remarks& remarks);

}  // namespace lathe::passes
