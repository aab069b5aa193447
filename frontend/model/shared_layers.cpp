#include "frontend/model/shared_layers.h"

#include <string>

#include "frontend/model/model_impl.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

/// What a layer's options say (WeightSpec::given) is the same in every model.
bool has_weights(const ModelGraph::Layer& layer) {
  return !layer.weight_names().empty();
}

}  // namespace

void SharedLayers::check(const ModelGraph& graph) {
  for (const ModelGraph::Layer& layer : graph.layers) {
    if (!has_weights(layer)) continue;
    try {
      layer.layer->weights_in_models().check_shapes(layer.weights);
    } catch (const Error& e) {
      throw Error("layer " + layer.name + ": " + e.what());
    }
  }
}

void SharedLayers::join() {
  const std::vector<ModelGraph::Layer>& layers = model_.graph().layers;
  for (size_t i = 0; i < layers.size(); ++i) {
    if (!has_weights(layers[i])) continue;
    all_.push_back({i});
    layers[i].layer->weights_in_models().fix_shapes(layers[i].weights);
  }
}

void SharedLayers::leave() {
  for (const Shared& s : all_)
    if (layer(s).layer.use_count() > 1) weights(s).leave(*this);
  all_.clear();
}

void SharedLayers::made() {
  for (Shared& s : all_)
    if (weights(s).version() == 0) s.seen = weights(s).changed(*this);
  take_newest();
}

void SharedLayers::take_newest() {
  for (Shared& s : all_) {
    LayerWeights& shared = weights(s);
    if (s.seen == shared.version()) continue;
    const std::vector<std::string> names = layer(s).states();
    const std::vector<Array> values = shared.take(*this);
    for (size_t i = 0; i < names.size(); ++i) model_.set_state(names[i], values[i]);
    s.seen = shared.version();
  }
}

void SharedLayers::changed() noexcept {
  for (Shared& s : all_) s.seen = weights(s).changed(*this);
}

const ModelGraph::Layer& SharedLayers::layer(const Shared& shared) const {
  return model_.graph().layers[shared.layer];
}

LayerWeights& SharedLayers::weights(const Shared& shared) const {
  return layer(shared).layer->weights_in_models();
}

std::vector<Array> SharedLayers::values_of(const LayerWeights& weights) const {
  std::vector<Array> values;
  for (const Shared& s : all_)
    if (&this->weights(s) == &weights)
      for (const std::string& name : layer(s).states()) values.push_back(model_.state(name));
  return values;
}

}  // namespace lathe::detail
