// Gradients of every elementwise row, every scalar primitive and every op with a gradient agree
// with central differences; so do those of a small model. The cases come from the tables.
#include "tests/interp/gradcheck.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "ir/error.h"
#include "ir/op_table.h"
#include "tests/interp/gradient_cases.h"

namespace lathe::test {
namespace {

using ir::Builder;
using ir::ValueId;

/// Tests are named by their row, and look it up.
template <class Table>
std::vector<std::string> names(const Table& table,
                               std::string_view (*name)(const typename Table::value_type&)) {
  std::vector<std::string> all;
  for (const auto& row : table) all.emplace_back(name(row));
  return all;
}

class ElementwiseGradient : public testing::TestWithParam<std::string> {};

TEST_P(ElementwiseGradient, AgreesWithDifferences) {
  const ir::ElementwiseRow& row = *ir::find_elementwise(GetParam());
  const auto cases = cases_for(row);
  EXPECT_EQ(cases.empty(), row.expr.is_truth() || row.marks.straight_through);
  for (const GradientCase& c : cases) EXPECT_EQ(check_gradients(c), "");
}

/// ∂row/∂operand at a point.
double gradient_at(const ir::ElementwiseRow& row, int wrt, double x) {
  const double out = row.expr.evaluate(std::vector{x});
  return ir::map_derivative(row.expr, 1, wrt).evaluate(std::vector{x, out});
}

// Rows are written so that a large operand, or an infinite one, gives a number and a slope. In
// double precision exp overflows at 710, so 1000 stands for what 100 is in f32.
TEST_P(ElementwiseGradient, HasNoNaNFarOut) {
  const ir::ElementwiseRow& row = *ir::find_elementwise(GetParam());
  if (row.arity != 1 || row.expr.is_truth()) return;
  const double inf = std::numeric_limits<double>::infinity();
  const ir::ElementwiseMarks free;
  for (const double x : {-inf, -1000.0, -100.0, 0.0, 100.0, 1000.0, inf}) {
    const bool restricted = row.marks.low > free.low;
    if (restricted && x < row.marks.low) continue;
    EXPECT_FALSE(std::isnan(row.expr.evaluate(std::vector{x}))) << row.name << " at " << x;
    EXPECT_FALSE(std::isnan(gradient_at(row, 0, x))) << "slope of " << row.name << " at " << x;
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, ElementwiseGradient,
                         testing::ValuesIn(names(ir::elementwise_table(),
                                                 [](const ir::ElementwiseRow& r) {
                                                   return r.name;
                                                 })),
                         [](const auto& name) { return name.param; });

class OpGradient : public testing::TestWithParam<std::string> {};

TEST_P(OpGradient, AgreesWithDifferences) {
  const ir::OpInfo& info = *ir::find_op(GetParam());
  const auto cases = cases_for(info.kind);
  EXPECT_EQ(cases.empty(), !info.has_gradient);
  for (const GradientCase& c : cases) EXPECT_EQ(check_gradients(c), "");
}

INSTANTIATE_TEST_SUITE_P(Ops, OpGradient,
                         testing::ValuesIn(names(ir::op_table(),
                                                 [](const ir::OpInfo& i) { return i.text; })),
                         [](const auto& name) { return name.param; });

/// Two layers with weights as states, a value used twice, and softmax with crossentropy.
GradientCase small_model() {
  GradientCase c;
  c.label = "small model";
  const auto state = [&](const std::string& name, const Shape& shape, int lane) {
    ir::State& s = c.module.states.emplace_back();
    s.name = name;
    s.type = {DType::F32, shape};
    c.states[name] = draw_values(s.type.elements(), -1, 1, {}, lane);
  };
  state("w0", {4, 5}, 0);
  state("b0", {5}, 1);
  state("w1", {5, 3}, 2);
  state("unread", {7}, 0);
  ir::Function& f = c.module.functions.emplace_back();
  f.name = "loss";
  Builder b(c.module, f);
  const ValueId x = b.param("x", {DType::F32, {Dim::batch(), 4}});
  const ValueId labels = b.param("labels", {DType::U8, {Dim::batch()}});
  const ValueId h = b.map("sigmoid", {b.map("add", {b.matmul(x, b.state("w0")), b.state("b0")})});
  const ValueId twice = b.map("add", {h, b.map("square", {h})});
  const ValueId logits = b.matmul(twice, b.state("w1"));
  const ValueId picked = b.map("mul", {b.log_softmax(logits), b.one_hot(labels, 3)});
  const ValueId loss = b.reduce("mean", b.map("neg", {b.reduce("sum", picked, {1})}), {0});
  b.output("loss", loss);
  c.inputs["x"] = draw_values(7 * 4, -1, 1, {}, 3);
  c.inputs["labels"] = {0, 2, 1, 1, 0, 2, 2};
  return c;
}

TEST(CheckGradients, AgreesOnASmallModel) {
  int64_t compared = 0;
  EXPECT_EQ(check_gradients(small_model(), 1e-6, &compared), "");
  EXPECT_EQ(compared, 7 * 4 + 20 + 5 + 15);
  GradientCase c = small_model();
  c.fixed = {"x", "w1"};
  compared = 0;
  EXPECT_EQ(check_gradients(c, 1e-6, &compared), "");
  EXPECT_EQ(compared, 20 + 5);
}

TEST(CheckGradients, TellsWhatDisagrees) {
  GradientCase c = make_case("relu", {{DType::F64, {2}}},
                             [](Builder& b, const auto& x) { return b.map("relu", x); });
  c.inputs["x0"] = {1, 0};  // at the kink the difference is half of each side's slope
  const std::string told = check_gradients(c);
  EXPECT_NE(told.find("relu f64[2]: gradient by x0, element 1 (at 0), is "), told.npos) << told;
}

TEST(CheckGradients, FindsAGradientThatIsMissing) {
  // The way through an op without a gradient is left out of the walk, but not of the differences.
  GradientCase c;
  c.label = "a way through integers";
  ir::Function& f = c.module.functions.emplace_back();
  f.name = "loss";
  Builder b(c.module, f);
  const ValueId x = b.param("x", {DType::F64, {2}});
  const ValueId back =
      b.convert(b.convert(b.map("mul", {x, b.constant(1e6, DType::F64)}), DType::I64), DType::F64);
  b.output("y", back);
  c.inputs["x"] = {0.5, 0.25};
  EXPECT_NE(check_gradients(c), "");
}

TEST(DrawValues, KeepsItsDistance) {
  const auto a = draw_values(60, -3, 3, {0.5}, 0), b = draw_values(60, -3, 3, {0.5}, 1);
  EXPECT_EQ(a, draw_values(60, -3, 3, {0.5}, 0));
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_GE(std::fabs(a[i] - 0.5), 0.01);
    for (double v : b) EXPECT_GE(std::fabs(a[i] - v), 0.0199);
    for (size_t k = 0; k < i; ++k) EXPECT_NE(a[i], a[k]);
  }
}

}  // namespace
}  // namespace lathe::test
