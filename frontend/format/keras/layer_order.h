// The order in which Keras keeps a model's layers, and so their weights in its files.
#pragma once

#include <vector>

#include "frontend/model/model_graph.h"

namespace lathe::detail {

/// Places in `g.layers`. Of a chain its own order. Otherwise as keras/src/ops/function.py has it: by
/// falling depth, the longest way to an output; of one depth in the order in which a walk back from
/// the outputs comes upon them.
std::vector<size_t> keras_layer_order(const ModelGraph& g);

}  // namespace lathe::detail
