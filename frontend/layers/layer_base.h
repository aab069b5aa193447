// What a layer is inside: shapes in, shape and weights out, and the IR that it stands for.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/base/options.h"
#include "frontend/layers/layer_context.h"
#include "frontend/layers/layer_weights.h"
#include "lathe/array.h"

namespace lathe::detail {

/// A shape without the batch.
using Dims = std::vector<int64_t>;
std::string dims_to_string(const Dims& dims);
/// `[B, dims...]`.
Shape batch_shape(const Dims& dims);
/// Error unless every dimension is positive and their product fits into 2^40.
void check_dims(const Dims& dims, const std::string& what);

/// The axis of [B, dims...] that `axis` names, 1 to the rank or from the end, as a place in `dims`.
/// Error where there is none, and for the batch.
size_t row_axis(int64_t axis, const Dims& dims);
/// `[2], [3]`.
std::string all_shapes(const std::vector<Dims>& inputs);
/// The only input. Error for another number of them.
const Dims& one_input(const std::vector<Dims>& inputs);

struct WeightSpec {
  std::string name;  ///< `kernel`; the state is called `<layer>_kernel`
  Dims shape;
  std::string initializer;
  bool trainable = true;    ///< false: changed by LayerContext::update alone
  std::string regularizer;  ///< of a weight that is trained; empty: none
  std::string constraint;   ///< the same
  /// Said by the layer's options (LayerBase::first_weights): a state, but no weight of the model, so
  /// that lists and files of weights are without it.
  bool given = false;
  friend bool operator==(const WeightSpec&, const WeightSpec&) = default;
};

struct LayerType;
class Adapter;

/// What it computes never changes. Of its weights it knows only which model has the newest.
class LayerBase {
 public:
  LayerBase(const LayerType& type, Options options) : type_(type), options_(std::move(options)) {}
  virtual ~LayerBase() = default;

  const LayerType& type() const { return type_; }
  const Options& options() const { return options_; }
  std::string given_name() const { return options_.word("name"); }
  /// False: the optimizer leaves its weights as they are.
  bool trainable() const { return options_.flag("trainable"); }

  /// Error when the layer can't take these.
  virtual Dims output_shape(const std::vector<Dims>& inputs) const = 0;
  virtual std::vector<WeightSpec> weights(const std::vector<Dims>&) const { return {}; }
  /// How the weights of a model begin where their initialisers do not say so; one each.
  virtual std::optional<std::vector<Array>> first_weights(const std::vector<WeightSpec>&) const {
    return std::nullopt;
  }
  /// Those that all models of this layer share.
  LayerWeights& weights_in_models() const { return weights_in_models_; }
  /// Of a layer that learns its weights from data (adapter.h); otherwise null.
  virtual const Adapter* adapter() const { return nullptr; }
  /// Its input must be whole numbers from 0 to below this; 0: any numbers.
  virtual int64_t index_limit() const { return 0; }
  /// Whether `call` draws random numbers when it trains.
  virtual bool draws() const { return false; }
  /// inputs: f32[B, ...].
  virtual ir::ValueId call(LayerContext& c, std::span<const ir::ValueId> inputs) const = 0;
  /// A few words for the summary, such as the activation.
  virtual std::string detail() const { return ""; }

 private:
  const LayerType& type_;
  Options options_;
  mutable LayerWeights weights_in_models_;
};

using LayerPtr = std::shared_ptr<const LayerBase>;

/// A row of layers.def.
struct LayerType {
  std::string_view name;
  std::string_view text;
  std::vector<OptionSpec> options;
  LayerPtr (*make)(const LayerType& type, const Options& options);
};

/// Defines make_<name> of a row of layers.def, whose class is <name>Layer.
#define LATHE_MAKE_LAYER(name)                                          \
  LayerPtr make_##name(const LayerType& type, const Options& options) { \
    return std::make_shared<name##Layer>(type, options);                \
  }

std::span<const LayerType> layer_types();
/// A layer of that type; options may be left out. Error; `where` begins its
/// message, followed by the option that it is about: `layers[1].units: …`.
LayerPtr make_layer(std::string_view type, const Options& options, const std::string& where = "");

/// A call of a layer.
struct Node {
  LayerPtr layer;
  std::vector<std::shared_ptr<const Node>> inputs;
  Dims shape;  ///< of the result
};
using NodePtr = std::shared_ptr<const Node>;

/// Error, naming the layer, when it can't take these inputs.
NodePtr call_layer(LayerPtr layer, std::vector<NodePtr> inputs);

}  // namespace lathe::detail
