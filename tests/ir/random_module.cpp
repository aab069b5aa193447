#include "tests/ir/random_module.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ir/builder.h"
#include "ir/elementwise.h"
#include "ir/error.h"

namespace lathe::ir {

namespace {

/// SplitMix64: small, and the same on every platform.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ull + 1) {}
  uint64_t bits() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  /// 0 … n - 1.
  int64_t below(int64_t n) { return static_cast<int64_t>(bits() % static_cast<uint64_t>(n)); }
  bool chance(int percent) { return below(100) < percent; }
  double real() { return static_cast<double>(below(2001) - 1000) / 400; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(static_cast<int64_t>(from.size()))];
  }

 private:
  uint64_t state_;
};

Attr random_attr(Random& r) {
  static const std::vector<std::string> kWords = {
      "glorot_uniform", "a.b-c", "true", "inf", "", "two words", "quote\" \\ \n\t", "\xc3\xa4\xff"};
  switch (r.below(7)) {
    case 0:
      return r.chance(50);
    case 1:
      return static_cast<int64_t>(r.bits()) >> r.below(64);
    case 2:
      return r.pick(std::vector<double>{0.1, -0.0, 1, 1e300, 5e-324, r.real(),
                                        std::numeric_limits<double>::infinity(),
                                        std::numeric_limits<double>::quiet_NaN()});
    case 3:
      return r.pick(kWords);
    case 4: {
      std::vector<int64_t> v(r.below(3));
      for (int64_t& i : v) i = r.below(100) - 50;
      return v;
    }
    case 5: {
      std::vector<std::string> v(r.below(3));
      for (std::string& w : v) w = r.pick(kWords);
      return v;
    }
    default:
      return std::string("word");
  }
}

int64_t random_size(Random& r, const std::vector<int64_t>& sizes) {
  return sizes.empty() ? 1 + r.below(5) : r.pick(sizes);
}

class FunctionMaker {
 public:
  FunctionMaker(Random& r, Module& m, Function& f, const std::vector<int64_t>& sizes)
      : r_(r), b_(m, f), f_(f), m_(m), sizes_(sizes) {}

  void run() {
    params();
    const int64_t count = 3 + r_.below(25);
    for (int64_t i = 0; i < count; ++i) try {
        add_op();
      } catch (const Error&) {  // the shapes did not fit: another one
      }
    effects();
    outputs();
    names();
  }

 private:
  void keep(ValueId v, double bound) {
    if (is_float(b_.type(v).dtype) && !(bound <= 50)) {
      v = b_.map("tanh", {v});
      bound = 1;
    }
    if (static_cast<size_t>(v) >= bound_.size()) bound_.resize(v + 1, 1);
    bound_[v] = std::max(bound_[v], bound);
    if (std::find(pool_.begin(), pool_.end(), v) == pool_.end()) pool_.push_back(v);
  }
  double bound(ValueId v) const { return static_cast<size_t>(v) < bound_.size() ? bound_[v] : 3; }

  Dim dim() { return random_size(r_, sizes_); }
  Shape shape() {
    Shape s;
    for (int64_t i = r_.below(4); i > 0; --i) s.push_back(dim());
    if (!s.empty() && r_.chance(60)) s[0] = Dim::batch();
    return s;
  }
  DType float_type() { return r_.chance(80) ? DType::F32 : DType::F64; }

  void params() {
    keep(b_.param("x", {DType::F32, {Dim::batch(), dim()}}), 3);
    labels_ = b_.param("labels", {r_.chance(50) ? DType::I32 : DType::U8, {Dim::batch()}});
    keep(labels_, 3);
    if (r_.chance(30)) {
      data_ = b_.param("data", {r_.chance(50) ? DType::U8 : DType::F32, {Dim::rows(), dim()}});
      index_ = b_.param("index", {DType::I32, {Dim::batch()}});
    }
    for (int64_t i = r_.below(3); i > 0; --i)
      keep(b_.param("p" + std::to_string(i), {float_type(), shape()}), 3);
    for (size_t s = 0; s < m_.states.size(); ++s)
      if (m_.states[s].type.dtype != DType::I64) keep(b_.state(static_cast<StateId>(s)), 3);
  }

  ValueId any() { return r_.pick(pool_); }
  /// A float value, of that element type where one is asked for.
  ValueId real(const DType* type = nullptr) {
    for (int i = 0; i < 20; ++i)
      if (ValueId v = any(); type ? b_.type(v).dtype == *type : is_float(b_.type(v).dtype))
        return v;
    if (type) return b_.constant(r_.real(), *type);
    return f_.params[0];
  }

