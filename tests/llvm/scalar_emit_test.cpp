// Emitted scalar expressions against their meaning: every primitive, every row of elementwise.def,
// every row's gradients, and random expressions, at normal and extreme operands. All from the
// tables.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "ir/elementwise.h"
#include "ir/error.h"
#include "runtime/fp_mode.h"
#include "runtime/philox.h"
#include "tests/llvm/scalar_emit_probe.h"
#include "tests/llvm/scalar_reference.h"

namespace lathe::codegen {
namespace {

using ir::ScalarExpr;
using ir::ScalarOp;

struct Case {
  std::string name;
  ScalarExpr expr;
  double low = -3, high = 3;  ///< where normal operands are drawn from
};

bool is_logic(ScalarOp op) {
  return op == ScalarOp::And || op == ScalarOp::Or || op == ScalarOp::Not;
}

std::vector<ScalarOp> primitives() {
  return {
#define SCALAR_OP(name, text, arity, result, host) ScalarOp::name,
#include "ir/scalar_ops.def"
#undef SCALAR_OP
  };
}

/// `op` of the arguments; where it wants truth values, of a_i < 1.
ScalarExpr primitive(ScalarOp op) {
  std::vector<ScalarExpr> operands;
  for (int i = 0; i < ir::scalar_op_arity(op); ++i) {
    const ScalarExpr a = ScalarExpr::arg(i);
    operands.push_back(is_logic(op) || (op == ScalarOp::Select && i == 0)
                           ? ScalarExpr::make(ScalarOp::Lt, std::array{a, ScalarExpr(1)})
                           : a);
  }
  return ScalarExpr::make(op, operands);
}

double random_unit(uint64_t& draws) {
  return runtime::uniform_at(7, 0, 0, draws++);
}

/// A number made of about twenty primitives over three arguments and a constant.
ScalarExpr random_expression(uint64_t& draws) {
  std::vector<ScalarExpr> numbers = {ScalarExpr::arg(0), ScalarExpr::arg(1), ScalarExpr::arg(2),
                                     0.5};
  std::vector<ScalarExpr> truths = {primitive(ScalarOp::Lt)};
  const std::vector<ScalarOp> ops = primitives();
  auto pick = [&](const auto& from) {
    return from[static_cast<size_t>(random_unit(draws) * static_cast<double>(from.size()))];
  };
  for (int i = 0; i < 20; ++i) {
    const ScalarOp op = pick(ops);
    std::vector<ScalarExpr> operands;
    for (int k = 0; k < ir::scalar_op_arity(op); ++k)
      operands.push_back(is_logic(op) || (op == ScalarOp::Select && k == 0) ? pick(truths)
                                                                            : pick(numbers));
    (ir::scalar_op_is_truth(op) ? truths : numbers).push_back(ScalarExpr::make(op, operands));
  }
  return numbers.back();
}

/// Every row, and once more those with parameters, with others than the defaults.
std::vector<ir::ElementwiseRow> rows() {
  std::vector<ir::ElementwiseRow> all;
  uint64_t draws = 1000;
  for (const ir::ElementwiseRow& row : ir::elementwise_table()) {
    all.push_back(row);
    std::vector<double> values;
    for (size_t i = 0; i < row.params.size(); ++i) values.push_back(0.1 + 2 * random_unit(draws));
    if (!values.empty()) all.push_back(row.with(values));
  }
  return all;
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all = [] {
    std::vector<Case> list;
    for (const ScalarOp op : primitives())
      list.push_back({std::string(ir::scalar_op_name(op)), primitive(op)});
    for (const ir::ElementwiseRow& row : rows()) {
      const std::string name(row.name);
      list.push_back({name, row.expr, row.marks.low, row.marks.high});
      for (int i = 0; i < row.arity; ++i)
        list.push_back({name + ".d" + std::to_string(i), ir::map_derivative(row.expr, row.arity, i),
                        row.marks.low, row.marks.high});
    }
    uint64_t draws = 0;
    for (int i = 0; i < 12; ++i) {
      const ScalarExpr e = random_expression(draws);
      list.push_back({e.to_string(), e});
    }
    return list;
  }();
  return all;
}

/// One array for each argument, all of one length, a multiple of every number of lanes.
template <typename T>
using Operands = std::vector<std::vector<T>>;

template <typename T>
constexpr DType kDType = std::is_same_v<T, float>     ? DType::F32
                         : std::is_same_v<T, double>  ? DType::F64
                         : std::is_same_v<T, int64_t> ? DType::I64
                         : std::is_same_v<T, int32_t> ? DType::I32
                                                      : DType::U8;

/// All combinations of `values`, fewer of them for many arguments.
template <typename T>
void add_combinations(Operands<T>& x, std::vector<T> values) {
  while (std::pow(values.size(), x.size()) > 20000) values.pop_back();
  std::vector<size_t> at(x.size(), 0);
  for (size_t k = 0; k < x.size();) {
    for (size_t i = 0; i < x.size(); ++i) x[i].push_back(values[at[i]]);
    for (k = 0; k < x.size() && ++at[k] == values.size(); ++k) at[k] = 0;
  }
}

template <typename T>
void fill_up(Operands<T>& x) {
  for (std::vector<T>& array : x) array.resize((array.size() + 15) / 16 * 16, T{1});
}

/// The most telling first: those that stay for many arguments.
template <typename T>
std::vector<T> extreme_values() {
  using L = std::numeric_limits<T>;
  return {0,     L::infinity(), -L::infinity(), L::quiet_NaN(), -1,          T(0.75), 100,   -100,
          -T{0}, L::max(),      -L::max(),      L::min(),       -L::min(),   T(1e-5), T(-3), 88,
          -88,   L::epsilon(),  T(1e10),        T(-1e10),       L::min() / 4};
}

template <typename T>
Operands<T> float_operands(const Case& c) {
  Operands<T> x(std::max(1, c.expr.arity()));
  uint64_t draws = 1000;
  for (int i = 0; i < 500; ++i)
    for (std::vector<T>& array : x)
      array.push_back(static_cast<T>(c.low + (c.high - c.low) * random_unit(draws)));
  add_combinations(x, extreme_values<T>());
  fill_up(x);
  return x;
}

template <typename Out, typename T>
std::vector<Out> run(const ScalarProbe& probe, const Operands<T>& x) {
  std::vector<Out> y(x[0].size());
  std::vector<const void*> in;
  for (const std::vector<T>& array : x) in.push_back(array.data());
  const runtime::FpMode mode;
  probe(in, y.data(), static_cast<int64_t>(y.size()));
  return y;
}

/// The results as T, a truth value as 0 or 1.
template <typename T>
std::vector<T> results(const ScalarExpr& e, const Operands<T>& x, const ScalarProbe::Options& o) {
  const ScalarProbe probe = ScalarProbe::map(e, kDType<T>, o);
  if (!e.is_truth()) return run<T>(probe, x);
  std::vector<T> y;
  for (const uint8_t truth : run<uint8_t>(probe, x)) y.push_back(static_cast<T>(truth));
  return y;
}

template <typename T>
std::vector<T> operands_at(const Operands<T>& x, size_t i) {
  std::vector<T> args;
  for (const std::vector<T>& array : x) args.push_back(array[i]);
  return args;
}

template <typename T>
void expect_meaning(const Case& c) {
  SCOPED_TRACE(c.name);
  const Operands<T> x = float_operands<T>(c);
  const std::vector<T> y = results(c.expr, x, {.lanes = 8});
  size_t open = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    const std::vector<T> args = operands_at(x, i);
    const test::Range<T> want = test::evaluate<T>(c.expr, args);
    open += want.open;
    ASSERT_TRUE(want.has(y[i])) << y[i] << " is not in [" << want.low << ", " << want.high
                                << "] at " << testing::PrintToString(args);
  }
  EXPECT_LT(open, y.size() / 2) << "too few results are determined to be a test";
}

TEST(ScalarEmit, F32MeansWhatTheTablesSay) {
  for (const Case& c : cases()) expect_meaning<float>(c);
}

TEST(ScalarEmit, F64MeansWhatTheTablesSay) {
  for (const Case& c : cases()) expect_meaning<double>(c);
}

TEST(ScalarEmit, HasTheSameBitsAtEveryWidthAndIgnoresFastMathFlags) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    const Operands<float> x = float_operands<float>(c);
    const std::vector<float> y = results(c.expr, x, {.lanes = 16});
    for (const ScalarProbe::Options& o :
         {ScalarProbe::Options{.lanes = 1}, {.lanes = 4}, {.lanes = 8, .fast = true}}) {
      const std::vector<float> z = results(c.expr, x, o);
      for (size_t i = 0; i < y.size(); ++i)
        ASSERT_TRUE(std::memcmp(&y[i], &z[i], sizeof(float)) == 0 ||
                    (std::isnan(y[i]) && std::isnan(z[i])))
            << o.lanes << " lanes: " << z[i] << ", not " << y[i] << " at "
            << testing::PrintToString(operands_at(x, i));
    }
  }
}

