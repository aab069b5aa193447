#include "frontend/train/step_values.h"

namespace lathe::detail {

using ir::ValueId;

StepValues::StepValues(ir::Builder& builder, ValueId prediction, ValueId target, ValueId weights)
    : b(builder), pred(prediction), weight(weights), target_(target) {
  const TensorType& t = b.type(pred);
  units_ = t.rank() < 2 ? 1 : t.shape.back().size();
  labels_ = is_integer(b.type(target).dtype);
}

ValueId StepValues::dense() {
  if (!labels_) return target_;
  if (dense_ == ir::kNone) dense_ = b.convert(b.one_hot(target_, units_), dtype());
  return dense_;
}

ValueId StepValues::classes() {
  if (labels_) return target_;
  if (classes_ == ir::kNone) classes_ = b.argmax(target_);
  return classes_;
}

ValueId StepValues::over_all(const char* kind, ValueId x) {
  std::vector<int64_t> axes;
  for (int i = 0; i < b.type(x).rank(); ++i) axes.push_back(i);
  return axes.empty() ? x : b.reduce(kind, x, axes);
}

ValueId StepValues::over_last(const char* kind, ValueId x, bool keepdims) {
  return b.type(x).rank() < 2 ? x : b.reduce(kind, x, {-1}, keepdims);
}

ValueId StepValues::rows() {
  return weight == ir::kNone ? b.convert(b.batch_size(), dtype()) : sum(weight);
}

ValueId StepValues::weighted(ValueId x) {
  if (weight == ir::kNone) return x;
  Shape shape(static_cast<size_t>(b.type(x).rank()), Dim(1));
  shape[0] = Dim::batch();
  return b.map("mul", {x, b.reshape(weight, shape)});
}

}  // namespace lathe::detail
