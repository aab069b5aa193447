// Activations as layers: Activation by its spec, those that Keras has layers for, and PReLU, whose
// slopes are learned.
#include "frontend/base/spec.h"
#include "frontend/layers/activations.h"
#include "frontend/layers/layer_base.h"
#include "frontend/train/initializers.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

class ActivationLayer final : public LayerBase {
 public:
  ActivationLayer(const LayerType& type, const Options& o, std::string spec)
      : LayerBase(type, o), activation_(std::move(spec)) {}
  Dims output_shape(const std::vector<Dims>& inputs) const override {
    return activation_shape(activation_, one_input(inputs));
  }
  ir::ValueId call(LayerContext& c, std::span<const ir::ValueId> x) const override {
    return apply_activation(c.b, activation_, x[0]);
  }
  std::string detail() const override { return activation_; }

 private:
  std::string activation_;
};

/// The layer's options, but for its name, are those of the activation; its defaults may be others.
LayerPtr with_options(const LayerType& type, const Options& options, std::string_view activation) {
  Spec spec;
  spec.name = activation;
  for (const OptionSpec& option : type.options) {
    const ir::Attr* value = options.find(option.name);
    if (option.name != "name" && option.name != "trainable" && value)
      spec.options.set(option.name, *value);
  }
  const std::string text = to_string(spec);
  check_activation(text);
  return std::make_shared<ActivationLayer>(type, options, text);
}

/// x where it is above 0, else alpha x, with an alpha for each element of a row.
class PReLULayer final : public LayerBase {
 public:
  PReLULayer(const LayerType& type, const Options& o) : LayerBase(type, o) {
    check_option("alpha_initializer", [&] { check_initializer(o.word("alpha_initializer")); });
    for (const int64_t axis : o.ints("shared_axes"))
      if (axis == 0) throw OptionError("shared_axes", "axis 0 is the batch; axes count from 1");
  }
  Dims output_shape(const std::vector<Dims>& inputs) const override {
    check_option("shared_axes", [&] { alpha_shape(one_input(inputs)); });
    return inputs[0];
  }
  std::vector<WeightSpec> weights(const std::vector<Dims>& inputs) const override {
    return {{"alpha", alpha_shape(inputs[0]), options().word("alpha_initializer")}};
  }
  ir::ValueId call(LayerContext& c, std::span<const ir::ValueId> x) const override {
    return c.b.map("prelu", {x[0], c.weight(0)});
  }

 private:
  Dims alpha_shape(Dims shape) const {
    const Dims whole = shape;
    for (const int64_t axis : options().ints("shared_axes")) shape[row_axis(axis, whole)] = 1;
    return shape;
  }
};

}  // namespace

LayerPtr make_Activation(const LayerType& type, const Options& options) {
  check_option("activation", [&] { check_activation(options.word("activation")); });
  return std::make_shared<ActivationLayer>(type, options, options.word("activation"));
}

LayerPtr make_ReLU(const LayerType& type, const Options& options) {
  return with_options(type, options, "relu");
}

LayerPtr make_LeakyReLU(const LayerType& type, const Options& options) {
  return with_options(type, options, "leaky_relu");
}

LayerPtr make_ELU(const LayerType& type, const Options& options) {
  return with_options(type, options, "elu");
}

LayerPtr make_Softmax(const LayerType& type, const Options& options) {
  return std::make_shared<ActivationLayer>(type, options, "softmax");
}

LATHE_MAKE_LAYER(PReLU)

}  // namespace lathe::detail