// What design and Keras ask of activations: in f32, too, finite where the true value is, right far out.
TEST(ScalarEmit, ActivationsAreRightFarOutInF32) {
  const float inf = std::numeric_limits<float>::infinity();
  std::vector<float> x;
  for (float size : {0.f, 1e-20f, 0.1f, 0.7f, 2.f, 5.f, 9.f, 20.f, 80.f, 90.f, 100.f, 1e4f, 1e10f,
                     1e25f, 3e38f, inf})
    x.insert(x.end(), {size, -size});
  for (const ir::ElementwiseRow& row : rows()) {
    if (!row.activation) continue;
    SCOPED_TRACE(row.name);
    const std::vector<float> y = results(row.expr, Operands<float>{x}, {.lanes = 16});
    const ScalarExpr gradient = ir::map_derivative(row.expr, 1, 0);
    const std::vector<float> slope = results(gradient, Operands<float>{x, y}, {.lanes = 16});
    const auto expect = [&](float got, double want, double at, const char* what) {
      if (std::isinf(static_cast<float>(want))) {
        EXPECT_EQ(got, static_cast<float>(want)) << what << " at " << at;
      } else {
        EXPECT_NEAR(got, want, 2e-6 * std::max(1.0, std::fabs(want))) << what << " at " << at;
      }
    };
    for (size_t i = 0; i < x.size(); ++i) {
      const double at = x[i], value = row.expr.evaluate(std::vector{at});
      expect(y[i], value, at, "value");
      expect(slope[i], gradient.evaluate(std::vector{at, value}), at, "slope");
    }
  }
}

