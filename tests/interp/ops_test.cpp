// Each op of the interpreter against values worked out by hand, at 0, infinities and NaN too.
#include <gtest/gtest.h>

#include <cmath>

#include "codegen/interp/compare.h"
#include "ir/error.h"
#include "runtime/philox.h"
#include "tests/interp/program.h"

namespace lathe::test {
namespace {

using interp::disagreement;
using ir::ScalarExpr;
using ir::ValueId;
using runtime::Tensor;

/// Words when `y` is not exactly these values.
std::string is(const Tensor& y, std::initializer_list<float> values, std::vector<int64_t> shape) {
  return disagreement(y, floats(values, std::move(shape)));
}

std::vector<int> truths(const Tensor& y) {
  return {y.data<uint8_t>().begin(), y.data<uint8_t>().end()};
}

/// A row of elementwise.def on two tensors.
Tensor binary(std::string_view row, const Tensor& x, const TensorType& x_type, const Tensor& y,
              const TensorType& y_type) {
  Program p;
  const ValueId a = p.param("a", x_type), b = p.param("b", y_type);
  p.out(p.b.map(row, {a, b}));
  return p.run({{"a", x}, {"b", y}});
}

Tensor unary(const Tensor& x, const TensorType& type,
             const std::function<ValueId(ir::Builder&, ValueId)>& build) {
  Program p;
  const ValueId v = p.param("x", type);
  p.out(build(p.b, v));
  return p.run({{"x", x}});
}

TEST(Map, BroadcastsByNumPysRule) {
  const Tensor m = floats({1, 2, 3, 4, 5, 6}, {2, 3});
  const auto add = [&](const Tensor& t, const Shape& shape, const Shape& m_shape = {2, 3}) {
    return binary("add", m, f32(m_shape), t, f32(shape));
  };
  EXPECT_EQ(is(add(floats({10, 20, 30}, {3}), {3}), {11, 22, 33, 14, 25, 36}, {2, 3}), "");
  EXPECT_EQ(is(add(floats({10, 20}, {2, 1}), {2, 1}), {11, 12, 13, 24, 25, 26}, {2, 3}), "");
  EXPECT_EQ(is(add(floats({10}, {}), {}), {11, 12, 13, 14, 15, 16}, {2, 3}), "");
  EXPECT_EQ(is(add(floats({10}, {1, 1}), {1, 1}), {11, 12, 13, 14, 15, 16}, {2, 3}), "");
  EXPECT_EQ(is(add(floats({10, 20}, {2, 1}), {B, 1}, {B, 3}), {11, 12, 13, 24, 25, 26}, {2, 3}),
            "");
  EXPECT_EQ(
      is(binary("sub", floats({1, 2}, {2, 1}), f32({2, 1}), floats({10, 20}, {1, 2}), f32({1, 2})),
         {-9, -19, -8, -18}, {2, 2}),
      "");
  // The batch may be 1 and is then still the batch, not a dimension to be repeated.
  EXPECT_EQ(is(binary("mul", floats({2, 3}, {1, 2}), f32({B, 2}), floats({5, 7}, {2}), f32({2})),
               {10, 21}, {1, 2}),
            "");
}

TEST(Map, FollowsIeeeAtTheEdges) {
  const auto div = [](float a, float b) {
    return binary("div", floats({a}, {}), f32({}), floats({b}, {}), f32({}));
  };
  EXPECT_EQ(is(div(1, 0), {kInf}, {}), "");
  EXPECT_EQ(is(div(-1, 0), {-kInf}, {}), "");
  EXPECT_EQ(is(div(0, 0), {kNaN}, {}), "");
  EXPECT_EQ(is(div(1, kInf), {0}, {}), "");
  EXPECT_EQ(is(div(3e38f, 0.1f), {kInf}, {}), "");  // rounding to f32 overflows
  const auto max = [](float a, float b) {
    return binary("maximum", floats({a}, {}), f32({}), floats({b}, {}), f32({}));
  };
  EXPECT_EQ(is(max(kNaN, 1), {kNaN}, {}), "");
  EXPECT_EQ(is(max(1, kNaN), {kNaN}, {}), "");
  EXPECT_EQ(is(max(-kInf, 1), {1}, {}), "");
  const Tensor edges = floats({-kInf, -100, 0, 100, kInf, kNaN}, {6});
  const auto row = [&](const char* name) {
    return unary(edges, f32({6}), [&](auto& b, ValueId x) { return b.map(name, {x}); });
  };
  EXPECT_EQ(
      disagreement(row("sigmoid"), floats({0, 3.7200760e-44f, 0.5, 1, 1, kNaN}, {6}), {.ulps = 1}),
      "");
  EXPECT_EQ(is(row("tanh"), {-1, -1, 0, 1, 1, kNaN}, {6}), "");
  EXPECT_EQ(is(row("relu"), {0, 0, 0, 100, kInf, kNaN}, {6}), "");
}

TEST(Map, RoundsOnceToTheTypeOfTheResult) {
  const Tensor y = binary("add", floats({1}, {}), f32({}), floats({0x1p-25f}, {}), f32({}));
  EXPECT_EQ(y.data<float>()[0], 1.0f);
  // In one expression nothing is rounded in between.
  Program p;
  const ValueId a = p.param("a", f32({})), e = p.param("e", f32({}));
  const ScalarExpr x = ScalarExpr::arg(0), d = ScalarExpr::arg(1);
  using namespace ir::scalar_dsl;
  p.out(p.b.map((x + d) - x, {a, e}));
  EXPECT_EQ(is(p.run({{"a", floats({1}, {})}, {"e", floats({0x1p-25f}, {})}}), {0x1p-25f}, {}), "");
}

TEST(Map, ComparisonsAreBool) {
  const Tensor y = binary("less", floats({1, 2, kNaN, -kInf}, {4}), f32({4}),
                          floats({2, 2, 1, kInf}, {4}), f32({4}));
  EXPECT_EQ(y.dtype(), DType::Bool);
  EXPECT_EQ(truths(y), (std::vector<int>{1, 0, 0, 1}));
}

TEST(Map, IntegersWrapAndDivideAtEveryStep) {
  using namespace ir::scalar_dsl;
  const ScalarExpr x = ScalarExpr::arg(0), y = ScalarExpr::arg(1);
  const auto run = [](const ScalarExpr& e, DType t, const Tensor& a, const Tensor& b) {
    Program p;
    const ValueId u = p.param("u", {t, {}}), v = p.param("v", {t, {}});
    p.out(p.b.map(e, {u, v}));
    return p.run({{"u", a}, {"v", b}});
  };
  const auto i32 = [](int32_t v) { return Tensor::from({v}, {}); };
  const auto u8 = [](uint8_t v) { return Tensor::from({v}, {}); };
  const auto i64 = [](int64_t v) { return Tensor::from({v}, {}); };
  EXPECT_EQ(run((x / y) * y, DType::I32, i32(7), i32(2)), i32(6));
  EXPECT_EQ(run(x / y, DType::I32, i32(-7), i32(2)), i32(-3));
  EXPECT_EQ(run(x / y, DType::I32, i32(7), i32(0)), i32(0));
  EXPECT_EQ(run(x + y, DType::I32, i32(2147483647), i32(1)), i32(-2147483648));
  EXPECT_EQ(run(x * y, DType::I32, i32(2147483647), i32(2147483647)), i32(1));
  EXPECT_EQ(run(x - y, DType::U8, u8(1), u8(2)), u8(255));
  EXPECT_EQ(run(max(x, y) + 1.0, DType::I64, i64(1), i64((int64_t{1} << 53) - 2)),
            i64((int64_t{1} << 53) - 1));
  EXPECT_THROW(run(x * y, DType::I64, i64(int64_t{1} << 40), i64(int64_t{1} << 40)), Error);
  EXPECT_THROW(run(x, DType::I64, i64((int64_t{1} << 53) + 3), i64(0)), Error);
  EXPECT_EQ(run(x / y, DType::I32, i32(-2147483648), i32(-1)), i32(-2147483648));
  EXPECT_EQ(run(ScalarExpr(-2147483648.0) / x, DType::I32, i32(-1), i32(0)), i32(-2147483648));
  // Constants may be as far out as their type goes; the interpreter takes them as far as 2^53.
  EXPECT_EQ(run(ScalarExpr(-0x1p53) / x, DType::I64, i64(-1), i64(0)), i64(int64_t{1} << 53));
  const ScalarExpr least(-0x1p63), large(0x1p62);
  for (const ScalarExpr& e : {least / x, -least, abs(least), least + x, x - least, least - large,
                              large + large, large * x, max(x, least)})
    EXPECT_THROW(run(e, DType::I64, i64(-1), i64(0)), Error) << e.to_string();
}

TEST(Convert, TruncatesSaturatesWrapsAndRounds) {
  const auto to = [](DType t, const Tensor& x) {
    return unary(x, {x.dtype(), {Dim(x.elements())}},
                 [&](auto& b, ValueId v) { return b.convert(v, t); });
  };
  const Tensor x = floats({-1.9f, 0.5f, 1.9f, 256, 300.7f, kNaN, kInf, -kInf}, {8});
  constexpr int32_t least = INT32_MIN, most = INT32_MAX;
  EXPECT_EQ(to(DType::I32, x), Tensor::from<int32_t>({-1, 0, 1, 256, 300, 0, most, least}, {8}));
  EXPECT_EQ(to(DType::U8, x), Tensor::from<uint8_t>({0, 0, 1, 255, 255, 0, 255, 0}, {8}));
  EXPECT_EQ(to(DType::I64, x),
            Tensor::from<int64_t>({-1, 0, 1, 256, 300, 0, INT64_MAX, INT64_MIN}, {8}));
  EXPECT_EQ(to(DType::I32, floats({4294967296.0f, -2147483648.0f, -0.0f}, {3})),
            Tensor::from<int32_t>({most, least, 0}, {3}));
  EXPECT_EQ(to(DType::U8, Tensor::from<int32_t>({-1, 256, 300}, {3})),
            Tensor::from<uint8_t>({255, 0, 44}, {3}));
  EXPECT_EQ(to(DType::I32, Tensor::from<int64_t>({int64_t{1} << 32, int64_t{1} << 31}, {2})),
            Tensor::from<int32_t>({0, least}, {2}));
  const Tensor truth = to(DType::Bool, floats({0, -0.0f, 0.25f, kNaN}, {4}));
  EXPECT_EQ(truths(truth), (std::vector<int>{0, 0, 1, 1}));
  EXPECT_EQ(is(to(DType::F32, truth), {0, 0, 1, 1}, {4}), "");
  EXPECT_EQ(is(to(DType::F32, Tensor::from<double>({0.1, 1e300, 16777217}, {3})),
               {0.1f, kInf, 16777216}, {3}),
            "");
}

TEST(MatMul, AllFourForms) {
  const Tensor a = floats({1, 2, 3, 4, 5, 6}, {2, 3}), at = floats({1, 4, 2, 5, 3, 6}, {3, 2});
  const Tensor b = floats({1, 0, 2, -1, 0, 3}, {3, 2}), bt = floats({1, 2, 0, 0, -1, 3}, {2, 3});
  for (const bool ta : {false, true})
    for (const bool tb : {false, true}) {
      Program p;
      const ValueId x = p.param("a", f32(ta ? Shape{3, 2} : Shape{2, 3}));
      const ValueId w = p.param("b", f32(tb ? Shape{2, 3} : Shape{3, 2}));
      p.out(p.b.matmul(x, w, ta, tb));
      EXPECT_EQ(is(p.run({{"a", ta ? at : a}, {"b", tb ? bt : b}}), {5, 7, 14, 13}, {2, 2}), "");
    }
}

TEST(MatMul, SumsOverTheBatchAndSpreadsNaN) {
  Program p;
  const ValueId x = p.param("x", f32({B, 2})), dz = p.param("dz", f32({B, 1}));
  p.out(p.b.matmul(x, dz, true, false));
  EXPECT_EQ(
      is(p.run({{"x", floats({1, 2, 3, 4, 5, 6}, {3, 2})}, {"dz", floats({1, 10, 100}, {3, 1})}}),
         {531, 642}, {2, 1}),
      "");
  EXPECT_EQ(is(p.run({{"x", floats({0, 2}, {1, 2})}, {"dz", floats({kInf}, {1, 1})}}), {kNaN, kInf},
               {2, 1}),
            "");
}

TEST(MatMul, AllAxesButTheLastAreRows) {
  for (const bool back : {false, true}) {
    Program p;
    const ValueId x = p.param("x", f32({B, 2, 3})), w = p.param("w", f32({3, 2}));
    const ValueId y = p.b.matmul(x, w);
    p.out(back ? p.b.matmul(x, y, true, false) : y);
    const Tensor made = p.run({{"x", floats({1, 2, 3, 4, 5, 6, 0, 0, 1, -1, 1, 0}, {2, 2, 3})},
                               {"w", floats({1, 0, 2, -1, 0, 3}, {3, 2})}});
    if (back)
      EXPECT_EQ(is(made, {60, 60, 81, 78, 99, 102}, {3, 2}), "");
    else
      EXPECT_EQ(is(made, {5, 7, 14, 13, 0, 3, 1, -1}, {2, 2, 2}), "");
  }
}

TEST(Transpose, SwapsAxes) {
  EXPECT_EQ(is(unary(floats({1, 2, 3, 4, 5, 6}, {2, 3}), f32({2, 3}),
                     [](auto& b, ValueId x) { return b.transpose(x); }),
               {1, 4, 2, 5, 3, 6}, {3, 2}),
            "");
}

TEST(Reduce, EveryKindAndAnyAxes) {
  const Tensor x = floats({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, {2, 3, 2});
  const auto reduce = [&](const char* kind, std::vector<int64_t> axes, bool keep = false) {
    return unary(x, f32({B, 3, 2}),
                 [&](auto& b, ValueId v) { return b.reduce(kind, v, axes, keep); });
  };
  EXPECT_EQ(is(reduce("sum", {0}), {8, 10, 12, 14, 16, 18}, {3, 2}), "");
  EXPECT_EQ(is(reduce("sum", {1}), {9, 12, 27, 30}, {2, 2}), "");
  EXPECT_EQ(is(reduce("sum", {2}, true), {3, 7, 11, 15, 19, 23}, {2, 3, 1}), "");
  EXPECT_EQ(is(reduce("sum", {0, 2}), {18, 26, 34}, {3}), "");
  EXPECT_EQ(is(reduce("sum", {0, 1, 2}, true), {78}, {1, 1, 1}), "");
  EXPECT_EQ(is(reduce("mean", {0, 1, 2}), {6.5}, {}), "");
  EXPECT_EQ(is(reduce("mean", {0}), {4, 5, 6, 7, 8, 9}, {3, 2}), "");
  EXPECT_EQ(is(reduce("max", {1}), {5, 6, 11, 12}, {2, 2}), "");
  EXPECT_EQ(is(reduce("min", {0, 1}), {1, 2}, {2}), "");
}

TEST(Reduce, AtTheEdges) {
  const Tensor x = floats({-kInf, -kInf, kInf, -kInf, kNaN, 1, 1, kNaN, 3e38f, 3e38f}, {5, 2});
  const auto reduce = [&](const char* kind) {
    return unary(x, f32({B, 2}), [&](auto& b, ValueId v) { return b.reduce(kind, v, {1}); });
  };
  EXPECT_EQ(is(reduce("sum"), {-kInf, kNaN, kNaN, kNaN, kInf}, {5}), "");
  EXPECT_EQ(is(reduce("mean"), {-kInf, kNaN, kNaN, kNaN, 3e38f}, {5}), "");
  EXPECT_EQ(is(reduce("max"), {-kInf, kInf, kNaN, kNaN, 3e38f}, {5}), "");
  EXPECT_EQ(is(reduce("min"), {-kInf, -kInf, kNaN, kNaN, 3e38f}, {5}), "");
}

TEST(Broadcast, RepeatsWhatIsOneOrMissing) {
  const auto to = [](const Tensor& x, const Shape& from, const Shape& shape) {
    Program p;
    const ValueId v = p.param("x", f32(from));
    p.out(p.b.broadcast(v, shape));
    return p.run({{"x", x}}, 2);
  };
  EXPECT_EQ(is(to(floats({1, 2}, {2}), {2}, {B, 2}), {1, 2, 1, 2}, {2, 2}), "");
  EXPECT_EQ(is(to(floats({1, 2}, {2, 1}), {2, 1}, {2, 3}), {1, 1, 1, 2, 2, 2}, {2, 3}), "");
  EXPECT_EQ(is(to(floats({7}, {}), {}, {B, 1, 2}), {7, 7, 7, 7}, {2, 1, 2}), "");
}

TEST(Reshape, KeepsTheOrder) {
  EXPECT_EQ(is(unary(floats({1, 2, 3, 4, 5, 6}, {1, 6}), f32({B, 6}),
                     [](auto& b, ValueId x) { return b.reshape(x, {B, 3, 2}); }),
               {1, 2, 3, 4, 5, 6}, {1, 3, 2}),
            "");
}

TEST(Softmax, SubtractsTheLargest) {
  const Tensor x = floats({0, 0, 1000, 1000, 0, std::log(3.0f), -kInf, 5}, {4, 2});
  const auto run = [](const Tensor& t, auto op) {
    return unary(t, f32({B, 2}), [&](auto& b, ValueId v) { return (b.*op)(v); });
  };
  EXPECT_EQ(disagreement(run(x, &ir::Builder::softmax),
                         floats({0.5, 0.5, 0.5, 0.5, 0.25, 0.75, 0, 1}, {4, 2}), {.ulps = 1}),
            "");
  const float half = std::log(0.5f);
  EXPECT_EQ(
      disagreement(
          run(x, &ir::Builder::log_softmax),
          floats({half, half, half, half, std::log(0.25f), std::log(0.75f), -kInf, 0}, {4, 2}),
          {.ulps = 1}),
      "");
  const Tensor bad = floats({kInf, 0, -kInf, -kInf, kNaN, 1, 1, kNaN}, {4, 2});
  for (const auto op : {&ir::Builder::softmax, &ir::Builder::log_softmax})
    EXPECT_EQ(is(run(bad, op), {kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN}, {4, 2}), "");
}

TEST(Gather, PicksRows) {
  Program p;
  const ValueId data = p.param("data", {DType::U8, {N, 2}}),
                index = p.param("i", {DType::I32, {B}});
  p.out(p.b.gather(data, index));
  const Tensor rows = Tensor::from<uint8_t>({1, 2, 3, 4, 250, 255}, {3, 2});
  const auto run = [&](const Tensor& i) { return p.run({{"data", rows}, {"i", i}}); };
  EXPECT_EQ(run(Tensor::from<int32_t>({2, 0, 2, 1}, {4})),
            Tensor::from<uint8_t>({250, 255, 1, 2, 250, 255, 3, 4}, {4, 2}));
  EXPECT_EQ(run(Tensor::from<int32_t>({3, -1, 1}, {3})),
            Tensor::from<uint8_t>({0, 0, 0, 0, 3, 4}, {3, 2}));
}

TEST(Gather, PicksWindowsThatEndWithTheRow) {
  Program p;
  const ValueId data = p.param("data", {DType::U8, {N, 2}}),
                index = p.param("i", {DType::I32, {B}});
  p.out(p.b.gather(data, index, 3));
  const Tensor rows = Tensor::from<uint8_t>({1, 2, 3, 4, 5, 6, 7, 8}, {4, 2});
  EXPECT_EQ(p.run({{"data", rows}, {"i", Tensor::from<int32_t>({3, 1, 2, 4, -1}, {5})}}),
            Tensor::from<uint8_t>({3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 1, 2, 3,
                                   4, 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
                                  {5, 3, 2}));
}

TEST(ScatterAdd, AddsWhatGoesToOneRowAndLeavesOutWhatIsOutside) {
  Program p;
  const ValueId parts = p.param("parts", f32({B, 2})), index = p.param("i", {DType::I32, {B}});
  p.out(p.b.scatter_add(parts, index, 3));
  EXPECT_EQ(is(p.run({{"parts", floats({1, 2, 10, 20, 100, 200, 1000, 2000}, {4, 2})},
                      {"i", Tensor::from<int32_t>({2, 0, 2, 3}, {4})}}),
               {10, 20, 0, 0, 101, 202}, {3, 2}),
            "");
}

TEST(Gather, PicksNumbersOfAFixedList) {
  Program p;
  const ValueId data = p.param("data", f32({3})), index = p.param("i", {DType::I64, {2}});
  p.out(p.b.gather(data, index));
  EXPECT_EQ(
      is(p.run({{"data", floats({5, 6, kNaN}, {3})}, {"i", Tensor::from<int64_t>({2, 0}, {2})}}),
         {kNaN, 5}, {2}),
      "");
}

TEST(OneHot, IsZeroOutsideTheDepth) {
  EXPECT_EQ(is(unary(Tensor::from<int32_t>({2, 0, 3, -1}, {4}), {DType::I32, {B}},
                     [](auto& b, ValueId x) { return b.one_hot(x, 3); }),
               {0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0}, {4, 3}),
            "");
}

TEST(ArgMax, TakesTheFirstOfEqualOnesAndNaNFirst) {
  EXPECT_EQ(unary(floats({1, 3, 3, 5, 5, 1, -kInf, -kInf, -kInf, 0, kNaN, 1}, {4, 3}), f32({B, 3}),
                  [](auto& b, ValueId x) { return b.argmax(x); }),
            Tensor::from<int32_t>({1, 0, 0, 1}, {4}));
}

TEST(ConcatAndSlice, PutTogetherAndTakeApart) {
  Program p;
  const ValueId a = p.param("a", f32({B, 2})), c = p.param("c", f32({B, 1}));
  p.out(p.b.concat({a, c, a}, 1));
  const Tensor joined = p.run({{"a", floats({1, 2, 3, 4}, {2, 2})}, {"c", floats({9, 8}, {2, 1})}});
  EXPECT_EQ(is(joined, {1, 2, 9, 1, 2, 3, 4, 8, 3, 4}, {2, 5}), "");
  EXPECT_EQ(is(unary(joined, f32({B, 5}), [](auto& b, ValueId x) { return b.slice(x, 1, 1, 3); }),
               {2, 9, 1, 4, 8, 3}, {2, 3}),
            "");
  const Tensor cube = floats({1, 2, 3, 4, 5, 6, 7, 8}, {2, 2, 2});
  EXPECT_EQ(is(unary(cube, f32({2, 2, 2}), [](auto& b, ValueId x) { return b.slice(x, 0, 1, 1); }),
               {5, 6, 7, 8}, {1, 2, 2}),
            "");
  EXPECT_EQ(is(unary(cube, f32({2, 2, 2}), [](auto& b, ValueId x) { return b.concat({x, x}, 0); }),
               {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8}, {4, 2, 2}),
            "");
}

TEST(Constant, FillsAndRounds) {
  Program p;
  p.out(p.b.constant(0.1, DType::F32, {B, 2}));
  EXPECT_EQ(is(p.run({}, 2), {0.1f, 0.1f, 0.1f, 0.1f}, {2, 2}), "");
  Program q;
  q.out(q.b.constant(258, DType::U8));
  EXPECT_EQ(q.run({}), Tensor::from<uint8_t>({2}, {}));
}

TEST(BatchSize, IsTheBatch) {
  Program p;
  p.param("x", f32({B, 2}));
  p.out(p.b.batch_size());
  EXPECT_EQ(is(p.run({{"x", floats({1, 2, 3, 4, 5, 6}, {3, 2})}}), {3}, {}), "");
  EXPECT_EQ(is(p.run({{"x", floats({1, 2}, {1, 2})}}), {1}, {}), "");
}

TEST(RandomUniform, IsPhiloxByElement) {
  Program p;
  const ValueId seed = p.param("seed", {DType::I64, {}}), step = p.param("step", {DType::I64, {}});
  p.out(p.b.random_uniform(seed, step, 7, {B, 3}));
  const int64_t s = (int64_t{5} << 32) + 9;
  const Tensor y =
      p.run({{"seed", Tensor::from({s}, {})}, {"step", Tensor::from({int64_t{4}}, {})}}, 3);
  ASSERT_EQ(y.shape(), (std::vector<int64_t>{3, 3}));
  for (uint64_t i = 0; i < 9; ++i) EXPECT_EQ(y.data<float>()[i], runtime::uniform_at(s, 7, 4, i));
  EXPECT_NE(y,
            p.run({{"seed", Tensor::from({s}, {})}, {"step", Tensor::from({int64_t{5}}, {})}}, 3));
  // A negative seed is its 64 bits.
  const Tensor z = p.run(
      {{"seed", Tensor::from({int64_t{-2}}, {})}, {"step", Tensor::from({int64_t{0}}, {})}}, 1);
  EXPECT_EQ(z.data<float>()[2], runtime::uniform_at(0xFFFFFFFFFFFFFFFEull, 7, 0, 2));
}

}  // namespace
}  // namespace lathe::test
