// BatchNormalization, LayerNormalization, GroupNormalization, RMSNormalization, UnitNormalization:
// Keras 3's formulas.
#include <cmath>

#include "frontend/layers/layer_base.h"
#include "frontend/train/initializers.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

using ir::ValueId;
using namespace ir::scalar_dsl;

/// What all of them share: an axis, epsilon, and the learned scale and offset along the axis.
class Normalization : public LayerBase {
 public:
  Normalization(const LayerType& type, const Options& o)
      : LayerBase(type, o),
        axis_(o.integer("axis", -1)),
        epsilon_(o.real("epsilon", 0)),
        center_(o.flag("center", false)),
        scale_(o.flag("scale", false)) {
    if (!(epsilon_ >= 0) || !std::isfinite(static_cast<float>(epsilon_)))
      throw OptionError("epsilon", "epsilon must be 0 or more, and finite");
    for (const char* name : {"gamma_initializer", "beta_initializer"})
      if (o.has(name)) check_option(name, [&] { check_initializer(o.word(name)); });
  }
  Dims output_shape(const std::vector<Dims>& inputs) const override {
    row_axis(axis_, one_input(inputs));
    return inputs[0];
  }
  std::vector<WeightSpec> weights(const std::vector<Dims>& inputs) const override {
    const Dims along = {inputs[0][row_axis(axis_, inputs[0])]};
    std::vector<WeightSpec> w;
    if (scale_) w.push_back({"gamma", along, options().word("gamma_initializer")});
    if (center_) w.push_back({"beta", along, options().word("beta_initializer")});
    return w;
  }

 protected:
  /// The axis of the value [B, ...].
  int64_t axis_of(const LayerContext& c, ValueId x) const {
    const int64_t rank = static_cast<int64_t>(c.b.type(x).shape.size());
    return axis_ < 0 ? rank + axis_ : axis_;
  }
  std::vector<int64_t> axes_but(const LayerContext& c, ValueId x, int64_t first,
                                int64_t but) const {
    std::vector<int64_t> axes;
    for (int64_t a = first; a < static_cast<int64_t>(c.b.type(x).shape.size()); ++a)
      if (a != but) axes.push_back(a);
    return axes;
  }
  /// A vector along the axis, so that it meets x there.
  ValueId along(LayerContext& c, ValueId vector, ValueId x) const {
    Shape shape(c.b.type(x).shape.size(), Dim(1));
    shape[static_cast<size_t>(axis_of(c, x))] = c.b.type(vector).shape[0];
    return c.b.reshape(vector, std::move(shape));
  }
  /// x * gamma + beta.
  ValueId scaled(LayerContext& c, ValueId x) const {
    if (scale_) x = c.b.map("mul", {x, along(c, c.weight(0), x)});
    if (center_) x = c.b.map("add", {x, along(c, c.weight(scale_ ? 1 : 0), x)});
    return x;
  }
  ValueId centered(LayerContext& c, ValueId x, ValueId mean) const {
    return c.b.map("sub", {x, mean});
  }
  ValueId mean_square(LayerContext& c, ValueId x, std::vector<int64_t> axes) const {
    return c.b.reduce("mean", c.b.map(E::arg(0) * E::arg(0), {x}), std::move(axes), true);
  }
  /// x / sqrt(square + epsilon), with one root and one division for all that share a square.
  ValueId divided(LayerContext& c, ValueId x, ValueId square) const {
    return c.b.map("mul", {x, c.b.map(E(1.0) / sqrt(E::arg(0) + E(epsilon_)), {square})});
  }

  int64_t axis_;
  double epsilon_;
  bool center_, scale_;
};

class BatchNormalizationLayer final : public Normalization {
 public:
  BatchNormalizationLayer(const LayerType& type, const Options& o)
      : Normalization(type, o), momentum_(o.real("momentum", 0)) {
    if (!(momentum_ >= 0 && momentum_ <= 1))
      throw OptionError("momentum", "momentum must be 0 to 1");
    for (const char* name : {"moving_mean_initializer", "moving_variance_initializer"})
      check_option(name, [&] { check_initializer(o.word(name)); });
  }
  std::vector<WeightSpec> weights(const std::vector<Dims>& inputs) const override {
    std::vector<WeightSpec> w = Normalization::weights(inputs);
    const Dims along = {inputs[0][row_axis(axis_, inputs[0])]};
    for (const char* name : {"moving_mean", "moving_variance"})
      w.push_back({name, along, options().word(std::string(name) + "_initializer"), false});
    return w;
  }
  ValueId call(LayerContext& c, std::span<const ValueId> inputs) const override {
    const ValueId x = inputs[0];
    const size_t at = static_cast<size_t>(scale_) + static_cast<size_t>(center_);
    if (!c.training || !trainable()) {  // Keras: a frozen layer keeps its moving figures too
      const ValueId from_mean = centered(c, x, along(c, c.weight(at), x));
      return scaled(c, divided(c, from_mean, along(c, c.weight(at + 1), x)));
    }
    const std::vector<int64_t> axes = axes_but(c, x, 0, axis_of(c, x));
    const ValueId mean = c.b.reduce("mean", x, axes, true);
    const ValueId from_mean = centered(c, x, mean);
    const ValueId variance = mean_square(c, from_mean, axes);
    const E moved = E::arg(0) * E(momentum_) + E::arg(1) * E(1 - momentum_);
    const auto update = [&](size_t i, ValueId now) {
      const ValueId old = c.weight(i);
      c.update(i, c.b.map(moved, {old, c.b.reshape(now, c.b.type(old).shape)}));
    };
    update(at, mean);
    update(at + 1, variance);
    return scaled(c, divided(c, from_mean, variance));
  }

