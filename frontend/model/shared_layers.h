// The layers of a model whose weights it shares with others that are made of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "frontend/layers/layer_weights.h"
#include "frontend/model/model_graph.h"

namespace lathe::detail {

class ModelImpl;

/// All that have weights, whoever else has them now. The model's states hold its copy of those:
/// before they are used, `take_newest`; after a change, `changed`.
class SharedLayers final : private LayerWeights::Holder {
 public:
  explicit SharedLayers(ModelImpl& model) : model_(model) {}
  SharedLayers(const SharedLayers&) = delete;  // layers know it by its address
  SharedLayers& operator=(const SharedLayers&) = delete;

  /// Error where a layer of `graph` has weights of other shapes in another model.
  static void check(const ModelGraph& graph);
  /// Takes up those of the model's graph, which was checked; it has no weights of them yet.
  void join();
  /// The layers keep what this model alone knows of their weights, unless nobody else has the layer.
  void leave();

  /// The model's states have first weights; those that another model made before are taken instead.
  void made();
  /// Takes what others changed since this model, which has weights, did so.
  void take_newest();
  /// All weights are what the model's states hold.
  void changed() noexcept;

 private:
  struct Shared {
    size_t layer = 0;   ///< place in the graph
    uint64_t seen = 0;  ///< the version that the states hold
  };
  const ModelGraph::Layer& layer(const Shared& shared) const;
  LayerWeights& weights(const Shared& shared) const;
  std::vector<Array> values_of(const LayerWeights& weights) const override;

  ModelImpl& model_;
  std::vector<Shared> all_;
};

}  // namespace lathe::detail