  /// `v` brought into the row's domain.
  ValueId tame(ValueId v, const ElementwiseRow& row) {
    if (row.marks.low > 0) {
      using namespace scalar_dsl;
      return b_.map(E(row.marks.low) + E(1.0) / (E(1.0) + E::arg(0) * E::arg(0)), {v});
    }
    return bound(v) > 4 ? b_.map("tanh", {v}) : v;
  }

  void elementwise() {
    const auto rows = elementwise_table();
    const ElementwiseRow& row = rows[r_.below(static_cast<int64_t>(rows.size()))];
    std::vector<ValueId> operands;
    const ValueId first = real();
    const DType type = b_.type(first).dtype;
    operands.push_back(tame(first, row));
    while (static_cast<int>(operands.size()) < row.arity)
      operands.push_back(tame(real(&type), row));
    keep(b_.map(row.name, operands), 60);
  }

  ScalarExpr expression(int operands, int depth) {
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

  void free_map() {
    std::vector<ValueId> operands = {real()};
    const DType type = b_.type(operands[0]).dtype;
    while (r_.chance(50) && operands.size() < 4) operands.push_back(real(&type));
    const int depth = static_cast<int>(r_.below(4));
    keep(b_.map(expression(static_cast<int>(operands.size()), depth), operands), 60);
  }

  void matmul() {
    const ValueId a = real();
    const TensorType t = b_.type(a);
    if (t.rank() != 2) return;
    const bool ta = r_.chance(30), tb = r_.chance(30);
    const Dim k = t.shape[ta ? 0 : 1];
    ValueId other = kNone;
    if (k.is_batch()) {  // x^T y over the batch
      for (ValueId v : pool_)
        if (const TensorType& u = b_.type(v);
            u.dtype == t.dtype && u.rank() == 2 && u.shape[0] == k && r_.chance(70))
          other = v;
      if (other != kNone) keep(b_.matmul(a, other, ta, false), 60);
      return;
    }
    const Dim n = dim();
    other = b_.constant(r_.real(), t.dtype, tb ? Shape{n, k} : Shape{k, n});
    for (ValueId v : pool_)
      if (const TensorType& u = b_.type(v);
          u.dtype == t.dtype && u.rank() == 2 && !u.has_symbol() && u.shape[tb ? 1 : 0] == k)
        other = v;
    keep(b_.matmul(a, other, ta, tb), 60);
  }

  void reduce() {
    static const std::vector<std::string> kKinds = {"sum", "mean", "max", "min"};
    const ValueId x = real();
    std::vector<int64_t> axes;
    for (int64_t i = 0; i < b_.type(x).rank(); ++i)
      if (r_.chance(60)) axes.push_back(i);
    keep(b_.reduce(r_.pick(kKinds), x, axes, r_.chance(40)), 60);
  }

  void broadcast() {
    const ValueId x = any();
    Shape s = b_.type(x).shape;
    for (Dim& d : s)
      if (d == Dim(1)) d = dim();
    if (r_.chance(50)) s.insert(s.begin(), s.empty() || !s[0].is_symbol() ? dim() : Dim(1));
    keep(b_.broadcast(x, s), bound(x));
  }

  void reshape() {
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

  void concat() {
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
    double most = 0;
    for (ValueId v : parts) most = std::max(most, bound(v));
    keep(b_.concat(parts, axis), most);
  }

  void slice() {
    const ValueId x = any();
    const TensorType t = b_.type(x);
    if (t.rank() < 1) return;
    const int64_t axis = t.rank() - 1;
    if (t.shape[axis].is_symbol()) return;
    const int64_t size = t.shape[axis].size(), start = r_.below(size);
    keep(b_.slice(x, axis, start, 1 + r_.below(size - start)), bound(x));
  }

  void random_uniform() {
    const ValueId step = b_.state("step"), seed = b_.constant(7, DType::I64);
    keep(b_.random_uniform(seed, step, r_.below(10), shape()), 1);
  }

  void add_op() {
    if (r_.chance(20)) b_.set_layer(r_.chance(70) ? "dense_" + std::to_string(r_.below(3)) : "");
    switch (r_.below(20)) {
      case 0:
        return keep(b_.constant(r_.real(), float_type(), shape()), 3);
      case 1:
        return keep(b_.convert(any(), r_.chance(70) ? DType::F32 : DType::F64), 50);
      case 2:
        return keep(b_.transpose(any()), 50);
      case 3:
        return keep(b_.softmax(real()), 1);
      case 4:
        return keep(b_.log_softmax(real()), 60);
      case 5:
        if (data_ != kNone) keep(b_.gather(data_, index_), 255);
        return;
      case 6:
        return keep(b_.one_hot(labels_, 1 + r_.below(5)), 1);
      case 7:
        return keep(b_.argmax(real()), 5);
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
      default:
        return elementwise();
    }
  }

  bool is_trainable(StateId s) const { return m_.states[s].attrs.flag("trainable"); }

  /// A value of the state's type: one that there is, or the state with something done to it.
  ValueId value_for(StateId s) {
    const TensorType& t = m_.states[s].type;
    for (ValueId v : pool_)
      if (b_.type(v) == t && f_.op(v).kind != OpKind::State && r_.chance(70)) return v;
    if (!is_float(t.dtype)) return b_.map(ScalarExpr::parse("(add a0 1)"), {b_.state(s)});
    return b_.map(ScalarExpr::parse("(mul a0 0.5)"), {b_.state(s)});
  }

  void effects() {
    b_.set_layer("");
    const bool minimize = r_.chance(40), update = !minimize && r_.chance(20);
    for (size_t i = 0; i < m_.states.size(); ++i) {
      const auto s = static_cast<StateId>(i);
      if ((minimize || update) && is_trainable(s)) {
        Attrs a;
        a.set("optimizer", "sgd");
        if (update) b_.update(s, value_for(s), a);
        continue;
      }
      if (r_.chance(40)) b_.assign(s, value_for(s));
    }
    if (!minimize) return;
    ValueId loss = real();
    if (const int rank = b_.type(loss).rank(); rank > 0) {
      std::vector<int64_t> axes(rank);
      for (int i = 0; i < rank; ++i) axes[i] = i;
      loss = b_.reduce("mean", loss, axes);
    }
    keep(loss, 1);
    Attrs a;
    a.set("optimizer", "sgd");
    b_.minimize(loss, a);
  }

  void outputs() {
    for (int64_t i = 1 + r_.below(3); i > 0; --i) b_.output("out" + std::to_string(i), any());
    if (r_.chance(40)) f_.attrs.set("note", random_attr(r_));
  }

  void names() {
    int n = 0;
    for (ValueId id : f_.body)
      if (const OpKind k = f_.op(id).kind;
          r_.chance(20) && k != OpKind::Assign && k != OpKind::Update && k != OpKind::Minimize)
        f_.op(id).name = (r_.chance(50) ? "v." : "v-") + std::to_string(n++);
  }

  Random& r_;
  Builder b_;
  Function& f_;
  Module& m_;
  const std::vector<int64_t>& sizes_;
  std::vector<ValueId> pool_;
  std::vector<double> bound_;  ///< by value: how large it may be, roughly
  ValueId labels_ = kNone, data_ = kNone, index_ = kNone;
};

}  // namespace

Module random_module(uint64_t seed, const std::vector<int64_t>& sizes) {
  Random r(seed);
  Module m;
  m.name = "random" + std::to_string(seed);
  if (r.chance(50)) m.attrs.set("lathe", 1);
  const auto state = [&](std::string name, TensorType type) -> State& {
    m.states.push_back({std::move(name), std::move(type), {}});
    return m.states.back();
  };
  for (int64_t i = 1 + r.below(3); i > 0; --i) {
    const DType type = r.chance(80) ? DType::F32 : DType::F64;
    Shape shape = {random_size(r, sizes), random_size(r, sizes)};
    if (r.chance(30)) shape.pop_back();
    State& s = state("w" + std::to_string(i), {type, shape});
    if (r.chance(70)) s.attrs.set("trainable", true);
    s.attrs.set("init", "zeros");
    if (r.chance(30)) s.attrs.set("note", random_attr(r));
  }
  state("step", {DType::I64, {}}).attrs.set("role", "counter");
  static const char* const kNames[] = {"predict", "train_step", "evaluate"};
  const int64_t functions = 1 + r.below(3);
  for (int64_t i = 0; i < functions; ++i) {
    Function& f = m.functions.emplace_back();
    f.name = kNames[i];
    FunctionMaker(r, m, f, sizes).run();
  }
  return m;
}

}  // namespace lathe::ir
