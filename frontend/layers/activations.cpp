#include "frontend/layers/activations.h"

#include <algorithm>
#include <limits>

#include "frontend/base/table.h"
#include "ir/elementwise.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

using ir::Builder;
using ir::ValueId;

constexpr double kInf = std::numeric_limits<double>::infinity();

Options only(std::initializer_list<std::pair<const char*, double>> values) {
  Options o;
  for (const auto& [name, value] : values) o.set(name, ir::Attr(value));
  return o;
}

/// Keras's relu is, by its options, one of several rows: each is NaN nowhere, reads as little as it
/// can, and has no more work than it needs.
ValueId relu(Builder& b, ValueId x, const Options& o) {
  const double most = o.real("max_value", kInf), slope = o.real("negative_slope", 0);
  const double threshold = o.real("threshold", 0);
  if (!(most >= 0) || !(threshold >= 0))
    throw Error("relu: max_value and threshold must be 0 or more");
  if (slope != 0 && (most != kInf || threshold != 0 || slope < 0))
    return b.map("sloped_relu", {x},
                 only({{"max_value", most}, {"negative_slope", slope}, {"threshold", threshold}}));
  if (slope != 0) return b.map("leaky_relu", {x}, only({{"negative_slope", slope}}));
  if (most == kInf && threshold == 0) return b.map("relu", {x});
  if (most == 6 && threshold == 0) return b.map("relu6", {x});
  return b.map("clipped_relu", {x}, only({{"max_value", most}, {"threshold", threshold}}));
}

ValueId leaky_relu(Builder& b, ValueId x, const Options& o) {
  if (o.real("negative_slope", 0) < 0) throw Error("leaky_relu: negative_slope must be 0 or more");
  return relu(b, x, o);
}

ValueId gelu(Builder& b, ValueId x, const Options& o) {
  return b.map(o.flag("approximate") ? "gelu_tanh" : "gelu", {x});
}

void check_axis(const Options& o) {
  if (o.integer("axis", -1) != -1)
    throw Error("axis must be -1, the last one, not " + std::to_string(o.integer("axis", -1)));
}

ValueId softmax(Builder& b, ValueId x, const Options& o) {
  check_axis(o);
  return b.softmax(x);
}

ValueId log_softmax(Builder& b, ValueId x, const Options& o) {
  check_axis(o);
  return b.log_softmax(x);
}

/// Martins and Astudillo 2016: max(x - t, 0) with t such that the row's sum is 1. Instead of the
/// sorted row's sums: t is the largest of (sum of those that are not smaller - 1) / (their number)
/// over the row's elements, because that grows as long as elements of the support come in.
ValueId sparsemax(Builder& b, ValueId x, const Options& o) {
  using namespace ir::scalar_dsl;
  check_axis(o);
  // A row may be shifted freely: then what counts lies between -1 and 0, where digits are fine.
  const ValueId z = b.map("sub", {x, b.reduce("max", x, {-1}, true)});
  const Shape shape = b.type(z).shape;
  Shape column = shape, row = shape, pairs = shape;
  column.emplace_back(1);
  row.insert(row.end() - 1, Dim(1));
  pairs.push_back(shape.back());
  const ValueId one = b.broadcast(b.reshape(z, column), pairs);
  const ValueId other = b.broadcast(b.reshape(z, row), pairs);
  const E i = E::arg(0), j = E::arg(1);
  const ValueId sum = b.reduce("sum", b.map(select(i <= j, j, 0.0), {one, other}), {-1});
  const ValueId count = b.reduce("sum", b.map(select(i <= j, 1.0, 0.0), {one, other}), {-1});
  const ValueId thresholds = b.map((i - 1.0) / j, {sum, count});
  const ValueId t = b.reduce("max", thresholds, {-1}, true);
  return b.map("relu", {b.map("sub", {z, t})});
}

int64_t half(int64_t last) {
  if (last % 2 != 0)
    throw Error("glu takes rows of an even number of elements, not of " + std::to_string(last));
  return last / 2;
}

/// Dauphin et al. 2016: the first half times the sigmoid of the second.
ValueId glu(Builder& b, ValueId x, const Options& o) {
  check_axis(o);
  const int64_t n = half(b.type(x).shape.back().size());
  return b.map("mul", {b.slice(x, -1, 0, n), b.map("sigmoid", {b.slice(x, -1, n, n)})});
}

