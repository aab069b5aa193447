// Add and its like, Dot, Concatenate: where branches join.
#include <algorithm>
#include <optional>

#include "frontend/layers/layer_base.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

/// The shape of a row that both make, by Keras's rule, which is NumPy's without the batch: sizes are
/// equal, or one is 1 or not there. Nothing where they do not fit.
std::optional<Dims> broadcast_dims(const Dims& a, const Dims& b) {
  const Dims& longer = a.size() < b.size() ? b : a;
  Dims result = longer;
  for (size_t i = 0; i < result.size(); ++i) {
    const auto size = [&](const Dims& d) {
      return i < d.size() ? d[d.size() - 1 - i] : int64_t{1};
    };
    if (size(a) != size(b) && size(a) != 1 && size(b) != 1) return std::nullopt;
    result[result.size() - 1 - i] = std::max(size(a), size(b));
  }
  return result;
}

/// Element by element.
class ElementwiseMerge final : public LayerBase {
 public:
  struct Rule {
    const char* row;        ///< of ir/elementwise.def: what joins the next input to those before
    bool two_only = false;  ///< there is no order in which more could be joined
    bool divide = false;    ///< by the number of inputs
  };
  ElementwiseMerge(const LayerType& type, const Options& o, Rule rule)
      : LayerBase(type, o), rule_(rule) {}
  Dims output_shape(const std::vector<Dims>& inputs) const override {
    if (rule_.two_only && inputs.size() != 2) throw Error("takes two inputs");
    if (inputs.size() < 2) throw Error("takes two or more inputs");
    Dims result = inputs[0];
    for (const Dims& d : inputs) {
      const std::optional<Dims> both = broadcast_dims(result, d);
      if (!both)
        throw Error("inputs must have one shape, or sizes of 1 in its place, not " +
                    all_shapes(inputs));
      result = *both;
    }
    return result;
  }
  ir::ValueId call(LayerContext& c, std::span<const ir::ValueId> x) const override {
    using namespace ir::scalar_dsl;
    int rank = 0;
    for (ir::ValueId v : x) rank = std::max(rank, c.b.type(v).rank());
    /// With axes of 1 behind the batch, as many as it lacks.
    const auto lifted = [&](ir::ValueId v) {
      Shape shape = c.b.type(v).shape;
      shape.insert(shape.begin() + 1, static_cast<size_t>(rank) - shape.size(), Dim(1));
      return c.b.reshape(v, std::move(shape));
    };
    ir::ValueId all = lifted(x[0]);
    for (size_t i = 1; i < x.size(); ++i) all = c.b.map(rule_.row, {all, lifted(x[i])});
    if (rule_.divide) all = c.b.map(E::arg(0) / E(static_cast<double>(x.size())), {all});
    return all;
  }

 private:
  Rule rule_;
};

/// Products of the inputs' vectors along an axis each, as Keras's batch_dot: [a..., n] . [b..., n].
class DotLayer final : public LayerBase {
 public:
  DotLayer(const LayerType& type, const Options& o)
      : LayerBase(type, o), axes_(o.ints("axes")), normalize_(o.flag("normalize")) {
    if (axes_.empty() || axes_.size() > 2)
      throw OptionError("axes", "axes must be one axis, or one for each of the two inputs");
  }
  Dims output_shape(const std::vector<Dims>& inputs) const override {
    if (inputs.size() != 2) throw Error("takes two inputs");
    Dims result;
    int64_t sizes[2] = {};
    for (size_t i = 0; i < 2; ++i) {
      size_t at = 0;
      check_option("axes", [&] { at = row_axis(axes_[i % axes_.size()], inputs[i]); });
      sizes[i] = inputs[i][at];
      for (size_t k = 0; k < inputs[i].size(); ++k)
        if (k != at) result.push_back(inputs[i][k]);
    }
    if (sizes[0] != sizes[1])
      throw Error("inputs must have one size along the axes, not shapes " + all_shapes(inputs));
    return result.empty() ? Dims{1} : result;
  }
  ir::ValueId call(LayerContext& c, std::span<const ir::ValueId> x) const override {
    using namespace ir::scalar_dsl;
    const E a0 = E::arg(0), a1 = E::arg(1);
    ir::ValueId parts[2];
    Shape result;
    for (size_t i = 0; i < 2; ++i) {
      parts[i] = axis_last(c, x[i], axes_[i % axes_.size()]);
      if (normalize_)  // Keras's 1 / sqrt(max(sum of squares, 1e-12))
        parts[i] = c.b.map(a0 / sqrt(max(a1, E(1e-12))), {parts[i], dot(c, parts[i], parts[i])});
      const Shape shape = c.b.type(parts[i]).shape;
      result.insert(result.end(), shape.begin() + (i == 0 ? 0 : 1), shape.end() - 1);
    }
    if (result.size() == 1) return dot(c, parts[0], parts[1]);
    // All vectors of the one against all of the other: [B, m, 1, k] and [B, 1, n, k].
    for (size_t i = 0; i < 2; ++i) {
      const TensorType& t = c.b.type(parts[i]);
      const int64_t k = t.shape.back().size(), vectors = t.row_elements() / k;
      parts[i] =
          c.b.reshape(parts[i], {Dim::batch(), i == 0 ? vectors : 1, i == 0 ? 1 : vectors, k});
    }
    return c.b.reshape(dot(c, parts[0], parts[1]), std::move(result));
  }

 private:
  /// Sums of products over the last axis, which stays.
  static ir::ValueId dot(LayerContext& c, ir::ValueId a, ir::ValueId b) {
    return c.b.reduce("sum", c.b.map("mul", {a, b}), {-1}, true);
  }
  static ir::ValueId axis_last(LayerContext& c, ir::ValueId x, int64_t axis) {
    const int64_t rank = c.b.type(x).rank(), at = axis < 0 ? rank + axis : axis;
    std::vector<int64_t> perm;
    for (int64_t i = 0; i < rank; ++i)
      if (i != at) perm.push_back(i);
    perm.push_back(at);
    return c.b.transpose(x, std::move(perm));
  }

  std::vector<int64_t> axes_;
  bool normalize_;
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
    const size_t at = row_axis(axis_, inputs[0]);
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
  ir::ValueId call(LayerContext& c, std::span<const ir::ValueId> x) const override {
    return c.b.concat({x.begin(), x.end()}, axis_);
  }
  std::string detail() const override { return axis_ == -1 ? "" : "axis " + std::to_string(axis_); }

 private:
  int64_t axis_;
};

}  // namespace

#define MERGE(name, ...)                                                                           \
  LayerPtr make_##name(const LayerType& type, const Options& options) {                            \
    return std::make_shared<ElementwiseMerge>(type, options, ElementwiseMerge::Rule{__VA_ARGS__}); \
  }
MERGE(Add, .row = "add")
MERGE(Subtract, .row = "sub", .two_only = true)
MERGE(Multiply, .row = "mul")
MERGE(Average, .row = "add", .divide = true)
MERGE(Maximum, .row = "maximum")
MERGE(Minimum, .row = "minimum")
#undef MERGE

LATHE_MAKE_LAYER(Dot)
LATHE_MAKE_LAYER(Concatenate)

}  // namespace lathe::detail