// A product and a sum, rounded twice: 1 + 2^-12 squared, less 1 + 2^-11, is 2^-24 if fused, and 0.
TEST(ScalarEmit, DoesNotContract) {
  const float a = 1 + 0x1p-12f, b = -(1 + 0x1p-11f);
  const ScalarExpr e = ScalarExpr::parse("(add (mul a0 a0) a1)");
  const Operands<float> x = {std::vector<float>(16, a), std::vector<float>(16, b)};
  for (const bool fast : {false, true})
    for (const unsigned lanes : {1, 16})
      EXPECT_EQ(results(e, x, {.lanes = lanes, .fast = fast})[0], 0);
}

TEST(ScalarEmit, RoundsConstantsToTheType) {
  const Operands<float> x = {std::vector<float>(16, 1.0f)};
  EXPECT_EQ(results(ScalarExpr::parse("(mul a0 0.1)"), x, {})[3], 0.1f);
  EXPECT_EQ(results(ScalarExpr(0.1), x, {.lanes = 1})[3], 0.1f);
  const Operands<int32_t> whole = {std::vector<int32_t>(16, 1)};
  EXPECT_EQ(results(ScalarExpr::parse("(mul a0 2.6)"), whole, {})[3], 3);
}

/// Integer arithmetic that wraps around; no value for what integers do not have.
template <typename T>
T integer_value(ScalarOp op, T a, T b, T c) {
  using Wide = std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>;
  const uint64_t u = static_cast<uint64_t>(a), v = static_cast<uint64_t>(b);
  switch (op) {
    case ScalarOp::Add:
      return static_cast<T>(u + v);
    case ScalarOp::Sub:
      return static_cast<T>(u - v);
    case ScalarOp::Mul:
      return static_cast<T>(u * v);
    case ScalarOp::Div:
      if (b == 0) return 0;
      if (std::is_signed_v<T> && b == static_cast<T>(-1)) return static_cast<T>(-u);
      return static_cast<T>(static_cast<Wide>(a) / static_cast<Wide>(b));
    case ScalarOp::Neg:
      return static_cast<T>(-u);
    case ScalarOp::Abs:
      return std::is_signed_v<T> && a < 0 ? static_cast<T>(-u) : a;
    case ScalarOp::Max:
      return std::max(a, b);
    case ScalarOp::Min:
      return std::min(a, b);
    case ScalarOp::Lt:
      return a < b;
    case ScalarOp::Le:
      return a <= b;
    case ScalarOp::Eq:
      return a == b;
    case ScalarOp::And:
      return a != 0 && b != 0;
    case ScalarOp::Or:
      return a != 0 || b != 0;
    case ScalarOp::Not:
      return a == 0;
    case ScalarOp::Select:
      return a != 0 ? b : c;
    case ScalarOp::Const:
    case ScalarOp::Arg:
    case ScalarOp::Exp:
    case ScalarOp::Log:
    case ScalarOp::Expm1:
    case ScalarOp::Log1p:
    case ScalarOp::Tanh:
    case ScalarOp::Erf:
    case ScalarOp::Sin:
    case ScalarOp::Cos:
    case ScalarOp::Sqrt:
      break;
  }
  internal_error(__FILE__, __LINE__, "no such integer operation");
}

