// Add and Concatenate: where branches join.
#include "frontend/layers/layer_base.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

std::string all_shapes(const std::vector<Dims>& inputs) {
  std::string s;
  for (const Dims& d : inputs) s += (s.empty() ? "" : ", ") + dims_to_string(d);
  return s;
}

class AddLayer final : public LayerBase {
 public:
  using LayerBase::LayerBase;
  Dims output_shape(const std::vector<Dims>& inputs) const override {
    if (inputs.size() < 2) throw Error("takes two or more inputs");
    for (const Dims& d : inputs)
      if (d != inputs[0]) throw Error("inputs must have one shape, not " + all_shapes(inputs));
    return inputs[0];
  }
  ir::ValueId call(ir::Builder& b, std::span<const ir::ValueId> x,
                   std::span<const ir::StateId>) const override {
    ir::ValueId sum = x[0];
    for (size_t i = 1; i < x.size(); ++i) sum = b.map("add", {sum, x[i]});
    return sum;
  }
};

class ConcatenateLayer final : public LayerBase {
 public:
  ConcatenateLayer(const LayerType& type, const Options& o)
      : LayerBase(type, o), axis_(o.integer("axis", -1)) {
    if (axis_ == 0)
      throw OptionError("axis", "axis 0 is the batch; axes count from 1, or from the end");
  }
  Dims output_shape(const std::vector<Dims>& inputs) const override {
    if (inputs.size() < 2) throw Error("takes two or more inputs");
    const size_t at = position(inputs[0]);
    Dims result = inputs[0];
    for (size_t i = 1; i < inputs.size(); ++i) {
      Dims other = inputs[i];
      if (other.size() != result.size())
        throw Error("inputs must have one rank, not shapes " + all_shapes(inputs));
      const int64_t size = other[at];
      other[at] = result[at];
      if (other != result)
        throw Error("inputs must be equal in all other axes, not " + all_shapes(inputs));
      result[at] += size;
    }
    return result;
  }
  ir::ValueId call(ir::Builder& b, std::span<const ir::ValueId> x,
                   std::span<const ir::StateId>) const override {
    return b.concat({x.begin(), x.end()}, axis_);
  }
  std::string detail() const override { return axis_ == -1 ? "" : "axis " + std::to_string(axis_); }

 private:
  /// The axis as a place in shapes without the batch.
  size_t position(const Dims& d) const {
    const int64_t rank = static_cast<int64_t>(d.size());
    const int64_t at = axis_ < 0 ? rank + axis_ : axis_ - 1;
    if (at < 0 || at >= rank)
      throw Error("there is no axis " + std::to_string(axis_) + " in rows of shape " +
                  dims_to_string(d));
    return static_cast<size_t>(at);
  }

  int64_t axis_;
};

}  // namespace

LayerPtr make_Add(const LayerType& type, const Options& options) {
  return std::make_shared<AddLayer>(type, options);
}

LayerPtr make_Concatenate(const LayerType& type, const Options& options) {
  return std::make_shared<ConcatenateLayer>(type, options);
}

}  // namespace lathe::detail
