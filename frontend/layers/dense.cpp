// Dense: activation(x . kernel + bias).
#include "frontend/layers/activations.h"
#include "frontend/layers/layer_base.h"
#include "frontend/train/constraints.h"
#include "frontend/train/initializers.h"
#include "frontend/train/regularizers.h"
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
    for (const char* name : {"kernel_regularizer", "bias_regularizer", "activity_regularizer"})
      check_option(name, [&] { check_regularizer(o.word(name)); });
    for (const auto& [name, rank] : {std::pair{"kernel_constraint", 2}, {"bias_constraint", 1}})
      check_option(name, [&] { constraint_attrs(o.word(name), rank); });
  }

  Dims output_shape(const std::vector<Dims>& inputs) const override {
    Dims shape = one_input(inputs);
    if (shape.empty()) throw Error("takes rows of numbers, not single ones");
    shape.back() = units_;
    return activation_shape(activation_, shape);
  }

  std::vector<WeightSpec> weights(const std::vector<Dims>& inputs) const override {
    std::vector<WeightSpec> w = {weight("kernel", {inputs[0].back(), units_})};
    if (use_bias_) w.push_back(weight("bias", {units_}));
    return w;
  }

  ir::ValueId call(LayerContext& c, std::span<const ir::ValueId> x) const override {
    ir::ValueId y = c.b.matmul(x[0], c.weight(0));
    if (use_bias_) y = c.b.map("add", {y, c.weight(1)});
    y = apply_activation(c.b, activation_, y);
    c.regularize_activity(options().word("activity_regularizer"), y);
    return y;
  }

  std::string detail() const override { return activation_ == "linear" ? "" : activation_; }

 private:
  WeightSpec weight(const std::string& name, Dims shape) const {
    return {.name = name,
            .shape = std::move(shape),
            .initializer = options().word(name + "_initializer"),
            .regularizer = options().word(name + "_regularizer"),
            .constraint = options().word(name + "_constraint")};
  }

  int64_t units_;
  std::string activation_;
  bool use_bias_;
};

}  // namespace

LATHE_MAKE_LAYER(Dense)

}  // namespace lathe::detail
