// Crossentropy of probabilities into crossentropy from logits.
#pragma once

#include "passes/pass.h"

namespace lathe::passes {

/// In every function, with p = softmax(z), q = p or p / sum(p) over the last axis, and r = q or q
/// clipped to [low, high], low <= 1.2e-7 and high >= 1 - 1.2e-7 (f32's epsilon):
///   log(r)                       becomes log_softmax(z)
/// and with p = sigmoid(z), r = p or p clipped alike:
///   log(r)                       becomes log_sigmoid(z)
///   log(1 - r), or r clipped after the subtraction, becomes log_sigmoid(-z)
/// however the arithmetic is spread over maps and constants. The logarithm may be part of a larger
/// expression. What is dead afterwards is dropped; a function without such a logarithm stays.
///
/// Keras with TensorFlow does the same where the probabilities come straight from a softmax or
/// sigmoid. It keeps the digits that a small probability loses, and the clip would otherwise have
/// no slope there: a sample that is wrong enough would teach nothing. Values change where the clip
/// had an effect; a clip that cuts more is meant as one and stays. Comes before autodiff.
bool use_logits(ir::Module& module, const PassOptions& options, Remarks& remarks);

}  // namespace lathe::passes
