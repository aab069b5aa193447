// Layers that learn their weights from data before training: Model::adapt.
#include "frontend/layers/adapter.h"

#include "frontend/model/model_impl.h"
#include "ir/error.h"
#include "ir/nearest.h"

namespace lathe {

namespace detail {

void ModelImpl::adapt(const std::string& layer, const Adapter::NextRows& next) {
  check_no_epoch_runs("adapt");
  const ModelGraph& g = graph();
  std::vector<std::string> names;
  size_t at = g.layers.size();
  for (size_t i = 0; i < g.layers.size(); ++i) {
    names.push_back(g.layers[i].name);
    if (g.layers[i].name == layer) at = i;
  }
  if (at == g.layers.size()) throw Error(ir::unknown_name("layer", layer, names));
  const Adapter* adapter = g.layers[at].layer->adapter();
  if (!adapter)
    throw Error("layer " + layer +
                " learns nothing from data alone: only a Normalization without " +
                "a given mean does");
  const ModelGraph::Call& call = g.first_call(static_cast<int>(at));
  const Dims& want = g.calls[static_cast<size_t>(call.inputs[0])].shape;
  const Adapter::NextRows checked = [&](const auto& take) {
    return next([&](const ArrayView& x) {
      if (x.shape.empty() || Dims(x.shape.begin() + 1, x.shape.end()) != want)
        throw Error("it takes rows of " + dims_to_string(want) + ", not an array of shape " +
                    dims_to_string(x.shape));
      take(x);
    });
  };
  need_weights();
  try {
    const std::vector<Array> weights = adapter->learn(checked);
    const std::vector<std::string> states = g.layers[at].states();
    for (size_t i = 0; i < states.size(); ++i) set_state(states[i], weights[i]);
    shared_.changed();
  } catch (const Error& e) {
    throw Error("layer " + layer + ": " + e.what());
  }
}

void ModelImpl::check_adapted() {
  for (const ModelGraph::Layer& layer : graph().layers) {
    const Adapter* adapter = layer.layer->adapter();
    if (!adapter) continue;
    const LayerWeights& weights = layer.layer->weights_in_models();
    if (weights.version() == 0 || !adapter->has_learned(weights.values()))
      throw Error("layer " + layer.name +
                  " has no mean and variance yet: adapt it to data, or give " +
                  "them as its options");
  }
}

}  // namespace detail

void Model::adapt(const std::string& layer, const ArrayView& x) {
  impl_->adapt(layer, detail::one_piece(x));
}

void Model::adapt(const std::string& layer, const Shards& data) {
  impl_->adapt(layer, detail::pieces_of(data));
}

}  // namespace lathe
