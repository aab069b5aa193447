// Blocks of ops as models have them. What they share is the point: a value that several ops read, a
// state that two matmuls read, a sum over the rows of what is used once more.
#include <algorithm>

#include "ir/error.h"
#include "tests/ir/random_ops.h"

namespace lathe::ir {

/// A row of one operand that takes any number.
ValueId RandomOps::float_row(ValueId x) {
  static const std::vector<std::string> kRows = {"sigmoid", "tanh", "relu", "square", "abs", "neg"};
  return b_.map(r_.pick(kRows), {x});
}

/// act(x W + b), and what is read of it along the way.
void RandomOps::dense() {
  const ValueId x = real_of_rank(2, 2);
  const TensorType t = b_.type(x);
  std::vector<StateId> kernels, biases;
  const auto states = [&](Shape shape) {
    std::vector<StateId> found;
    for (size_t s = 0; s < m_.states.size(); ++s)
      if (m_.states[s].type == TensorType{t.dtype, shape}) found.push_back(static_cast<StateId>(s));
    return found;
  };
  for (size_t s = 0; s < m_.states.size(); ++s)
    if (const TensorType& u = m_.states[s].type;
        u.dtype == t.dtype && u.rank() == 2 && u.shape[0] == t.shape[1])
      kernels.push_back(static_cast<StateId>(s));
  const ValueId w = kernels.empty() ? b_.constant(r_.real(), t.dtype, {t.shape[1], dim()})
                                    : b_.state(r_.pick(kernels));
  const Dim units = b_.type(w).shape[1];
  biases = states({units});
  const ValueId bias =
      biases.empty() ? b_.constant(r_.real(), t.dtype, {units}) : b_.state(r_.pick(biases));
  const ValueId xw = b_.matmul(x, w), z = b_.map("add", {xw, bias});
  const double size = matmul_bound(x, w, t.shape[1]) + 3;
  if (r_.chance(30)) keep(xw, size);
  if (r_.chance(30)) keep(z, size);
  if (size <= 50) keep(float_row(z), size * size);
}

/// One state on both sides: x W and y Wᵀ, of the same x where that fits.
void RandomOps::tied_weights() {
  std::vector<StateId> matrices;
  for (size_t s = 0; s < m_.states.size(); ++s)
    if (const TensorType& t = m_.states[s].type; t.rank() == 2 && is_float(t.dtype))
      matrices.push_back(static_cast<StateId>(s));
  if (matrices.empty()) return;
  const StateId s = r_.pick(matrices);
  const TensorType t = m_.states[s].type;
  ValueId x = kNone;
  for (ValueId v : pool_)
    if (const TensorType& u = b_.type(v);
        u.dtype == t.dtype && u.rank() == 2 && u.shape[1] == t.shape[0] && r_.chance(60))
      x = v;
  if (x == kNone) x = b_.constant(r_.real(), t.dtype, {Dim::batch(), t.shape[0]});
  const ValueId y = b_.matmul(x, b_.state(s));
  const ValueId hidden = b_.map("tanh", {y});
  const ValueId back = b_.matmul(hidden, b_.state(s), false, true);
  keep(back, matmul_bound(hidden, b_.state(s), t.shape[1]));
  if (r_.chance(50)) keep(hidden, 1);
  if (r_.chance(40)) keep(b_.map("sub", {back, x}), bound(back) + bound(x));
  if (r_.chance(40)) keep(b_.matmul(x, b_.state(s)), 60);  // the same once more
}

/// Sums and means over several leading axes, and what is normalised by them.
void RandomOps::column_statistics() {
  const ValueId x = real_of_rank(1, 4);
  const TensorType t = b_.type(x);
  std::vector<int64_t> axes;
  for (int64_t i = 1 + r_.below(t.rank()), axis = 0; i > 0; --i) axes.push_back(axis++);
  if (r_.chance(15)) axes.erase(axes.begin());
  if (axes.empty()) return;
  static const std::vector<std::string> kKinds = {"sum", "mean", "mean", "max"};
  const std::string& kind = r_.pick(kKinds);
  const bool keepdims = r_.chance(50);
  const ValueId sum = b_.reduce(kind, x, axes, keepdims);
  const double size = kind == "sum" ? 8 * bound(x) : bound(x);
  keep(sum, size);
  if (size > 50) return;
  if (keepdims && r_.chance(70)) {
    const ValueId centered = b_.map("sub", {x, sum});
    keep(centered, bound(x) + size);
    if (r_.chance(50))
      keep(b_.reduce("mean", b_.map("square", {centered}), axes, keepdims),
           (bound(x) + size) * (bound(x) + size));
  } else if (r_.chance(50)) {
    keep(float_row(sum), size * size);
  }
}

/// softmax or log_softmax of rows, and a loss or the number of hits.
void RandomOps::classifier() {
  const ValueId x = real_of_rank(2, 2);
  const TensorType t = b_.type(x);
  const ValueId logits = bound(x) > 20 ? b_.map("tanh", {x}) : x;
  const bool rows = t.shape[0].is_batch() && t.dtype == DType::F32;
  const bool logarithm = r_.chance(50);
  const ValueId p = logarithm ? b_.log_softmax(logits) : b_.softmax(logits);
  const double size = logarithm ? 2 * std::min(bound(x), 20.0) + 3 : 1;
  keep(p, size);
  if (rows && r_.chance(60)) {
    const ValueId target = b_.one_hot(labels_, t.shape[1].size());
    const ValueId fit = b_.map(logarithm ? "mul" : "sub", {p, target});
    const ValueId each = b_.reduce("sum", b_.map(logarithm ? "neg" : "square", {fit}), {1});
    keep(b_.reduce("mean", each, {0}, r_.chance(30)), size);
    if (r_.chance(50)) keep(each, size);
  }
  if (rows && r_.chance(40)) {
    const ValueId hit = b_.map(
        "equal",
        {b_.argmax(p), b_.convert(b_.argmax(b_.one_hot(labels_, t.shape[1].size())), DType::I32)});
    keep(b_.reduce("mean", b_.convert(hit, DType::F32), {0}), 1);
  }
}

/// Two ways from one value, joined by an operation or one behind the other, and split again.
void RandomOps::branches() {
  const ValueId x = real_of_rank(1, 3);
  if (bound(x) > 20) return;
  const TensorType t = b_.type(x);
  const ValueId left = float_row(x), right = b_.map("tanh", {x});
  const double size = std::max(bound(x) * bound(x), 1.0);
  if (r_.chance(40)) return keep(b_.map(r_.chance(50) ? "add" : "mul", {left, right}), 2 * size);
  const int64_t axis = t.rank() - 1;
  const ValueId joined = b_.concat({left, x, right}, axis);
  keep(joined, size);
  if (r_.chance(60)) {
    const int64_t own = t.shape[axis].size(), start = r_.below(2 * own);
    keep(b_.slice(joined, axis, start, own), size);
  }
}

/// One value read in many ways: by maps, by sums over rows and over columns, by matmuls on either
/// side.
void RandomOps::shared() {
  const ValueId x = real_of_rank(2, 2);
  if (bound(x) > 10) return;
  const TensorType t = b_.type(x);
  const double size = bound(x);
  const ValueId y = b_.map("tanh", {x});
  keep(y, 1);
  if (r_.chance(70)) keep(b_.map(expression(2, 2), {x, y}), 60);
  if (r_.chance(50)) keep(b_.reduce("sum", y, {0}), 8);
  if (r_.chance(50)) keep(b_.reduce("max", y, {1}, true), 1);
  if (r_.chance(50)) keep(b_.matmul(x, y, true, false), matmul_bound(x, y, t.shape[0]));
  if (r_.chance(40) && !t.shape[0].is_symbol())
    keep(b_.matmul(y, x, false, true), matmul_bound(y, x, t.shape[1]));
  if (r_.chance(50)) {
    const ValueId w = b_.constant(r_.real(), t.dtype, {t.shape[1], dim()});
    keep(b_.matmul(y, w), matmul_bound(y, w, t.shape[1]));
    if (r_.chance(50)) keep(b_.matmul(x, w), size * matmul_bound(y, w, t.shape[1]));
  }
}

}  // namespace lathe::ir
