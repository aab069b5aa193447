// InputLayer, Flatten, Reshape and RepeatVector: layers that compute nothing.
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
  ir::ValueId call(LayerContext&, std::span<const ir::ValueId>) const override {
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
  ir::ValueId call(LayerContext& c, std::span<const ir::ValueId> x) const override {
    return c.b.reshape(x[0], {Dim::batch(), c.b.type(x[0]).row_elements()});
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
  ir::ValueId call(LayerContext& c, std::span<const ir::ValueId> x) const override {
    Dims row;
    for (size_t i = 1; i < c.b.type(x[0]).shape.size(); ++i)
      row.push_back(c.b.type(x[0]).shape[i].size());
    return c.b.reshape(x[0], batch_shape(output_shape({row})));
  }
  std::string detail() const override { return dims_to_string(target_); }

 private:
  Dims target_;
};

class PermuteLayer final : public LayerBase {
 public:
  PermuteLayer(const LayerType& type, const Options& o)
      : LayerBase(type, o), dims_(o.ints("dims")) {
    std::vector<int64_t> sorted = dims_;
    std::sort(sorted.begin(), sorted.end());
    for (size_t i = 0; i < sorted.size(); ++i)
      if (sorted[i] != static_cast<int64_t>(i) + 1)
        throw OptionError("dims",
                          "dims must be the numbers from 1 to their count in some order, not " +
                              dims_to_string(dims_));
  }
  Dims output_shape(const std::vector<Dims>& inputs) const override {
    if (one_input(inputs).size() != dims_.size())
      throw Error("dims " + dims_to_string(dims_) + " do not fit rows of shape " +
                  dims_to_string(inputs[0]));
    Dims result;
    for (int64_t d : dims_) result.push_back(inputs[0][d - 1]);
    return result;
  }
  ir::ValueId call(LayerContext& c, std::span<const ir::ValueId> x) const override {
    std::vector<int64_t> perm = {0};
    perm.insert(perm.end(), dims_.begin(), dims_.end());
    return c.b.transpose(x[0], std::move(perm));
  }
  std::string detail() const override { return dims_to_string(dims_); }

 private:
  std::vector<int64_t> dims_;
};

class RepeatVectorLayer final : public LayerBase {
 public:
  RepeatVectorLayer(const LayerType& type, const Options& o)
      : LayerBase(type, o), n_(o.integer("n", 0)) {
    if (n_ < 1) throw OptionError("n", "n must be 1 or more, not " + std::to_string(n_));
  }
  Dims output_shape(const std::vector<Dims>& inputs) const override {
    if (one_input(inputs).size() != 1)
      throw Error("takes rows of numbers, not rows of shape " + dims_to_string(inputs[0]));
    return {n_, inputs[0][0]};
  }
  ir::ValueId call(LayerContext& c, std::span<const ir::ValueId> x) const override {
    const int64_t units = c.b.type(x[0]).row_elements();
    const ir::ValueId once = c.b.reshape(x[0], {Dim::batch(), 1, units});
    return c.b.broadcast(once, {Dim::batch(), n_, units});
  }
  std::string detail() const override { return std::to_string(n_) + " times"; }

 private:
  int64_t n_;
};

}  // namespace

LATHE_MAKE_LAYER(Permute)
LATHE_MAKE_LAYER(RepeatVector)

LayerPtr make_InputLayer(const LayerType& type, const Options& options) {
  return std::make_shared<InputLayerBase>(type, options);
}

LATHE_MAKE_LAYER(Flatten)
LATHE_MAKE_LAYER(Reshape)

}  // namespace lathe::detail
