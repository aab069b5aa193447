// The layers of a model in the order in which they run, with their names.
#pragma once

#include <string>
#include <vector>

#include "frontend/layers/layer_base.h"

namespace lathe::detail {

struct ModelGraph {
  struct Layer {
    LayerPtr layer;
    std::string name;  ///< unique in the model
    std::vector<WeightSpec> weights;
    /// The names of the states, one for each of `weights`.
    std::vector<std::string> states() const;
    /// Those that are weights of the model: not given by the layer's options.
    std::vector<std::string> weight_names() const;
    /// Whether an optimizer moves weight `i`.
    bool trains(size_t i) const { return weights[i].trainable && layer->trainable(); }
    /// Numbers in all weights, and in those that an optimizer moves.
    int64_t parameters() const;
    int64_t trained_parameters() const;
  };
  /// A layer applied once. A shared layer has several calls.
  struct Call {
    int layer = 0;            ///< place in `layers`
    std::vector<int> inputs;  ///< places in `calls`, all before this one
    Dims shape;               ///< of the result
  };

  std::vector<Layer> layers;  ///< in the order of their first call
  std::vector<Call> calls;
  std::vector<int> inputs, outputs;  ///< places in `calls`

  /// Of the layers that make the outputs. Several may be called alike.
  std::vector<std::string> output_names() const;
  std::vector<std::string> weight_names() const;  ///< in model order
  std::vector<std::string> state_names() const;   ///< the same, with those that are given
  /// True where each layer is called once, on the one before it alone.
  bool is_chain() const;
  /// Calls of one layer on others; the first is the one that its row in a summary shows.
  const Call& first_call(int layer) const;
};

/// The way from `inputs` to `outputs`. Error when an output depends on an input that is not among
/// them, an input is used by nothing or given twice, names clash, or a shared layer is called on
/// shapes that need different weights.
ModelGraph make_graph(const std::vector<NodePtr>& inputs, const std::vector<NodePtr>& outputs);

/// The calls of `g` anew, with `layer` behind each input: inputs, and outputs.
struct Ends {
  std::vector<NodePtr> inputs, outputs;
};
Ends calls_behind(const ModelGraph& g, const LayerPtr& layer);

/// Layers one after another; `input_shape` is used where the first is no InputLayer.
ModelGraph make_chain(const std::vector<LayerPtr>& layers, const Dims* input_shape);

}  // namespace lathe::detail
