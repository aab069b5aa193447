// softmax and log_softmax over the last axis, in the form that subtracts the largest element.
#include "ir/builder.h"
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/ops/shapes.h"

namespace lathe::ir {

namespace {
TensorType infer(const InferInput& in) {
  const TensorType& x = *in.operands[0];
  expect_float(x);
  if (x.rank() < 1 || x.shape.back().is_symbol())
    throw Error("expects a last axis of fixed size, not " + x.to_string());
  return x;
}
}  // namespace

TensorType infer_softmax(const InferInput& in) {
  return infer(in);
}
TensorType infer_log_softmax(const InferInput& in) {
  return infer(in);
}

// y = softmax(x): dx = y (dy - sum(dy y))
std::vector<ValueId> vjp_softmax(Builder& b, ValueId y, ValueId dy) {
  using namespace scalar_dsl;
  const E a = E::arg(0), c = E::arg(1), d = E::arg(2);
  const ValueId dot = b.reduce("sum", b.map(a * c, {dy, y}), {-1}, true);
  return {b.map(a * (c - d), {y, dy, dot})};
}

// y = log softmax(x): dx = dy - softmax(x) sum(dy). Not exp(y): both are made of one exp(x - max).
std::vector<ValueId> vjp_log_softmax(Builder& b, ValueId y, ValueId dy) {
  using namespace scalar_dsl;
  const E a = E::arg(0), c = E::arg(1), d = E::arg(2);
  const ValueId sum = b.reduce("sum", dy, {-1}, true);
  return {b.map(a - c * d, {dy, b.softmax(b.function().op(y).operands[0]), sum})};
}

}  // namespace lathe::ir
