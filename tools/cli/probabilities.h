// What people are shown of a model that was trained on logits.
#pragma once

#include "lathe/array.h"
#include "lathe/model.h"

namespace lathe::cli {

/// Where the model's loss takes logits (from_logits=true), its outputs, f32[n, ...], through sigmoid
/// for a binary loss, softmax over the last axis for one of classes; otherwise the outputs themselves.
Array as_probabilities(const Model& model, Array outputs);

}  // namespace lathe::cli
