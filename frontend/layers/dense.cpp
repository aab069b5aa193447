// Dense: activation(x . kernel + bias).
#include "frontend/layers/activations.h"
#include "frontend/layers/layer_base.h"
#include "frontend/train/initializers.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

class DenseLayer final : public LayerBase {
 public:
  DenseLayer(const LayerType& type, const Options& o)
      : LayerBase(type, o),
        units_(o.integer("units", 0)),
        activation_(o.word("activation")),
        use_bias_(o.flag("use_bias")) {
    if (units_ < 1)
      throw OptionError("units", "units must be 1 or more, not " + std::to_string(units_));
    check_option("activation", [&] { check_activation(activation_); });
    for (const char* name : {"kernel_initializer", "bias_initializer"})
      check_option(name, [&] { check_initializer(o.word(name)); });
  }

  Dims output_shape(const std::vector<Dims>& inputs) const override {
    if (inputs.size() != 1) throw Error("takes one input");
    if (inputs[0].size() != 1)
      throw Error("takes rows of numbers, not rows of shape " + dims_to_string(inputs[0]) +
                  "; put Flatten before it");
    return activation_shape(activation_, {units_});
  }

  std::vector<WeightSpec> weights(const std::vector<Dims>& inputs) const override {
    std::vector<WeightSpec> w = {
        {"kernel", {inputs[0][0], units_}, options().word("kernel_initializer")}};
    if (use_bias_) w.push_back({"bias", {units_}, options().word("bias_initializer")});
    return w;
  }

  ir::ValueId call(ir::Builder& b, std::span<const ir::ValueId> x,
                   std::span<const ir::StateId> w) const override {
    ir::ValueId y = b.matmul(x[0], b.state(w[0]));
    if (use_bias_) y = b.map("add", {y, b.state(w[1])});
    return apply_activation(b, activation_, y);
  }

  std::string detail() const override { return activation_ == "linear" ? "" : activation_; }

 private:
  int64_t units_;
  std::string activation_;
  bool use_bias_;
};

}  // namespace

LayerPtr make_Dense(const LayerType& type, const Options& options) {
  return std::make_shared<DenseLayer>(type, options);
}

}  // namespace lathe::detail
