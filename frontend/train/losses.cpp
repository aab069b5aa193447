#include "frontend/train/losses.h"

#include <algorithm>

#include "frontend/base/nearest.h"
#include "ir/error.h"

namespace lathe::detail {

using ir::ValueId;
using namespace ir::scalar_dsl;

StepValues::StepValues(ir::Builder& builder, ValueId prediction, ValueId target)
    : b(builder), pred(prediction), target_(target) {
  const TensorType& t = b.type(pred);
  units_ = t.rank() < 2 ? 1 : t.shape.back().size();
  labels_ = is_integer(b.type(target).dtype);
}

ValueId StepValues::dense() {
  if (!labels_) return target_;
  if (dense_ == ir::kNone) dense_ = b.one_hot(target_, units_);
  return dense_;
}

ValueId StepValues::classes() {
  if (labels_) return target_;
  if (classes_ == ir::kNone) classes_ = b.argmax(target_);
  return classes_;
}

ValueId StepValues::mean(ValueId x) {
  std::vector<int64_t> axes;
  for (int i = 0; i < b.type(x).rank(); ++i) axes.push_back(i);
  return b.reduce("mean", x, axes);
}

namespace {

constexpr double kEpsilon = 1e-7;  // keras.config.epsilon()

ValueId clip(ir::Builder& b, ValueId p) {
  const ValueId low = b.constant(kEpsilon, DType::F32), high = b.constant(1 - kEpsilon, DType::F32);
  return b.map("minimum", {b.map("maximum", {p, low}), high});
}

ValueId mse(StepValues& v) {
  return v.mean(v.b.map("square", {v.b.map("sub", {v.pred, v.dense()})}));
}

ValueId mae(StepValues& v) {
  return v.mean(v.b.map("abs", {v.b.map("sub", {v.pred, v.dense()})}));
}

ValueId binary_crossentropy(StepValues& v) {
  const E y = E::arg(0), p = E::arg(1);
  const ValueId q = clip(v.b, v.pred);
  return v.mean(v.b.map(-(y * log(p) + (E(1.0) - y) * log(E(1.0) - p)), {v.dense(), q}));
}

// max(z, 0) - z y + log(1 + exp(-|z|)): never overflows. The first term is a select, so that its
// gradient at 0 is that of relu.
ValueId binary_crossentropy_from_logits(StepValues& v) {
  const E y = E::arg(0), z = E::arg(1);
  const E positive = select(z <= E(0.0), E(0.0), z);
  return v.mean(v.b.map(positive - z * y + log(E(1.0) + exp(-abs(z))), {v.dense(), v.pred}));
}

/// -mean over rows of sum over units of y * log_p.
ValueId crossentropy(StepValues& v, ValueId log_p) {
  const ValueId terms = v.b.map("mul", {v.dense(), log_p});
  return v.mean(v.b.map("neg", {v.b.reduce("sum", terms, {-1})}));
}

// As in Keras: p is normalised by its sum, then clipped. Where p is a softmax, pass `logits` turns
// all of it into log_softmax.
ValueId categorical_crossentropy(StepValues& v) {
  const ValueId sum = v.b.reduce("sum", v.pred, {-1}, true);
  const ValueId p = clip(v.b, v.b.map("div", {v.pred, sum}));
  return crossentropy(v, v.b.map("log", {p}));
}

ValueId categorical_crossentropy_from_logits(StepValues& v) {
  return crossentropy(v, v.b.log_softmax(v.pred));
}

}  // namespace

std::span<const LossRow> loss_table() {
  static const std::vector<LossRow> table = {
      {"mse",
       {"mean_squared_error", "MeanSquaredError"},
       "mean (y - p)^2",
       Targets::Dense,
       mse,
       nullptr},
      {"mae",
       {"mean_absolute_error", "MeanAbsoluteError"},
       "mean |y - p|",
       Targets::Dense,
       mae,
       nullptr},
      {"binary_crossentropy",
       {"bce", "BinaryCrossentropy"},
       "mean -(y log p + (1 - y) log(1 - p)), p clipped to 1e-7 ... 1 - 1e-7; of a sigmoid "
       "computed "
       "from its logits, unclipped",
       Targets::Dense,
       binary_crossentropy,
       binary_crossentropy_from_logits,
       true},
      {"categorical_crossentropy",
       {"cce", "CategoricalCrossentropy"},
       "mean over rows of -sum y log p, p divided by its sum and clipped to 1e-7 ... 1 - 1e-7; of "
       "a "
       "softmax computed from its logits, unclipped",
       Targets::Dense,
       categorical_crossentropy,
       categorical_crossentropy_from_logits,
       false,
       2},
      {"sparse_categorical_crossentropy",
       {"scce", "SparseCategoricalCrossentropy"},
       "categorical_crossentropy of integer labels",
       Targets::Classes,
       categorical_crossentropy,
       categorical_crossentropy_from_logits,
       false,
       2},
  };
  return table;
}

const LossRow& find_loss(const Loss& loss) {
  if (loss.name.empty()) throw Error("a loss is missing, such as .loss = \"mse\"");
  std::vector<std::string> names;
  for (const LossRow& row : loss_table()) {
    names.emplace_back(row.name);
    names.insert(names.end(), row.aliases.begin(), row.aliases.end());
    if (std::find(row.aliases.begin(), row.aliases.end(), loss.name) == row.aliases.end() &&
        row.name != loss.name)
      continue;
    if (loss.from_logits && !row.build_from_logits)
      throw Error("loss '" + std::string(row.name) + "' knows no logits; leave out from_logits");
    return row;
  }
  throw Error(unknown_name("loss", loss.name, names));
}

ValueId build_loss(const Loss& loss, StepValues& v) {
  const LossRow& row = find_loss(loss);
  return loss.from_logits ? row.build_from_logits(v) : row.build(v);
}

}  // namespace lathe::detail