bool has_meaning_for_integers(const ScalarExpr& e) {
  for (const auto& n : e.nodes()) {
    if (ir::scalar_op_is_real(n.op)) return false;
    if (n.op == ScalarOp::Const && (n.value != std::floor(n.value) || n.value < 0 || n.value > 100))
      return false;
  }
  return true;
}

template <typename T>
T integer_evaluate(const ScalarExpr& e, const std::vector<T>& args) {
  std::vector<T> v;
  for (const auto& n : e.nodes()) {
    auto operand = [&](int k) { return n.operand[k] < 0 ? T{0} : v[n.operand[k]]; };
    v.push_back(n.op == ScalarOp::Const ? static_cast<T>(n.value)
                : n.op == ScalarOp::Arg
                    ? args[n.arg]
                    : integer_value<T>(n.op, operand(0), operand(1), operand(2)));
  }
  return v.back();
}

template <typename T>
class ScalarEmitIntegers : public testing::Test {};
using IntegerTypes = testing::Types<int64_t, int32_t, uint8_t>;
TYPED_TEST_SUITE(ScalarEmitIntegers, IntegerTypes);

TYPED_TEST(ScalarEmitIntegers, WrapAroundAndTruncate) {
  using T = TypeParam;
  using L = std::numeric_limits<T>;
  int tested = 0;
  for (const Case& c : cases()) {
    if (!has_meaning_for_integers(c.expr)) continue;
    SCOPED_TRACE(c.name);
    ++tested;
    Operands<T> x(std::max(1, c.expr.arity()));
    add_combinations<T>(x, {0, 1, T(-1), L::min(), L::max(), 7, T(-7), 2, 100, T(200), T(-100)});
    fill_up(x);
    for (const unsigned lanes : {1, 16}) {
      const std::vector<T> y = results(c.expr, x, {.lanes = lanes});
      for (size_t i = 0; i < y.size(); ++i)
        ASSERT_EQ(+y[i], +integer_evaluate<T>(c.expr, operands_at(x, i)))
            << testing::PrintToString(operands_at(x, i));
    }
  }
  EXPECT_GT(tested, 20);
}

TEST(ScalarEmit, RefusesWhatHasNoMeaning) {
  for (const ScalarOp op : primitives())
    for (const DType dtype : {DType::I64, DType::I32, DType::U8})
      if (ir::scalar_op_is_real(op)) {
        EXPECT_THROW(ScalarProbe::map(primitive(op), dtype, {}), InternalError);
      }
  EXPECT_THROW(ScalarProbe::map(primitive(ScalarOp::Add), DType::Bool, {}), InternalError);
  EXPECT_THROW(ScalarProbe::map(ScalarExpr(256), DType::U8, {}), InternalError);
  EXPECT_THROW(ScalarProbe::map(ScalarExpr(-1), DType::U8, {}), InternalError);
  EXPECT_THROW(ScalarProbe::map(ScalarExpr(std::nan("")), DType::I32, {}), InternalError);
  EXPECT_THROW(ScalarProbe::map(ScalarExpr(0x1p63), DType::I64, {}), InternalError);
}

#if defined(__x86_64__)
bool calls_nothing(const std::string& assembly) {
  return assembly.find("ret") != std::string::npos && assembly.find("call") == std::string::npos &&
         assembly.find("jmp") == std::string::npos;
}

TEST(ScalarEmit, CallsNothing) {
  for (const ScalarOp op : primitives())
    for (const char* cpu : {"x86-64", "x86-64-v3", "x86-64-v4"})
      EXPECT_TRUE(calls_nothing(
          ScalarProbe::map(primitive(op), DType::F32, {.cpu = cpu, .assembly = true}).assembly()))
          << ir::scalar_op_name(op) << " " << cpu;
}
#endif

}  // namespace
}  // namespace lathe::codegen
