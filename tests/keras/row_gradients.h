// The gradient of a model's loss for its first layer's kernel [n, units], which is what the layer
// gives out for row i of identity(n): so it is also the gradient for what goes into the next layer.
#pragma once

#include "tests/keras/exact_step.h"

namespace lathe::test {

/// The optimiser that leaves the gradient, negative, in the slot `<kernel>.momentum`.
Optimizer gradient_keeper();

struct RowGradients {
  Numbers losses;     ///< each row's, as a batch of its own
  Numbers gradients;  ///< of that loss, row by row
};

/// In doubles. `kernel` is of the n rows, `targets` has `targets.size() / n` numbers a row.
RowGradients exact_row_gradients(Model& model, const Numbers& kernel, const Numbers& targets,
                                 int64_t n);
/// In compiled f32: one epoch of n steps, each of one row.
RowGradients compiled_row_gradients(Model& model, const Numbers& kernel, const Array& targets,
                                    int64_t n);

}  // namespace lathe::test
