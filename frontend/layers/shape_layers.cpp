// InputLayer, Flatten and Reshape: layers that compute nothing.
#include <algorithm>
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

int64_t count(const Dims& dims) {
  return std::accumulate(dims.begin(), dims.end(), int64_t{1}, std::multiplies<>());
}

class FlattenLayer final : public LayerBase {
 public:
  using LayerBase::LayerBase;
  Dims output_shape(const std::vector<Dims>& inputs) const override {
    if (inputs.size() != 1) throw Error("takes one input");
    return {count(inputs[0])};
  }
  ir::ValueId call(ir::Builder& b, std::span<const ir::ValueId> x,
                   std::span<const ir::StateId>) const override {
    return b.reshape(x[0], {Dim::batch(), b.type(x[0]).row_elements()});
  }
};

class ReshapeLayer final : public LayerBase {
 public:
  ReshapeLayer(const LayerType& type, const Options& o)
      : LayerBase(type, o), target_(o.ints("target_shape")) {
    if (std::count(target_.begin(), target_.end(), -1) > 1)
      throw Error("only one size of target_shape can be -1");
    Dims known = target_;
    std::erase(known, -1);
    check_dims(known, "target_shape");
  }
  Dims output_shape(const std::vector<Dims>& inputs) const override {
    if (inputs.size() != 1) throw Error("takes one input");
    const int64_t have = count(inputs[0]);
    Dims shape = target_;
    const auto open = std::find(shape.begin(), shape.end(), -1);
    if (open != shape.end()) *open = have / -count(target_);
    if (count(shape) != have)
      throw Error("rows of shape " + dims_to_string(inputs[0]) + " have " + std::to_string(have) +
                  " elements, which do not make " + dims_to_string(target_));
    return shape;
  }
  ir::ValueId call(ir::Builder& b, std::span<const ir::ValueId> x,
                   std::span<const ir::StateId>) const override {
    Dims row;
    for (size_t i = 1; i < b.type(x[0]).shape.size(); ++i)
      row.push_back(b.type(x[0]).shape[i].size());
    return b.reshape(x[0], batch_shape(output_shape({row})));
  }
  std::string detail() const override { return dims_to_string(target_); }

 private:
  Dims target_;
};

}  // namespace

LayerPtr make_InputLayer(const LayerType& type, const Options& options) {
  return std::make_shared<InputLayerBase>(type, options);
}

LayerPtr make_Flatten(const LayerType& type, const Options& options) {
  return std::make_shared<FlattenLayer>(type, options);
}

LayerPtr make_Reshape(const LayerType& type, const Options& options) {
  return std::make_shared<ReshapeLayer>(type, options);
}

}  // namespace lathe::detail
