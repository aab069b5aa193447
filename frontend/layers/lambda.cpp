// Lambda, an expression of the user's own, and Identity.
#include "frontend/base/number_expr.h"
#include "frontend/layers/layer_base.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

class IdentityLayer final : public LayerBase {
 public:
  using LayerBase::LayerBase;
  Dims output_shape(const std::vector<Dims>& inputs) const override { return one_input(inputs); }
  ir::ValueId call(LayerContext&, std::span<const ir::ValueId> x) const override { return x[0]; }
};

class LambdaLayer final : public LayerBase {
 public:
  LambdaLayer(const LayerType& type, const Options& o) : LayerBase(type, o) {
    check_option("fn", [&] {
      fn_ = parse_number_expr(o.word("fn"));
      if (fn_.arity() == 0) throw Error("takes an input, a0, and says nothing about it");
      for (int i = 0; i < fn_.arity(); ++i)
        if (!fn_.uses(i))
          throw Error("has the argument a" + std::to_string(fn_.arity() - 1) +
                      ", but says nothing about a" + std::to_string(i));
    });
  }
  Dims output_shape(const std::vector<Dims>& inputs) const override {
    const auto count = static_cast<size_t>(fn_.arity());
    if (inputs.size() != count)
      throw Error("its expression takes " + std::to_string(count) +
                  (count == 1 ? " input" : " inputs") + ", not " + std::to_string(inputs.size()));
    for (const Dims& d : inputs)
      if (d != inputs[0]) throw Error("inputs must have one shape, not " + all_shapes(inputs));
    return inputs[0];
  }
  ir::ValueId call(LayerContext& c, std::span<const ir::ValueId> x) const override {
    return c.b.map(fn_, {x.begin(), x.end()});
  }
  std::string detail() const override {
    const std::string text = fn_.to_string();
    return text.size() <= 60 ? text : text.substr(0, 57) + "...";
  }

 private:
  ir::ScalarExpr fn_;
};

}  // namespace

LATHE_MAKE_LAYER(Identity)
LATHE_MAKE_LAYER(Lambda)

}  // namespace lathe::detail
