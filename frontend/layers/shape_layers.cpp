// InputLayer and Flatten: layers that compute nothing.
#include <functional>
#include <numeric>

#include "frontend/layers/layer_base.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

class InputLayerBase final : public LayerBase {
 public:
  InputLayerBase(const LayerType& type, const Options& o)
      : LayerBase(type, o), shape_(o.ints("shape")) {
    check_dims(shape_, "the input");
  }
  Dims output_shape(const std::vector<Dims>& inputs) const override {
    if (!inputs.empty()) throw Error("begins a model and takes no input");
    return shape_;
  }
  ir::ValueId call(ir::Builder&, std::span<const ir::ValueId>,
                   std::span<const ir::StateId>) const override {
    internal_error(__FILE__, __LINE__, "an input is given, not computed");
  }

 private:
  Dims shape_;
};

class FlattenLayer final : public LayerBase {
 public:
  using LayerBase::LayerBase;
  Dims output_shape(const std::vector<Dims>& inputs) const override {
    if (inputs.size() != 1) throw Error("takes one input");
    const Dims& d = inputs[0];
    return {std::accumulate(d.begin(), d.end(), int64_t{1}, std::multiplies<>())};
  }
  ir::ValueId call(ir::Builder& b, std::span<const ir::ValueId> x,
                   std::span<const ir::StateId>) const override {
    return b.reshape(x[0], {Dim::batch(), b.type(x[0]).row_elements()});
  }
};

}  // namespace

LayerPtr make_InputLayer(const LayerType& type, const Options& options) {
  return std::make_shared<InputLayerBase>(type, options);
}

LayerPtr make_Flatten(const LayerType& type, const Options& options) {
  return std::make_shared<FlattenLayer>(type, options);
}

}  // namespace lathe::detail