std::vector<ActivationRow> build_table() {
  const auto options = [](std::string_view text) { return parse_option_specs(text); };
  std::vector<ActivationRow> rows = {
      {.name = "linear",
       .formula = "x",
       .apply = [](Builder&, ValueId x, const Options&) { return x; }},
      {.name = "exponential",
       .formula = "exp(x)",
       .aliases = {"exp"},
       .apply = [](Builder& b, ValueId x, const Options&) { return b.map("exp", {x}); }},
      {.name = "relu",
       .formula = "min(x, max_value) for x > threshold, otherwise negative_slope (x - threshold)",
       .options = options("max_value:real=inf negative_slope:real=0 threshold:real=0"),
       .apply = relu},
      {.name = "leaky_relu",
       .formula = "x for x > 0, otherwise negative_slope x",
       .options = options("negative_slope:real=0.2"),
       .apply = leaky_relu},
      {.name = "gelu",
       .formula = "x (1 + erf(x / sqrt(2))) / 2; approximate: gelu_tanh",
       .options = options("approximate:bool=false"),
       .apply = gelu},
      {.name = "softmax",
       .formula = "exp(x) / sum of exp(x) over the last axis",
       .options = options("axis:int=-1"),
       .over_rows = true,
       .apply = softmax},
      {.name = "log_softmax",
       .formula = "x - log(sum of exp(x) over the last axis)",
       .options = options("axis:int=-1"),
       .over_rows = true,
       .apply = log_softmax},
      {.name = "sparsemax",
       .formula = "max(x - t, 0) with t so that the sum over the last axis is 1",
       .options = options("axis:int=-1"),
       .over_rows = true,
       .apply = sparsemax},
      {.name = "glu",
       .formula = "a / (1 + exp(-b)), a and b the halves of the last axis",
       .options = options("axis:int=-1"),
       .over_rows = true,
       .size = half,
       .apply = glu},
  };
  const auto known = [&](std::string_view name) {
    return std::any_of(rows.begin(), rows.end(), [&](const auto& r) { return r.name == name; });
  };
  for (const ir::ElementwiseRow& row : ir::elementwise_table()) {
    if (!row.activation || known(row.name)) continue;
    ActivationRow a;
    a.name = row.name;
    a.formula = row.formula;
    if (a.name == "silu") a.aliases = {"swish"};
    if (a.name == "hard_silu") a.aliases = {"hard_swish"};
    for (const ir::ElementwiseParam& p : row.params)
      a.options.push_back({std::string(p.name), "real", ir::Attr(p.default_value)});
    rows.push_back(std::move(a));
  }
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return rows;
}

Chosen<ActivationRow> read(std::string_view text) {
  Spec spec = parse_spec(text);
  // What the literature calls leaky relu's slope.
  if (const ir::Attr* alpha = spec.options.find("alpha"); alpha && spec.name == "leaky_relu") {
    if (!spec.options.has("negative_slope")) {
      spec.options.set("negative_slope", *alpha);
      spec.options.erase("alpha");
    }
  }
  return choose(activation_table(), spec, "activation");
}

}  // namespace

const std::vector<ActivationRow>& activation_table() {
  static const std::vector<ActivationRow> table = build_table();
  return table;
}

void check_activation(std::string_view spec) {
  // Whether values fit is known where they are used: on rows of two.
  ir::Module module;
  Builder b(module, module.functions.emplace_back());
  apply_activation(b, spec, b.param("x", {DType::F32, {Dim::batch(), 2}}));
}

Dims activation_shape(std::string_view spec, Dims x) {
  const Chosen<ActivationRow> chosen = read(spec);
  if (chosen.row.over_rows && x.empty())
    throw Error(chosen.row.name + " takes rows of numbers, not single ones");
  if (chosen.row.size) x.back() = chosen.row.size(x.back());
  return x;
}

ValueId apply_activation(Builder& b, std::string_view spec, ValueId x) {
  const Chosen<ActivationRow> chosen = read(spec);
  if (chosen.row.apply) return chosen.row.apply(b, x, chosen.options);
  return b.map(chosen.row.name, {x}, chosen.options);
}

}  // namespace lathe::detail
