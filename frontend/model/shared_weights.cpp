#include "lathe/shared_weights.h"

#include <map>
#include <utility>

#include "frontend/model/model_impl.h"
#include "ir/error.h"

namespace lathe {
namespace {

/// Where the weights of each layer begin in model order.
std::map<const detail::LayerBase*, std::pair<size_t, const detail::ModelGraph::Layer*>> places(
    const detail::ModelGraph& graph) {
  std::map<const detail::LayerBase*, std::pair<size_t, const detail::ModelGraph::Layer*>> all;
  size_t begin = 0;
  for (const detail::ModelGraph::Layer& layer : graph.layers) {
    all.emplace(layer.layer.get(), std::pair(begin, &layer));
    begin += layer.weights.size();
  }
  return all;
}

}  // namespace

int64_t copy_shared_weights(Model& from, Model& to) {
  const auto theirs = places(from.impl().graph());
  const detail::ModelGraph& graph = to.impl().graph();
  const std::vector<Array> source = from.get_weights();
  std::vector<Array> weights = to.get_weights();
  int64_t copied = 0;
  size_t begin = 0;
  for (const detail::ModelGraph::Layer& layer : graph.layers) {
    const auto found = theirs.find(layer.layer.get());
    for (size_t i = 0; i < layer.weights.size() && found != theirs.end(); ++i) {
      const auto& [their_begin, their_layer] = found->second;
      if (their_layer->weights[i].shape != layer.weights[i].shape) {
        throw Error("weight " + layer.states()[i] + " is " +
                    detail::dims_to_string(layer.weights[i].shape) + ", but " +
                    detail::dims_to_string(their_layer->weights[i].shape) +
                    " in the model it is copied from");
      }
      weights[begin + i] = source[their_begin + i];
      ++copied;
    }
    begin += layer.weights.size();
  }
  if (copied == 0) {
    throw Error("models " + from.name() + " and " + to.name() +
                " have no layer with weights in common");
  }
  to.set_weights(weights);
  return copied;
}

}  // namespace lathe
