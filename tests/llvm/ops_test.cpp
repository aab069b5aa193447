// Every op of ops.def, compiled, against the interpreter: at normal inputs and at 0, -0,
// infinities, NaN, huge, tiny and denormal ones, for batches around the tile sizes, on one worker
// and on three.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "codegen/interp/compare.h"
#include "codegen/interp/interpreter.h"
#include "ir/op_table.h"
#include "ir/parser.h"
#include "passes/pipeline.h"
#include "tests/llvm/agree.h"
#include "tests/llvm/op_cases.h"
#include "tests/llvm/scalar_ulps.h"

namespace lathe::test {
namespace {

using runtime::Tensor;
using testing::AgreeOptions;
using testing::Tensors;

constexpr float kInf = std::numeric_limits<float>::infinity();

enum class Draw { Normal, Extreme };

template <class T>
T draw_number(std::mt19937_64& random, Draw draw) {
  if constexpr (std::is_floating_point_v<T>) {
    const double normal = static_cast<double>(random() >> 11) * 0x1p-53 * 6 - 3;
    static constexpr double kExtreme[] = {0,     -0.0,  kInf,   -kInf, NAN,  1e38, -1e38, 1e-38,
                                          1e-30, 2e-38, -1e-40, 1.0,   -1.0, 100,  -100};
    return static_cast<T>(
        draw == Draw::Extreme && random() % 2 ? kExtreme[random() % std::size(kExtreme)] : normal);
  } else {
    // The interpreter holds i64 exactly up to 2^53.
    static constexpr int64_t kExtreme[] = {0,   1,    -1,         127,           128,       255,
                                           256, -128, 0x7fffffff, -0x80000000ll, 0x7ffffff0};
    return static_cast<T>(draw == Draw::Extreme ? kExtreme[random() % std::size(kExtreme)]
                                                : static_cast<int64_t>(random() % 41) - 20);
  }
}

Tensor draw_tensor(const TensorType& type, const std::string& name, const AgreeOptions& o,
                   Draw draw) {
  std::mt19937_64 random(o.seed + std::hash<std::string>()(name));
  std::vector<int64_t> shape;
  for (Dim d : type.shape) shape.push_back(d.bind(o.batch, o.data_rows));
  Tensor t(type.dtype, shape);
  const bool index = name.starts_with("index");
  const auto fill = [&](auto span) {
    for (auto& v : span) {
      using T = std::remove_reference_t<decltype(v)>;
      v = index ? static_cast<T>(random() % 5) : draw_number<T>(random, draw);
    }
  };
  switch (type.dtype) {
    case DType::F32:
      fill(t.data<float>());
      break;
    case DType::F64:
      fill(t.data<double>());
      break;
    case DType::I64:
      fill(t.data<int64_t>());
      break;
    case DType::I32:
      fill(t.data<int32_t>());
      break;
    case DType::U8:
      fill(t.data<uint8_t>());
      break;
    case DType::Bool:
      for (uint8_t& v : t.data<uint8_t>()) v = random() & 1;
      break;
  }
  return t;
}

/// The floats as `change` makes them, which takes and returns float or double.
template <class Change>
Tensors changed(const Tensors& values, const Change& change) {
  Tensors all = values;
  for (auto& entry : all) {
    Tensor& t = entry.second;
    if (t.dtype() == DType::F32)
      for (float& v : t.data<float>()) v = change(v);
    if (t.dtype() == DType::F64)
      for (double& v : t.data<double>()) v = change(v);
  }
  return all;
}

Tensors interpret(const ir::Module& m, const std::string& function, const Tensors& inputs,
                  const Tensors& states, int64_t batch) {
  interp::Interpreter interpreter(m);
  for (auto& [name, value] : states) interpreter.set_state(name, value);
  Tensors results =
      interpreter.run(function, interp::Interpreter::Inputs(inputs.begin(), inputs.end()), batch);
  for (const ir::State& s : m.states) results.emplace("%" + s.name, interpreter.state(s.name));
  return results;
}

class Ops : public ::testing::TestWithParam<ir::OpKind> {};

void check(const ir::Module& m, const testing::Compiled& compiled, const OpCase& op,
           const AgreeOptions& o, Draw draw) {
  const ir::Function& f = m.function(op.function);
  Tensors inputs, states;
  for (ir::ValueId p : f.params)
    inputs.emplace(f.op(p).name, draw_tensor(f.op(p).type, f.op(p).name, o, draw));
  for (const ir::State& s : m.states) states.emplace(s.name, draw_tensor(s.type, s.name, o, draw));
  // A step counts denormals as zeros.
  const auto flush = [](auto v) { return flushed(v); };
  const auto magnitude = [](auto v) { return std::isfinite(v) ? std::fabs(v) : 0; };
  const Tensors expected =
      interpret(m, op.function, changed(inputs, flush), changed(states, flush), o.batch);
  Tensors magnitudes;
  if (op.bound.sums)
    magnitudes =
        interpret(m, op.function, changed(inputs, magnitude), changed(states, magnitude), o.batch);
  const Tensors actual = testing::run(compiled, op.function, inputs, states, o);
  for (const auto& [name, want] : expected) {
    const Tensor& got = actual.at(name);
    std::string report;
    if (op.bound.sums) {
      std::vector<double> sizes;
      for (int64_t i = 0; i < want.elements(); ++i)
        sizes.push_back(std::fabs(testing::element(magnitudes.at(name), i)));
      // f64: chains of at most 100 terms on either side, each term rounded by 1.1e-16 of the sum.
      const double relative = want.dtype() == DType::F64 ? 2e-14 : 1e-5;
      report = interp::contraction_disagreement(got, want, sizes, relative);
    } else {
      report = interp::disagreement(got, want, {op.bound.ulps, op.bound.absolute});
    }
    EXPECT_EQ(report, "") << op.function << ", " << name << ", batch " << o.batch << ", "
                          << o.workers << " workers"
                          << (draw == Draw::Extreme ? ", extreme inputs" : "");
  }
}

TEST_P(Ops, AgreeWithTheInterpreter) {
  const OpCases c = cases_of(GetParam());
  AgreeOptions o{.batch = 1, .data_rows = 23, .max_batch = 40, .opt_level = 1};
  const testing::Compiled compiled = testing::compile(c.module, o);
  ir::Module updated = c.module;
  passes::Remarks remarks;
  passes::run_to_stage(updated, passes::Stage::Updated, {}, remarks);
  for (const OpCase& op : c.cases)
    for (const auto& [batch, workers] : {std::pair{1, 1}, {7, 3}, {33, 1}, {40, 3}}) {
      o.batch = batch;
      o.workers = workers;
      check(updated, compiled, op, o, Draw::Normal);
      if (op.bound.extremes) check(updated, compiled, op, o, Draw::Extreme);
    }
}

// What the interpreter, which computes in doubles, can't hold.
TEST(Convert, SaturatesToI64) {
  OpCases c;
  c.add("convert", {},
        [](ir::Builder& b) { return b.convert(b.param("x", {DType::F32, {20}}), DType::I64); });
  Tensor x(DType::F32, {20});
  const std::vector<float> values = {NAN, kInf, -kInf, 1e30f, -1e30f, 2.9f, -2.9f, 0x1p62f};
  std::copy(values.begin(), values.end(), x.data<float>().begin());
  AgreeOptions o{.batch = 1};
  const Tensors y = testing::run(testing::compile(c.module, o), "f0.convert", {{"x", x}}, {}, o);
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  const std::vector<int64_t> expected = {0, kMost, -kMost - 1, kMost, -kMost - 1, 2, -2, 1ll << 62};
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(y.at("y").data<int64_t>()[i], expected[i]) << values[i];
}

/// Rows of small numbers, of which one is by far the largest and its neighbour the smallest, each
/// column's turn; the same with a NaN in each column; a row of -inf, one of zeros of both signs.
template <typename T>
void expect_any_column_counts(int64_t columns) {
  const int64_t rows = 2 * columns + 2;
  const std::string type = std::is_same_v<T, float> ? "f32" : "f64";
  const std::string of_rows = type + "[" + std::to_string(rows) + "]",
                    matrix =
                        type + "[" + std::to_string(rows) + "," + std::to_string(columns) + "]";
  std::string text = "module @m { func @f(%x: " + matrix + ") -> (sum: " + of_rows +
                     ", most: " + of_rows + ", least: " + of_rows + ") {";
  int number = 0;
  for (const char* kind : {"sum", "max", "min"})
    text += " %" + std::to_string(number++) + " = reduce(%x) {axes = [1], kind = " + kind +
            "} : " + of_rows;
  const ir::Module m = ir::parse_verified(text + " return %0, %1, %2 } }");
  Tensor x(m.functions[0].op(m.functions[0].params[0]).type.dtype, {rows, columns});
  const auto at = [&](int64_t row, int64_t column) -> T& {
    return x.data<T>()[static_cast<size_t>(row * columns + column % columns)];
  };
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t i = 0; i < columns; ++i) at(row, i) = static_cast<T>(i) / 128;
  std::vector<T> sums(columns, static_cast<T>(columns * (columns - 1) / 2) / 128);
  for (int64_t row = 0; row < columns; ++row) {
    sums[static_cast<size_t>(row)] -= at(row, row) + at(row, row + 1);
    at(row, row) = 100;
    at(row, row + 1) = -100;
    at(columns + row, row) = std::numeric_limits<T>::quiet_NaN();
    at(2 * columns, row) = -std::numeric_limits<T>::infinity();
    at(2 * columns + 1, row) = row % 2 ? T{0} : -T{0};
  }
  for (const char* cpu : {"", "x86-64-v3", "x86-64"}) {
    if (!testing::runs_here(cpu)) continue;
    SCOPED_TRACE(matrix + " " + cpu);
    const Tensors y = testing::run_jit(m, "f", {{"x", x}}, {}, {.batch = 1, .cpu = cpu});
    for (int64_t row = 0; row < rows; ++row) {
      const auto i = static_cast<size_t>(row);
      const T sum = y.at("sum").data<T>()[i], most = y.at("most").data<T>()[i],
              least = y.at("least").data<T>()[i];
      if (row < columns) {
        EXPECT_EQ(sum, sums[i]) << row;
        EXPECT_EQ(most, 100) << row;
        EXPECT_EQ(least, -100) << row;
      } else if (row < 2 * columns) {
        EXPECT_TRUE(std::isnan(sum) && std::isnan(most) && std::isnan(least)) << row;
      } else {
        const T all = row == 2 * columns ? -std::numeric_limits<T>::infinity() : T{0};
        EXPECT_EQ(sum, all);
        EXPECT_EQ(most, all);
        EXPECT_EQ(least, all);
      }
    }
  }
}

// The vectors of a row go to accumulators in turn: in each of them every column counts. Rows of more
// than 64 columns are a loop.
TEST(Reduce, FindsWhatIsInAnyColumn) {
  for (const int64_t columns : {2, 15, 16, 17, 64, 65, 83})
    expect_any_column_counts<float>(columns);
  expect_any_column_counts<double>(83);
}

TEST(Reduce, OfARowHasTheSameBitsAtEveryVectorWidth) {
  const ir::Module m = ir::parse_verified(R"(module @m {
    func @f(%x: f32[B,333], %t: f32[B,333]) -> (p: f32[B,333], loss: f32[B]) {
      %0 = log_softmax(%x) : f32[B,333]
      %1 = map(%t, %0) {fn = (mul a0 (div a1 333))} : f32[B,333]
      %2 = reduce(%1) {axes = [1], kind = sum} : f32[B]
      %3 = softmax(%x) : f32[B,333]
      return %3, %2
    }
  })");
  AgreeOptions o{.batch = 9};
  const Tensors x = testing::random_inputs(m, m.functions[0], o);
  const Tensors wide = testing::run_jit(m, "f", x, {}, o);
  o.cpu = "x86-64-v3";
  if (!testing::runs_here(o.cpu)) GTEST_SKIP() << o.cpu << " does not run here";
  const Tensors narrow = testing::run_jit(m, "f", x, {}, o);
  for (const auto& [name, value] : wide) EXPECT_TRUE(value == narrow.at(name)) << name;
}

std::vector<ir::OpKind> all_kinds() {
  std::vector<ir::OpKind> kinds = {ir::OpKind::Param, ir::OpKind::State};
  for (const ir::OpInfo& info : ir::op_table()) kinds.push_back(info.kind);
  return kinds;
}

std::string name_of(const ::testing::TestParamInfo<ir::OpKind>& info) {
  if (info.param == ir::OpKind::Param) return "param";
  if (info.param == ir::OpKind::State) return "state";
  return std::string(ir::op_info(info.param).text);
}

INSTANTIATE_TEST_SUITE_P(All, Ops, ::testing::ValuesIn(all_kinds()), name_of);

}  // namespace
}  // namespace lathe::test
