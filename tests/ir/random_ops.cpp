#include "tests/ir/random_ops.h"

#include <algorithm>
#include <numeric>

#include "ir/error.h"

namespace lathe::ir {

namespace {
constexpr double kLarge = 50;      ///< beyond it a value is offered behind a tanh, too
constexpr double kTooLarge = 1e4;  ///< and beyond this only so
}  // namespace

void RandomOps::keep(ValueId v, double bound) {
  const auto offer = [&](ValueId value, double most) {
    if (static_cast<size_t>(value) >= bound_.size()) bound_.resize(value + 1, 1);
    bound_[value] = std::max(bound_[value], most);
    if (std::find(pool_.begin(), pool_.end(), value) == pool_.end()) pool_.push_back(value);
  };
  if (is_float(b_.type(v).dtype) && !(bound <= kLarge)) {
    if (bound <= kTooLarge && r_.chance(30)) offer(v, bound);
    v = b_.map("tanh", {v});
    bound = 1;
  }
  offer(v, bound);
}

Dim RandomOps::dim() {
  return sizes_.empty() ? 1 + r_.below(5) : r_.pick(sizes_);
}

Shape RandomOps::shape() {
  Shape s;
  for (int64_t i = r_.chance(10) ? 4 : r_.below(4); i > 0; --i) s.push_back(dim());
  if (!s.empty() && r_.chance(60)) s[0] = Dim::batch();
  return s;
}

ValueId RandomOps::real(const DType* type) {
  for (int i = 0; i < 20; ++i)
    if (ValueId v = any(); type ? b_.type(v).dtype == *type : is_float(b_.type(v).dtype)) return v;
  if (type) return b_.constant(r_.real(), *type);
  return f_.params[0];
}

ValueId RandomOps::real_of_rank(int least, int most) {
  std::vector<ValueId> found;
  for (ValueId v : pool_)
    if (const TensorType& t = b_.type(v);
        is_float(t.dtype) && t.rank() >= least && t.rank() <= most && !t.shape.back().is_symbol())
      found.push_back(v);
  if (found.empty()) throw Error("no value of that rank");
  return r_.pick(found);
}

/// `v` brought into the row's domain.
ValueId RandomOps::tame(ValueId v, const ElementwiseRow& row) {
  if (row.marks.low > 0) {
    using namespace scalar_dsl;
    return b_.map(E(row.marks.low) + E(1.0) / (E(1.0) + E::arg(0) * E::arg(0)), {v});
  }
  return bound(v) > 4 ? b_.map("tanh", {v}) : v;
}

void RandomOps::elementwise() {
  const auto rows = elementwise_table();
  const ElementwiseRow& row = rows[r_.below(static_cast<int64_t>(rows.size()))];
  std::vector<ValueId> operands;
  const ValueId first = real();
  const DType type = b_.type(first).dtype;
  operands.push_back(tame(first, row));
  while (static_cast<int>(operands.size()) < row.arity) operands.push_back(tame(real(&type), row));
  keep(row.params.empty() ? b_.map(row.name, operands) : b_.map(drawn(row).expr, operands), 60);
}

/// The row with other parameters than its defaults, half of the time.
ElementwiseRow RandomOps::drawn(const ElementwiseRow& row) {
  if (r_.chance(50)) return row;
  std::vector<double> values;
  for (const ElementwiseParam& p : row.params) {
    const double v = 0.25 + static_cast<double>(r_.below(15)) / 8;
    values.push_back(p.allows(v) ? v : p.default_value);
  }
  return row.with(values);
}

ScalarExpr RandomOps::expression(int operands, int depth) {
  using namespace scalar_dsl;
  if (depth == 0)
    return r_.chance(80) ? E::arg(static_cast<int>(r_.below(operands))) : E(r_.real());
  const E a = expression(operands, depth - 1), c = expression(operands, depth - 1);
  switch (r_.below(8)) {
    case 0:
      return a + c;
    case 1:
      return a * tanh(c);
    case 2:
      return a - c;
    case 3:
      return select(a < c, a, c * E(0.5));
    case 4:
      return max(a, min(c, E(1.0)));
    case 5:
      return tanh(a) + tanh(a) * c;
    case 6:
      return a / (E(1.0) + abs(c));
    default:
      return -abs(a);
  }
}

void RandomOps::free_map() {
  std::vector<ValueId> operands = {real()};
  const DType type = b_.type(operands[0]).dtype;
  while (r_.chance(50) && operands.size() < 4) operands.push_back(real(&type));
  const int depth = static_cast<int>(r_.below(4));
  keep(b_.map(expression(static_cast<int>(operands.size()), depth), operands), 60);
}

double RandomOps::matmul_bound(ValueId a, ValueId b, Dim k) const {
  return bound(a) * bound(b) * (k.is_symbol() ? 4 : static_cast<double>(k.size()));
}

void RandomOps::matmul() {
  const ValueId a = real_of_rank(2, 3);
  const TensorType t = b_.type(a);
  const bool ta = t.rank() == 2 && r_.chance(30), tb = r_.chance(30);
  const Dim k = ta ? t.shape[0] : t.shape.back();
  ValueId other = kNone;
  if (k.is_batch()) {  // x^T y over the batch
    for (ValueId v : pool_)
      if (const TensorType& u = b_.type(v);
          u.dtype == t.dtype && u.rank() == 2 && u.shape[0] == k && r_.chance(70))
        other = v;
    if (other != kNone) keep(b_.matmul(a, other, ta, false), matmul_bound(a, other, k));
    return;
  }
  const Dim n = dim();
  other = b_.constant(r_.real(), t.dtype, tb ? Shape{n, k} : Shape{k, n});
  for (ValueId v : pool_)
    if (const TensorType& u = b_.type(v);
        u.dtype == t.dtype && u.rank() == 2 && !u.has_symbol() && u.shape[tb ? 1 : 0] == k)
      other = v;
  keep(b_.matmul(a, other, ta, tb), matmul_bound(a, other, k));
}

void RandomOps::reduce() {
  static const std::vector<std::string> kKinds = {"sum", "mean", "max", "min"};
  const ValueId x = real();
  std::vector<int64_t> axes;
  for (int64_t i = 0; i < b_.type(x).rank(); ++i)
    if (r_.chance(60)) axes.push_back(i);
  const std::string& kind = r_.pick(kKinds);
  keep(b_.reduce(kind, x, axes, r_.chance(40)), kind == "sum" ? 8 * bound(x) : bound(x));
}

void RandomOps::broadcast() {
  const ValueId x = any();
  Shape s = b_.type(x).shape;
  for (Dim& d : s)
    if (d == Dim(1)) d = dim();
  if (r_.chance(50)) s.insert(s.begin(), s.empty() || !s[0].is_symbol() ? dim() : Dim(1));
  keep(b_.broadcast(x, s), bound(x));
}

void RandomOps::reshape() {
  const ValueId x = any();
  Shape s = b_.type(x).shape;
  if (s.size() == 2 && !s[0].is_symbol() && r_.chance(50)) {
    s = {s[0].size() * s[1].size()};
  } else if (!s.empty() && s.back().is_symbol()) {
    s.push_back(1);
  } else if (!s.empty() && s.back().size() % 2 == 0) {
    const int64_t half = s.back().size() / 2;
    s.back() = half;
    s.push_back(2);
  } else {
    s.push_back(1);
  }
  keep(b_.reshape(x, s), bound(x));
}

void RandomOps::concat() {
  const ValueId x = any();
  const TensorType t = b_.type(x);
  if (t.rank() < 1) return;
  const int64_t axis = r_.below(t.rank());
  std::vector<ValueId> parts = {x};
  for (ValueId v : pool_) {
    TensorType u = b_.type(v);
    if (u.rank() != t.rank() || parts.size() == 3) continue;
    u.shape[axis] = t.shape[axis];
    if (u == t) parts.push_back(v);
  }
  if (parts.size() == 1 && is_float(t.dtype)) parts.push_back(b_.map("neg", {x}));
  double most = 0;
  for (ValueId v : parts) most = std::max(most, bound(v));
  keep(b_.concat(parts, axis), most);
}

void RandomOps::slice() {
  const ValueId x = any();
  const TensorType t = b_.type(x);
  if (t.rank() < 1) return;
  const int64_t axis = t.rank() - 1;
  if (t.shape[axis].is_symbol()) return;
  const int64_t size = t.shape[axis].size(), start = r_.below(size);
  keep(b_.slice(x, axis, start, 1 + r_.below(size - start)), bound(x));
}

void RandomOps::random_uniform() {
  const ValueId step = b_.state("step"), seed = b_.constant(7, DType::I64);
  keep(b_.random_uniform(seed, step, r_.below(10), shape()), 1);
}

void RandomOps::transpose() {
  std::vector<ValueId> found;
  for (ValueId v : pool_)
    if (b_.type(v).rank() >= 2) found.push_back(v);
  if (found.empty()) return;
  ValueId x = r_.pick(found);
  for (int turns = r_.chance(30) ? 2 : 1; turns > 0; --turns) {
    const TensorType t = b_.type(x);
    std::vector<int64_t> perm(t.shape.size());
    std::iota(perm.begin(), perm.end(), 0);
    for (size_t i = perm.size() - 1, first = t.has_symbol() ? 1 : 0; i > first; --i)
      std::swap(perm[i], perm[first + r_.below(static_cast<int64_t>(i - first + 1))]);
    const double size = bound(x);
    x = b_.transpose(x, perm);
    keep(x, size);
  }
}

/// Rows by the labels, and rows back to where the labels say.
void RandomOps::embedding() {
  const ValueId table = real_of_rank(2, 3);
  if (!b_.type(table).has_symbol()) keep(b_.gather(table, labels_), bound(table));
  const ValueId parts = real_of_rank(2, 3);
  if (b_.type(parts).shape[0].is_batch())
    keep(b_.scatter_add(parts, labels_, 5 + r_.below(4)), 8 * bound(parts));
}

void RandomOps::add() {
  if (r_.chance(20)) b_.set_layer(r_.chance(70) ? "dense_" + std::to_string(r_.below(3)) : "");
  switch (r_.below(28)) {
    case 0:
      return keep(b_.constant(r_.real(), float_type(), shape()), 3);
    case 1: {
      const ValueId x = any();
      return keep(b_.convert(x, r_.chance(70) ? DType::F32 : DType::F64), bound(x));
    }
    case 2:
      return transpose();
    case 3:
      return keep(b_.softmax(real_of_rank(1, 4)), 1);
    case 4: {
      const ValueId x = real_of_rank(1, 4);
      return keep(b_.log_softmax(x), 2 * bound(x) + 3);
    }
    case 5:
      if (data_ != kNone) keep(b_.gather(data_, index_, r_.chance(30) ? 1 + r_.below(3) : 0), 255);
      return embedding();
    case 6:
      return keep(b_.one_hot(labels_, 1 + r_.below(5)), 1);
    case 7:
      return keep(b_.argmax(real_of_rank(1, 4)), 5);
    case 8:
      return keep(b_.convert(b_.batch_size(), float_type()), 50);
    case 9:
      return random_uniform();
    case 10:
      return concat();
    case 11:
      return slice();
    case 12:
      return broadcast();
    case 13:
      return reshape();
    case 14:
      return reduce();
    case 15:
    case 16:
      return matmul();
    case 17:
      return free_map();
    case 18:
      return dense();
    case 19:
      return tied_weights();
    case 20:
      return column_statistics();
    case 21:
      return classifier();
    case 22:
      return branches();
    case 23:
      return shared();
    default:
      return elementwise();
  }
}

}  // namespace lathe::ir