 private:
  double momentum_;
};

class LayerNormalizationLayer final : public Normalization {
 public:
  using Normalization::Normalization;
  ValueId call(LayerContext& c, std::span<const ValueId> x) const override {
    const std::vector<int64_t> axes = {axis_of(c, x[0])};
    const ValueId from_mean = centered(c, x[0], c.b.reduce("mean", x[0], axes, true));
    return scaled(c, divided(c, from_mean, mean_square(c, from_mean, axes)));
  }
};

class RMSNormalizationLayer final : public Normalization {
 public:
  using Normalization::Normalization;
  std::vector<WeightSpec> weights(const std::vector<Dims>& inputs) const override {
    return {{"scale", {inputs[0][row_axis(axis_, inputs[0])]}, "ones"}};
  }
  ValueId call(LayerContext& c, std::span<const ValueId> x) const override {
    const ValueId y = divided(c, x[0], mean_square(c, x[0], {axis_of(c, x[0])}));
    return c.b.map("mul", {y, along(c, c.weight(0), y)});
  }
};

/// The axis in groups: [.., n, ..] as [.., groups, n / groups, ..], each group of a row by itself.
class GroupNormalizationLayer final : public Normalization {
 public:
  GroupNormalizationLayer(const LayerType& type, const Options& o)
      : Normalization(type, o), groups_(o.integer("groups", 0)) {
    if (groups_ < 1 && groups_ != -1)
      throw OptionError("groups", "groups must be 1 or more, or -1 for a group each");
  }
  Dims output_shape(const std::vector<Dims>& inputs) const override {
    Normalization::output_shape(inputs);
    const int64_t n = inputs[0][row_axis(axis_, inputs[0])];
    if (groups_ > 0 && n % groups_ != 0)
      throw Error("can't put " + std::to_string(n) + " channels into " + std::to_string(groups_) +
                  " groups of one size");
    return inputs[0];
  }
  ValueId call(LayerContext& c, std::span<const ValueId> x) const override {
    const Shape whole = c.b.type(x[0]).shape;
    const int64_t axis = axis_of(c, x[0]), n = whole[static_cast<size_t>(axis)].size();
    const int64_t groups = groups_ < 0 ? n : groups_;
    Shape split = whole;
    split[static_cast<size_t>(axis)] = Dim(groups);
    split.insert(split.begin() + axis + 1, Dim(n / groups));
    const ValueId y = c.b.reshape(x[0], split);
    const std::vector<int64_t> axes = axes_but(c, y, 1, axis);
    const ValueId from_mean = centered(c, y, c.b.reduce("mean", y, axes, true));
    return scaled(c, c.b.reshape(divided(c, from_mean, mean_square(c, from_mean, axes)), whole));
  }

 private:
  int64_t groups_;
};

class UnitNormalizationLayer final : public Normalization {
 public:
  using Normalization::Normalization;
  ValueId call(LayerContext& c, std::span<const ValueId> x) const override {
    const ValueId square =
        c.b.reduce("sum", c.b.map(E::arg(0) * E::arg(0), {x[0]}), {axis_of(c, x[0])}, true);
    // Keras's x min(1 / sqrt(sum), 1e12): a row of zeros stays one.
    const ValueId inverse = c.b.map(E(1.0) / max(sqrt(E::arg(0)), E(1e-12)), {square});
    return c.b.map("mul", {x[0], inverse});
  }
};

}  // namespace

LATHE_MAKE_LAYER(BatchNormalization)
LATHE_MAKE_LAYER(LayerNormalization)
LATHE_MAKE_LAYER(RMSNormalization)
LATHE_MAKE_LAYER(GroupNormalization)
LATHE_MAKE_LAYER(UnitNormalization)

}  // namespace lathe::detail
