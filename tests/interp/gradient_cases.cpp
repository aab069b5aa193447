#include "tests/interp/gradient_cases.h"

#include "ir/error.h"

namespace lathe::test {

namespace {

using ir::Builder;
using ir::OpKind;
using ir::ScalarExpr;
using ir::ScalarOp;
using ir::ValueId;
using Values = std::vector<ValueId>;
using Cases = std::vector<GradientCase>;

constexpr int64_t kBatch = 3;
const Dim B = Dim::batch();

TensorType f64(Shape shape) {
  return {DType::F64, std::move(shape)};
}

/// Shapes of `arity` operands: all alike, and each one in turn against smaller ones.
std::vector<std::vector<Shape>> broadcast_variants(int arity) {
  std::vector<std::vector<Shape>> variants;
  for (const Shape& base : {Shape{4, 5}, Shape{B, 5}, Shape{}})
    variants.push_back(std::vector<Shape>(arity, base));
  if (arity == 1) return variants;
  for (const Shape& base : {Shape{4, 5}, Shape{B, 5}}) {
    for (const Shape& small : {Shape{5}, Shape{base[0], 1}, Shape{1, 5}, Shape{1}, Shape{}})
      for (int large = 0; large < arity; ++large) {
        std::vector<Shape> shapes(arity, small);
        shapes[large] = base;
        variants.push_back(shapes);
      }
  }
  std::vector<Shape> crossed(arity, Shape{4, 1});  // neither operand has the result's shape
  crossed[0] = Shape{1, 5};
  variants.push_back(crossed);
  return variants;
}

std::string label_of(const std::string& what, const std::vector<TensorType>& types) {
  std::string s = what;
  for (const TensorType& t : types) s += " " + t.to_string();
  return s;
}

/// An expression that is no row: each primitive alone, over positive arguments.
Cases map_cases() {
  Cases cases;
  const Draw positive{0.5, 4, {}};
  const auto add = [&](const std::string& name, const ScalarExpr& e) {
    for (const auto& shapes : broadcast_variants(std::max(1, e.arity()))) {
      std::vector<TensorType> types;
      for (const Shape& s : shapes) types.push_back(f64(s));
      cases.push_back(make_case(
          name, types, [&](Builder& b, const Values& x) { return b.map(e, x); }, positive));
    }
  };
  const ScalarExpr a[] = {ScalarExpr::arg(0), ScalarExpr::arg(1), ScalarExpr::arg(2)};
  enum { Number, Real, Truth };
#define SCALAR_OP(name, text, arity, result, host)                                          \
  {                                                                                         \
    /* Truths, as operands, are made of numbers; as results they choose between two. */     \
    using namespace ir::scalar_dsl;                                                         \
    const bool logic = ScalarOp::name == ScalarOp::And || ScalarOp::name == ScalarOp::Or || \
                       ScalarOp::name == ScalarOp::Not;                                     \
    std::vector<ScalarExpr> operands(a, a + arity);                                         \
    if (logic)                                                                              \
      for (int i = 0; i < arity; ++i) operands[i] = a[i] < 2.0 + 0.1 * a[(i + 1) % 2];      \
    if (ScalarOp::name == ScalarOp::Select) operands[0] = a[0] < a[1];                      \
    ScalarExpr e = ScalarExpr::make(ScalarOp::name, operands);                              \
    if (result == Truth)                                                                    \
      e = select(e, a[0] * a[1], a[0] * a[0] + 3.0 * a[1]);                                 \
    else                                                                                    \
      e = e * a[0] - 0.5;                                                                   \
    add("primitive " #text, e);                                                             \
  }
#include "ir/scalar_ops.def"
#undef SCALAR_OP
  return cases;
}

Cases matmul_cases() {
  Cases cases;
  for (const bool ta : {false, true})
    for (const bool tb : {false, true}) {
      const auto add = [&](const Shape& a, const Shape& b) {
        cases.push_back(make_case(
            std::string("matmul ") + (ta ? "t" : "n") + (tb ? "t" : "n"), {f64(a), f64(b)},
            [&](Builder& bld, const Values& x) { return bld.matmul(x[0], x[1], ta, tb); }));
      };
      add(ta ? Shape{4, 3} : Shape{3, 4}, tb ? Shape{2, 4} : Shape{4, 2});
      add(ta ? Shape{4, 1} : Shape{1, 4}, tb ? Shape{1, 4} : Shape{4, 1});
      if (!ta) add(Shape{B, 4}, tb ? Shape{2, 4} : Shape{4, 2});
      if (ta && !tb) add(Shape{B, 4}, Shape{B, 2});
      if (!ta) add(Shape{B, 3, 4}, tb ? Shape{2, 4} : Shape{4, 2});
      if (!ta) add(Shape{2, 2, 3, 4}, tb ? Shape{1, 4} : Shape{4, 1});
      if (ta && !tb) add(Shape{B, 3, 4}, Shape{B, 3, 2});
      if (ta && !tb) add(Shape{3, 2, 2, 1}, Shape{3, 2, 2, 2});
    }
  cases.push_back(make_case("matmul of a value with itself", {f64({3, 3})},
                            [](Builder& b, const Values& x) { return b.matmul(x[0], x[0]); }));
  return cases;
}

Cases reduce_cases() {
  Cases cases;
  for (const char* kind : {"sum", "mean", "max", "min"})
    for (const bool keepdims : {false, true})
      for (const Shape& shape : {Shape{5}, Shape{2, 3, 4}, Shape{B, 4}, Shape{B, 2, 3}})
        for (int mask = 1; mask < 1 << shape.size(); ++mask) {
          std::vector<int64_t> axes;
          for (size_t i = 0; i < shape.size(); ++i)
            if (mask >> i & 1) axes.push_back(static_cast<int64_t>(i));
          cases.push_back(make_case(
              std::string("reduce ") + kind + " " + std::to_string(mask), {f64(shape)},
              [&](Builder& b, const Values& x) { return b.reduce(kind, x[0], axes, keepdims); }));
        }
  return cases;
}

/// An op that turns one operand into another type.
template <class Build>
Cases pairs(const std::string& name, const std::vector<std::pair<Shape, Shape>>& shapes,
            const Build& build) {
  Cases cases;
  for (const auto& [from, to] : shapes)
    cases.push_back(make_case(name + " to " + shape_to_string(to), {f64(from)},
                              [&](Builder& b, const Values& x) { return build(b, x[0], to); }));
  return cases;
}

// Outside of the template: in one, clang 19 takes Shape{5} for five sizes instead of the size five.
const std::vector<Shape> kSoftmaxShapes = {{5}, {1, 1}, {3, 4}, {B, 4}, {2, 3, 4}};

template <class Build>
Cases softmax_cases(const std::string& name, const Build& build) {
  Cases cases;
  for (const Shape& shape : kSoftmaxShapes)
    cases.push_back(
        make_case(name, {f64(shape)}, [&](Builder& b, const Values& x) { return build(b, x[0]); }));
  return cases;
}

Cases convert_cases() {
  Cases cases;
  for (const auto& [from, to] : {std::pair(DType::F64, DType::F32), {DType::F32, DType::F64}})
    for (const Shape& shape : {Shape{}, Shape{2, 3}, Shape{B, 3}})
      cases.push_back(
          make_case("convert", {{from, shape}},
                    [&, to = to](Builder& b, const Values& x) { return b.convert(x[0], to); }));
  return cases;
}

Cases concat_cases() {
  Cases cases;
  const auto add = [&](std::vector<Shape> shapes, int64_t axis) {
    std::vector<TensorType> types;
    for (const Shape& s : shapes) types.push_back(f64(s));
    cases.push_back(make_case("concat " + std::to_string(axis), types,
                              [&](Builder& b, const Values& x) { return b.concat(x, axis); }));
  };
  add({{2}, {3}}, 0);
  add({{2, 3}, {1, 3}, {4, 3}}, 0);
  add({{2, 2, 2}, {2, 1, 2}}, 1);
  add({{2, 2, 1}, {2, 2, 3}}, 2);
  add({{B, 2}, {B, 3}}, 1);
  cases.push_back(make_case("concat of a value with itself", {f64({2, 3})},
                            [](Builder& b, const Values& x) { return b.concat({x[0], x[0]}, 1); }));
  return cases;
}

Cases slice_cases() {
  Cases cases;
  const auto add = [&](const Shape& shape, int64_t axis, int64_t start, int64_t size) {
    cases.push_back(make_case(
        "slice " + std::to_string(axis) + " " + std::to_string(start) + " " + std::to_string(size),
        {f64(shape)},
        [&](Builder& b, const Values& x) { return b.slice(x[0], axis, start, size); }));
  };
  for (const Shape& shape : {Shape{5, 2}, Shape{2, 5}, Shape{B, 5}, Shape{2, 5, 2}}) {
    const int64_t axis = shape[0] == Dim(5) ? 0 : 1;
    add(shape, axis, 0, 2);
    add(shape, axis, 1, 3);
    add(shape, axis, 3, 2);
    add(shape, axis, 0, 5);
  }
  return cases;
}

Cases transpose_cases() {
  Cases cases = pairs("transpose", {{{3, 4}, {4, 3}}, {{1, 4}, {4, 1}}},
                      [](Builder& b, ValueId x, const Shape&) { return b.transpose(x); });
  const std::vector<std::pair<Shape, std::vector<int64_t>>> permuted = {
      {{2, 3, 4}, {2, 0, 1}},
      {{2, 3, 4}, {2, 1, 0}},
      {{B, 3, 4}, {0, 2, 1}},
      {{B, 2, 3, 2}, {0, 3, 1, 2}}};
  for (const auto& [shape, perm] : permuted)
    cases.push_back(make_case("transpose", {f64(shape)}, [&](Builder& b, const Values& x) {
      return b.transpose(x[0], perm);
    }));
  return cases;
}

/// An index from numbers of -3 to 3: 0, 1, 3 or 5, which is outside of 5 rows.
ValueId index_of(Builder& b, ValueId x) {
  using namespace ir::scalar_dsl;
  const auto above = [](double limit) { return select(E::arg(0) > E(limit), E(2.0), E(0.0)); };
  const E one = select(E::arg(0) > E(-1.57), E(1.0), E(0.0));
  return b.convert(b.map(one + above(0.01) + above(1.83), {x}), DType::I32);
}

Cases gather_cases() {
  Cases cases;
  const std::vector<std::pair<Shape, Shape>> shapes = {
      {{5, 3}, {7}}, {{5}, {4}}, {{5, 2, 2}, {B}}, {{5, 3}, {B, 2}}, {{5}, {2, 2, 2}}};
  for (const auto& [data, index] : shapes)
    cases.push_back(
        make_case("gather by " + shape_to_string(index), {f64(data), f64(index)},
                  [&](Builder& b, const Values& x) { return b.gather(x[0], index_of(b, x[1])); }));
  return cases;
}

Cases scatter_cases() {
  Cases cases;
  const std::vector<std::pair<Shape, Shape>> shapes = {
      {{7, 3}, {7}}, {{4}, {4}}, {{B, 2, 2}, {B}}, {{B, 2, 3}, {B, 2}}, {{2, 2, 2}, {2, 2, 2}}};
  for (const auto& [parts, index] : shapes)
    cases.push_back(make_case(
        "scatter_add by " + shape_to_string(index), {f64(parts), f64(index)},
        [&](Builder& b, const Values& x) { return b.scatter_add(x[0], index_of(b, x[1]), 5); }));
  return cases;
}

}  // namespace

GradientCase make_case(std::string label, const std::vector<TensorType>& types,
                       const std::function<ValueId(Builder&, const Values&)>& build,
                       const Draw& draw) {
  GradientCase c;
  c.label = label_of(label, types);
  c.batch = kBatch;
  ir::Function& f = c.module.functions.emplace_back();
  f.name = c.function;
  Builder b(c.module, f);
  Values x;
  for (size_t i = 0; i < types.size(); ++i) {
    const std::string name = "x" + std::to_string(i);
    x.push_back(b.param(name, types[i]));
    c.inputs[name] = draw_values(types[i].elements(kBatch, 1), draw.low, draw.high, draw.kinks,
                                 static_cast<int>(i));
  }
  b.output("y", build(b, x));
  return c;
}

std::vector<GradientCase> cases_for(const ir::ElementwiseRow& row) {
  Cases cases;
  if (row.expr.is_truth() || row.marks.straight_through) return cases;
  const Draw draw{row.marks.low, row.marks.high, row.marks.kinks};
  for (const auto& shapes : broadcast_variants(row.arity)) {
    std::vector<TensorType> types;
    for (const Shape& s : shapes) types.push_back(f64(s));
    cases.push_back(make_case(
        std::string(row.name), types,
        [&](Builder& b, const Values& x) { return b.map(row.expr, x); }, draw));
  }
  return cases;
}

std::vector<GradientCase> cases_for(OpKind kind) {
  switch (kind) {
    case OpKind::Map:
      return map_cases();
    case OpKind::Convert:
      return convert_cases();
    case OpKind::MatMul:
      return matmul_cases();
    case OpKind::Transpose:
      return transpose_cases();
    case OpKind::Reduce:
      return reduce_cases();
    case OpKind::Broadcast:
      return pairs("broadcast",
                   {{{}, {2, 3}},
                    {{3}, {2, 3}},
                    {{1, 3}, {4, 3}},
                    {{2, 1}, {2, 3}},
                    {{1, 3}, {B, 3}},
                    {{3}, {B, 3}},
                    {{B, 1}, {B, 3}},
                    {{1}, {B, 2, 3}}},
                   [](Builder& b, ValueId x, const Shape& to) { return b.broadcast(x, to); });
    case OpKind::Reshape:
      return pairs("reshape",
                   {{{2, 6}, {3, 4}}, {{B, 6}, {B, 2, 3}}, {{B, 2, 3}, {B, 6}}, {{1}, {}}},
                   [](Builder& b, ValueId x, const Shape& to) { return b.reshape(x, to); });
    case OpKind::Softmax:
      return softmax_cases("softmax", [](Builder& b, ValueId x) { return b.softmax(x); });
    case OpKind::LogSoftmax:
      return softmax_cases("log_softmax", [](Builder& b, ValueId x) { return b.log_softmax(x); });
    case OpKind::Concat:
      return concat_cases();
    case OpKind::Gather:
      return gather_cases();
    case OpKind::ScatterAdd:
      return scatter_cases();
    case OpKind::Slice:
      return slice_cases();
    case OpKind::Param:
    case OpKind::State:
    case OpKind::Constant:
    case OpKind::OneHot:
    case OpKind::ArgMax:
    case OpKind::RandomUniform:
    case OpKind::BatchSize:
    case OpKind::Minimize:
    case OpKind::Update:
    case OpKind::Assign:
      return {};
  }
  internal_error(__FILE__, __LINE__, "bad op kind");
}

}  // namespace lathe::test
