// Activation and Rescaling: element by element (softmax: row by row).
#include <fmt/format.h>

#include <cmath>

#include "frontend/layers/activations.h"
#include "frontend/layers/layer_base.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

class ActivationLayer final : public LayerBase {
 public:
  ActivationLayer(const LayerType& type, const Options& o)
      : LayerBase(type, o), activation_(o.word("activation")) {
    check_option("activation", [&] { check_activation(activation_); });
  }
  Dims output_shape(const std::vector<Dims>& inputs) const override {
    if (inputs.size() != 1) throw Error("takes one input");
    return activation_shape(activation_, inputs[0]);
  }
  ir::ValueId call(ir::Builder& b, std::span<const ir::ValueId> x,
                   std::span<const ir::StateId>) const override {
    return apply_activation(b, activation_, x[0]);
  }
  std::string detail() const override { return activation_; }

 private:
  std::string activation_;
};

class RescalingLayer final : public LayerBase {
 public:
  RescalingLayer(const LayerType& type, const Options& o)
      : LayerBase(type, o), scale_(o.real("scale", 1)), offset_(o.real("offset", 0)) {
    // f32 is what it is computed in.
    if (!std::isfinite(static_cast<float>(scale_)) || !std::isfinite(static_cast<float>(offset_)))
      throw Error("scale and offset must be finite");
  }
  Dims output_shape(const std::vector<Dims>& inputs) const override {
    if (inputs.size() != 1) throw Error("takes one input");
    return inputs[0];
  }
  ir::ValueId call(ir::Builder& b, std::span<const ir::ValueId> x,
                   std::span<const ir::StateId>) const override {
    using namespace ir::scalar_dsl;
    return b.map(E::arg(0) * E(scale_) + E(offset_), {x[0]});
  }
  std::string detail() const override {
    return offset_ == 0 ? fmt::format("x * {:.5g}", scale_)
                        : fmt::format("x * {:.5g} + {:.5g}", scale_, offset_);
  }

 private:
  double scale_, offset_;
};

}  // namespace

LayerPtr make_Activation(const LayerType& type, const Options& options) {
  return std::make_shared<ActivationLayer>(type, options);
}

LayerPtr make_Rescaling(const LayerType& type, const Options& options) {
  return std::make_shared<RescalingLayer>(type, options);
}

}  // namespace lathe::detail
