// Normalization: mean and variance of data, or as given. Keras 3's formula.
#include <algorithm>
#include <cmath>

#include "frontend/layers/adapter.h"
#include "frontend/layers/layer_base.h"
#include "frontend/layers/moments.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

using ir::ValueId;
using namespace ir::scalar_dsl;

constexpr double kEpsilon = 1e-7;  // keras.config.epsilon()

Array as_f32(const std::vector<double>& values, const Dims& shape) {
  Array a(DType::F32, shape);
  std::transform(values.begin(), values.end(), a.data<float>().begin(),
                 [](double v) { return static_cast<float>(v); });
  return a;
}

class NormalizationLayer final : public LayerBase, public Adapter {
 public:
  NormalizationLayer(const LayerType& type, const Options& o)
      : LayerBase(type, o),
        axes_(o.ints("axis")),
        mean_(o.reals("mean")),
        variance_(o.reals("variance")),
        invert_(o.flag("invert", false)) {
    check_given();
  }

  Dims output_shape(const std::vector<Dims>& inputs) const override {
    kept_axes(one_input(inputs));
    return inputs[0];
  }
  std::vector<WeightSpec> weights(const std::vector<Dims>& inputs) const override {
    Dims shape;
    for (size_t axis : kept_axes(inputs[0])) shape.push_back(inputs[0][axis]);
    if (given())
      if (const int64_t n = shape.empty() ? 1 : shape.back(); mean_.size() != 1 && n != count())
        throw Error("mean and variance are " + std::to_string(count()) +
                    " numbers, but there are " + std::to_string(n) + " along the axis");
    std::vector<WeightSpec> w = {{"mean", shape, "zeros", false, "", "", given()},
                                 {"variance", shape, "ones", false, "", "", given()}};
    // Keras keeps it for older files, as 0. Here: how many rows were seen.
    if (!given()) w.push_back({"count", {}, "zeros", false});
    return w;
  }
  std::optional<std::vector<Array>> first_weights(
      const std::vector<WeightSpec>& specs) const override {
    if (!given()) return std::nullopt;
    std::vector<Array> first;
    for (const std::vector<double>* values : {&mean_, &variance_}) {
      Array a(DType::F32, specs[0].shape);
      const std::span<float> to = a.data<float>();
      for (size_t i = 0; i < to.size(); ++i)
        to[i] = static_cast<float>((*values)[i % values->size()]);
      first.push_back(std::move(a));
    }
    return first;
  }
  const Adapter* adapter() const override { return given() ? nullptr : this; }

  std::vector<Array> learn(const NextRows& next) const override {
    std::optional<Moments> all;
    const auto take = [&](const ArrayView& x) {
      if (x.shape.empty()) throw Error("data to adapt to are rows, [n, ...], not a single number");
      if (!all) all.emplace(kept_axes({x.shape.begin() + 1, x.shape.end()}));
      all->add(x);
    };
    while (next(take)) continue;
    if (!all || all->rows() == 0) throw Error("there are no rows to adapt to");
    const Moments& moments = *all;
    std::vector<Array> weights = {as_f32(moments.mean(), moments.shape()),
                                  as_f32(moments.variance(), moments.shape())};
    weights.push_back(as_f32({static_cast<double>(moments.rows())}, {}));
    return weights;
  }
  bool has_learned(std::span<const Array> weights) const override {
    const auto all = [](const Array& a, float value) {
      const std::span<const float> v = a.data<float>();
      return std::all_of(v.begin(), v.end(), [&](float one) { return one == value; });
    };
    return !all(weights[0], 0) || !all(weights[1], 1) || !all(weights[2], 0);
  }

  ValueId call(LayerContext& c, std::span<const ValueId> inputs) const override {
    const ValueId x = inputs[0];
    Shape shape(c.b.type(x).shape.size(), Dim(1));
    Dims row;
    for (size_t i = 1; i < shape.size(); ++i) row.push_back(c.b.type(x).shape[i].size());
    for (size_t axis : kept_axes(row)) shape[axis + 1] = Dim(row[axis]);
    const ValueId mean = c.b.reshape(c.weight(0), shape);
    const ValueId deviation =
        c.b.map(max(sqrt(E::arg(0)), E(kEpsilon)), {c.b.reshape(c.weight(1), shape)});
    if (invert_) return c.b.map(E::arg(1) + E::arg(0) * E::arg(2), {x, mean, deviation});
    return c.b.map((E::arg(0) - E::arg(1)) / E::arg(2), {x, mean, deviation});
  }
  std::string detail() const override { return invert_ ? "inverse" : ""; }

 private:
  bool given() const { return !mean_.empty(); }
  int64_t count() const { return static_cast<int64_t>(mean_.size()); }

  void check_given() const {
    if (mean_.size() != variance_.size())
      throw OptionError("variance", "mean and variance must be given together, as many of each");
    for (double m : mean_)
      if (!std::isfinite(static_cast<float>(m))) throw OptionError("mean", "mean must be finite");
    for (double v : variance_)
      if (!(v >= 0) || !std::isfinite(static_cast<float>(v)))
        throw OptionError("variance", "variance must be 0 or more, and finite");
    if (mean_.size() > 1 && axes_.empty())
      throw OptionError("mean", "without an axis there is one mean and one variance");
  }
  /// Places in a row's shape, ascending.
  std::vector<size_t> kept_axes(const Dims& row) const {
    std::vector<size_t> kept;
    for (int64_t axis : axes_) kept.push_back(row_axis(axis, row));
    std::sort(kept.begin(), kept.end());
    if (std::adjacent_find(kept.begin(), kept.end()) != kept.end())
      throw OptionError("axis", "an axis of rows of " + dims_to_string(row) + " is named twice");
    return kept;
  }

  std::vector<int64_t> axes_;
  std::vector<double> mean_, variance_;
  bool invert_;
};

}  // namespace

LATHE_MAKE_LAYER(Normalization)

}  // namespace lathe::detail
