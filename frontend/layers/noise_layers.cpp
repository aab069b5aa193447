// Dropout and its like: random in the training step, absent everywhere else. The numbers are Philox's,
// by the model's seed, the step and the call, so that a run has the same bits whatever the threads,
// and a resumed one those of one that never stopped.
#include <cmath>

#include "frontend/base/normal.h"
#include "frontend/layers/layer_base.h"
#include "ir/error.h"
#include "ir/text_number.h"

namespace lathe::detail {

namespace {

using ir::ValueId;
using namespace ir::scalar_dsl;

/// A layer that changes nothing outside of training.
class NoiseLayer : public LayerBase {
 public:
  using LayerBase::LayerBase;
  Dims output_shape(const std::vector<Dims>& inputs) const override { return one_input(inputs); }
  bool draws() const final { return amount() > 0; }
  ValueId call(LayerContext& c, std::span<const ValueId> x) const final {
    return c.training && draws() ? noisy(c, x[0]) : x[0];
  }
  std::string detail() const final { return ir::number_to_text(amount(), false); }

 protected:
  virtual double amount() const = 0;
  virtual ValueId noisy(LayerContext& c, ValueId x) const = 0;
};

/// A part of the elements is changed: rate, 0 <= rate < 1.
class RateLayer : public NoiseLayer {
 public:
  RateLayer(const LayerType& type, const Options& o)
      : NoiseLayer(type, o), rate_(o.real("rate", 0)) {
    if (!(rate_ >= 0 && rate_ < 1))
      throw OptionError("rate", "rate must be 0 or more and less than 1, not " +
                                    ir::number_to_text(rate_, false));
  }

 protected:
  double amount() const final { return rate_; }
  /// x / (1 - rate) where `drawn`, uniform in [0, 1), is not below the rate; 0 elsewhere.
  ValueId dropped(LayerContext& c, ValueId x, ValueId drawn) const {
    return c.b.map(select(E::arg(1) < E(rate_), E(0.0), E::arg(0) * E(1 / (1 - rate_))),
                   {x, drawn});
  }

  double rate_;
};

class DropoutLayer final : public RateLayer {
  using RateLayer::RateLayer;
  ValueId noisy(LayerContext& c, ValueId x) const override {
    return dropped(c, x, c.uniform(Shape(c.b.type(x).shape)));
  }
};

/// Whole channels, the last axis: one draw for all places of a row.
class SpatialDropout1DLayer final : public RateLayer {
  using RateLayer::RateLayer;
  Dims output_shape(const std::vector<Dims>& inputs) const override {
    if (one_input(inputs).size() != 2)
      throw Error("takes rows of shape [places, channels], not " + dims_to_string(inputs[0]));
    return inputs[0];
  }
  ValueId noisy(LayerContext& c, ValueId x) const override {
    Shape shape = c.b.type(x).shape;
    shape[1] = Dim(1);
    return dropped(c, x, c.uniform(std::move(shape)));
  }
};

/// Keeps mean and variance of what selu makes: Klambauer et al., "Self-Normalizing Neural
/// Networks", 2017. Dropped elements become selu's lower limit, -alpha scale.
class AlphaDropoutLayer final : public RateLayer {
  using RateLayer::RateLayer;
  ValueId noisy(LayerContext& c, ValueId x) const override {
    constexpr double kLimit =
        -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946;
    const double a = 1 / std::sqrt((1 - rate_) * (1 + rate_ * kLimit * kLimit));
    const double b = -a * kLimit * rate_;
    const ValueId drawn = c.uniform(Shape(c.b.type(x).shape));
    return c.b.map(select(E::arg(1) < E(rate_), E(a * kLimit + b), E::arg(0) * E(a) + E(b)),
                   {x, drawn});
  }
};

ValueId normal(LayerContext& c, const Shape& shape) {
  return c.b.map(standard_normal(E::arg(0), E::arg(1)), {c.uniform(shape), c.uniform(shape)});
}

class GaussianDropoutLayer final : public RateLayer {
  using RateLayer::RateLayer;
  ValueId noisy(LayerContext& c, ValueId x) const override {
    const double stddev = std::sqrt(rate_ / (1 - rate_));
    return c.b.map(E::arg(0) * (E(1.0) + E(stddev) * E::arg(1)),
                   {x, normal(c, Shape(c.b.type(x).shape))});
  }
};

class GaussianNoiseLayer final : public NoiseLayer {
 public:
  GaussianNoiseLayer(const LayerType& type, const Options& o)
      : NoiseLayer(type, o), stddev_(o.real("stddev", 0)) {
    if (!(stddev_ >= 0) || !std::isfinite(static_cast<float>(stddev_)))
      throw OptionError("stddev", "stddev must be 0 or more, and finite");
  }

 private:
  double amount() const override { return stddev_; }
  ValueId noisy(LayerContext& c, ValueId x) const override {
    return c.b.map(E::arg(0) + E(stddev_) * E::arg(1), {x, normal(c, Shape(c.b.type(x).shape))});
  }

  double stddev_;
};

}  // namespace

LATHE_MAKE_LAYER(Dropout)
LATHE_MAKE_LAYER(SpatialDropout1D)
LATHE_MAKE_LAYER(AlphaDropout)
LATHE_MAKE_LAYER(GaussianDropout)
LATHE_MAKE_LAYER(GaussianNoise)

}  // namespace lathe::detail
