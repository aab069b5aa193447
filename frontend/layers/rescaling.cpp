// Rescaling and ActivityRegularization: nothing to learn, the shape unchanged.
#include <fmt/format.h>

#include <cmath>

#include "frontend/layers/layer_base.h"
#include "frontend/train/regularizers.h"
#include "ir/error.h"
#include "ir/text_number.h"

namespace lathe::detail {

namespace {

class RescalingLayer final : public LayerBase {
 public:
  RescalingLayer(const LayerType& type, const Options& o)
      : LayerBase(type, o), scale_(o.real("scale", 1)), offset_(o.real("offset", 0)) {
    // f32 is what it is computed in.
    if (!std::isfinite(static_cast<float>(scale_)) || !std::isfinite(static_cast<float>(offset_)))
      throw Error("scale and offset must be finite");
  }
  Dims output_shape(const std::vector<Dims>& inputs) const override { return one_input(inputs); }
  ir::ValueId call(LayerContext& c, std::span<const ir::ValueId> x) const override {
    using namespace ir::scalar_dsl;
    return c.b.map(E::arg(0) * E(scale_) + E(offset_), {x[0]});
  }
  std::string detail() const override {
    return offset_ == 0 ? fmt::format("x * {:.5g}", scale_)
                        : fmt::format("x * {:.5g} + {:.5g}", scale_, offset_);
  }

 private:
  double scale_, offset_;
};

class ActivityRegularizationLayer final : public LayerBase {
 public:
  ActivityRegularizationLayer(const LayerType& type, const Options& o)
      : LayerBase(type, o),
        regularizer_("l1_l2(l1=" + ir::number_to_text(o.real("l1", 0), false) +
                     ", l2=" + ir::number_to_text(o.real("l2", 0), false) + ")"),
        more_(o.word("regularizer")) {
    check_regularizer(regularizer_);
    check_option("regularizer", [&] { check_regularizer(more_); });
  }
  Dims output_shape(const std::vector<Dims>& inputs) const override { return one_input(inputs); }
  ir::ValueId call(LayerContext& c, std::span<const ir::ValueId> x) const override {
    // With another one alone, that one alone.
    if (more_.empty() || options().real("l1", 0) > 0 || options().real("l2", 0) > 0)
      c.regularize_activity(regularizer_, x[0]);
    c.regularize_activity(more_, x[0]);
    return x[0];
  }
  std::string detail() const override { return more_.empty() ? regularizer_ : more_; }

 private:
  std::string regularizer_, more_;
};

}  // namespace

LATHE_MAKE_LAYER(ActivityRegularization)
LATHE_MAKE_LAYER(Rescaling)

}  // namespace lathe::detail
