// Scalar expressions and the rows of elementwise.def: text, algebra, derivatives, extremes.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "ir/elementwise.h"
#include "ir/error.h"
#include "ir/scalar_expr.h"

namespace lathe::ir {
namespace {

using namespace scalar_dsl;

constexpr double kInf = std::numeric_limits<double>::infinity();

/// Equal as numbers; every NaN is equal to every other, and 0 to -0.
bool equal_values(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

std::vector<double> samples() {
  std::vector<double> s = {0.0,    -0.0,   1,    -1,    0.5,
                           -2.5,   3,      100,  -100,  1e300,
                           -1e300, 5e-324, kInf, -kInf, std::numeric_limits<double>::quiet_NaN()};
  std::mt19937_64 r(1);
  for (int i = 0; i < 20; ++i) s.push_back(std::uniform_real_distribution<double>(-4, 4)(r));
  return s;
}

/// A random number expression over a0 … a2, over every primitive.
ScalarExpr random_expr(std::mt19937_64& r, int depth, bool truth = false) {
  std::vector<ScalarOp> ops;
#define SCALAR_OP(name, text, arity, result, host) \
  if (scalar_op_is_truth(ScalarOp::name) == truth) ops.push_back(ScalarOp::name);
#include "ir/scalar_ops.def"
#undef SCALAR_OP
  if (depth <= 0 && !truth) {
    static const double kConstants[] = {0, 1, -1, 2, 0.5, -0.0, kInf, 1e-300};
    if (r() % 3 != 0) return ScalarExpr::arg(static_cast<int>(r() % 3));
    return ScalarExpr(kConstants[r() % 8]);
  }
  ScalarOp op = ops[r() % ops.size()];
  if (depth <= 0) op = ScalarOp::Lt;  // ends
  std::vector<ScalarExpr> operands;
  for (int i = 0; i < scalar_op_arity(op); ++i) {
    const bool logic = op == ScalarOp::And || op == ScalarOp::Or || op == ScalarOp::Not;
    operands.push_back(random_expr(r, depth - 1, logic || (op == ScalarOp::Select && i == 0)));
  }
  return ScalarExpr::make(op, operands);
}

TEST(Scalar, TextComesBack) {
  for (const char* text :
       {"a0", "0", "-0", "inf", "nan", "(add a0 a1)", "(select (lt a0 0) (neg a0) a0)",
        "(let t0 (mul a0 a0) (add t0 (exp t0)))",
        "(let t0 (exp a0) (let t1 (add t0 1) (div (mul t0 t1) t1)))"})
    EXPECT_EQ(ScalarExpr::parse(text).to_string(), text);
  std::mt19937_64 r(2);
  for (int i = 0; i < 2000; ++i) {
    const ScalarExpr e = random_expr(r, static_cast<int>(r() % 6), r() % 5 == 0);
    EXPECT_EQ(ScalarExpr::parse(e.to_string()), e) << e.to_string();
  }
}

TEST(Scalar, DeepAndSharedExpressionsComeBack) {
  ScalarExpr chain = ScalarExpr::arg(0), doubling = ScalarExpr::arg(0);
  for (int i = 0; i < 700; ++i) chain = exp(chain);
  for (int i = 0; i < 500; ++i) doubling = doubling + doubling;
  for (const ScalarExpr& e : {chain, doubling}) {
    EXPECT_EQ(ScalarExpr::parse(e.to_string()), e);
    EXPECT_LT(e.to_string().size(), 30 * e.nodes().size());
    EXPECT_TRUE(e.is_readable());
  }
}

TEST(Scalar, BadTextIsRefusedWhereItIsBad) {
  const auto error = [](const std::string& text) {
    try {
      ScalarExpr::parse(text);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_NE(error("(add a0)").find("character 8"), std::string::npos);
  EXPECT_NE(error("(add a0 a1").find("character 11"), std::string::npos);
  EXPECT_NE(error("(foo a0)").find("unknown scalar operation 'foo' at character 2"),
            std::string::npos);
  EXPECT_NE(error("a64").find("neither a number"), std::string::npos);
  EXPECT_NE(error("t0").find("neither a number"), std::string::npos);
  EXPECT_NE(error("a0 a1").find("unexpected text"), std::string::npos);
  EXPECT_NE(error("(let t0 a0 (let t0 a1 t0))").find("named twice"), std::string::npos);
  EXPECT_NE(error("(not a0)").find("truth value"), std::string::npos);
  EXPECT_NE(error("(add (lt a0 a1) 1)").find("must be a number"), std::string::npos);
  EXPECT_NE(error(std::string(100000, '(')), "");
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += "(neg ";
  EXPECT_NE(error(deep).find("nested too deeply"), std::string::npos);
}

TEST(Scalar, SubstituteComposes) {
  const ScalarExpr e = ScalarExpr::parse("(sub a0 (mul a1 a0))");
  const std::vector<ScalarExpr> args = {ScalarExpr::parse("(exp a1)"), ScalarExpr(2.0)};
  EXPECT_EQ(e.substitute(args), ScalarExpr::parse("(let t0 (exp a1) (sub t0 (mul 2 t0)))"));
  EXPECT_EQ(e.at(static_cast<int32_t>(e.nodes().size()) - 1), e);
}

TEST(Scalar, SimplifyKeepsEveryValue) {
  std::mt19937_64 r(3);
  const std::vector<double> values = samples();
  int shorter = 0;
  for (int i = 0; i < 3000; ++i) {
    const ScalarExpr e = random_expr(r, 1 + static_cast<int>(r() % 4), r() % 5 == 0);
    const ScalarExpr s = simplify(e);
    shorter += s.nodes().size() < e.nodes().size();
    for (int k = 0; k < 20; ++k) {
      const double args[] = {values[r() % values.size()], values[r() % values.size()],
                             values[r() % values.size()]};
      const double before = e.evaluate(args), after = s.evaluate(args);
      // The sign of a zero may change, and with it the sign of an infinity made by dividing by it.
      if (std::isinf(before) && std::isinf(after)) continue;
      ASSERT_TRUE(equal_values(before, after))
          << e.to_string() << " -> " << s.to_string() << " at " << args[0] << " " << args[1] << " "
          << args[2] << ": " << before << " " << after;
    }
  }
  EXPECT_GT(shorter, 300);
}

TEST(Scalar, SimplifyKnowsItsLaws) {
  const auto becomes = [](const char* from, const char* to) {
    EXPECT_EQ(simplify(ScalarExpr::parse(from)).to_string(), to) << from;
  };
  becomes("(add (mul a0 1) 0)", "a0");
  becomes("(neg (neg (sub 0 a0)))", "(neg a0)");
  becomes("(add a0 (neg a1))", "(sub a0 a1)");
  becomes("(select (lt 1 2) a0 a1)", "a0");
  becomes("(select (lt a0 a1) a2 a2)", "a2");
  becomes("(mul (add 1 2) a0)", "(mul 3 a0)");
  becomes("(mul a0 0)", "(mul a0 0)");    // NaN and infinity times 0 are no 0
  becomes("(sub a0 a0)", "(sub a0 a0)");  // likewise
}

/// The operands of a row: drawn from its domain, away from kinks and ties.
std::vector<double> draw(const ElementwiseRow& row, std::mt19937_64& r) {
  constexpr double kClear = 0.05;
  std::uniform_real_distribution<double> uniform(row.marks.low, row.marks.high);
  while (true) {
    std::vector<double> x(row.arity);
    for (double& v : x) v = uniform(r);
    bool clear = true;
    for (double v : x)
      for (double kink : row.marks.kinks) clear = clear && std::fabs(v - kink) > kClear;
    if (row.marks.tie) clear = clear && std::fabs(x[0] - x[1]) > kClear;
    if (clear) return x;
  }
}

TEST(Elementwise, DerivativesAgreeWithCentralDifferences) {
  std::mt19937_64 r(4);
  for (const ElementwiseRow& row : elementwise_table()) {
    if (row.expr.is_truth()) continue;
    for (int sample = 0; sample < 50; ++sample) {
      std::vector<double> x = draw(row, r);
      const double out = row.expr.evaluate(x);
      for (int i = 0; i < row.arity; ++i) {
        constexpr double kStep = 1e-5;
        std::vector<double> up = x, down = x, with_out = x;
        up[i] += kStep;
        down[i] -= kStep;
        with_out.push_back(out);
        const double difference = (row.expr.evaluate(up) - row.expr.evaluate(down)) / (2 * kStep);
        const double table = map_derivative(row.expr, row.arity, i).evaluate(with_out);
        const double derived = derivative(row.expr, i).evaluate(x);
        const double tolerance = 1e-6 * std::max(1.0, std::fabs(difference));
        EXPECT_NEAR(table, difference, tolerance) << row.name << " d/d" << i << " at " << x[0];
        EXPECT_NEAR(derived, difference, tolerance) << row.name << " d/d" << i << " at " << x[0];
      }
    }
  }
}

/// The true value at large arguments, written in another way than the row, in long double.
struct Truth {
  const char* row;
  std::function<long double(long double)> value, slope;
};

const std::vector<Truth>& truths() {
  static const std::vector<Truth> table = {
      {"neg", [](long double x) { return -x; }, [](long double) { return -1.0L; }},
      {"abs", [](long double x) { return std::fabs(x); },
       [](long double x) { return x < 0 ? -1.0L : 1.0L; }},
      {"sigmoid", [](long double x) { return 1 / (1 + std::exp(-x)); },
       [](long double x) {
         const long double e = std::exp(-std::fabs(x));
         return e / ((1 + e) * (1 + e));
       }},
      {"log_sigmoid",
       [](long double x) {
         return x < 0 ? x - std::log1p(std::exp(x)) : -std::log1p(std::exp(-x));
       },
       [](long double x) { return 1 / (1 + std::exp(x)); }},
      {"tanh", [](long double x) { return std::tanh(x); },
       [](long double x) { return 1 / (std::cosh(x) * std::cosh(x)); }},
      {"relu", [](long double x) { return x > 0 ? x : 0.0L; },
       [](long double x) { return x > 0 ? 1.0L : 0.0L; }},
  };
  return table;
}

TEST(Elementwise, ExtremesAreFiniteWhereTheTrueValueIs) {
  for (const ElementwiseRow& row : elementwise_table()) {
    if (row.arity != 1 || row.marks.low > 0) continue;
    for (double x : {-kInf, -1e300, -100.0, -90.0, 90.0, 100.0, 1e300, kInf}) {
      const double args[] = {x};
      const double y = row.expr.evaluate(args);
      const double with_out[] = {x, y};
      EXPECT_FALSE(std::isnan(y)) << row.name << " at " << x;
      for (const Truth& truth : truths()) {
        if (truth.row != row.name) continue;
        const auto value = static_cast<double>(truth.value(x));
        if (std::isinf(value))
          EXPECT_EQ(y, value) << row.name << " at " << x;
        else
          EXPECT_NEAR(y, value, 1e-14 * std::max(1.0, std::fabs(value))) << row.name << " at " << x;
        const double slope = map_derivative(row.expr, 1, 0).evaluate(with_out);
        EXPECT_NEAR(slope, static_cast<double>(truth.slope(x)), 1e-14) << row.name << "' at " << x;
      }
    }
  }
}

TEST(Elementwise, EveryUnboundedRowHasItsExtremesWrittenDown) {
  // A new activation must say what is true far out, or be one whose value and slope speak for
  // themselves.
  for (const ElementwiseRow& row : elementwise_table()) {
    if (row.arity != 1 || row.marks.low > 0) continue;
    const bool plain = row.name == "square" || row.name == "exp";
    const bool known = std::any_of(truths().begin(), truths().end(),
                                   [&](const Truth& t) { return t.row == row.name; });
    if (plain || known) continue;
    for (double x : {-100.0, 100.0}) {
      const double args[] = {x};
      const double y = row.expr.evaluate(args), with_out[] = {x, y};
      EXPECT_TRUE(std::isfinite(y)) << row.name << " at " << x;
      EXPECT_TRUE(std::isfinite(map_derivative(row.expr, 1, 0).evaluate(with_out)))
          << row.name << "' at " << x;
    }
  }
}

TEST(Elementwise, RowsAreFoundByNameAndExpression) {
  for (const ElementwiseRow& row : elementwise_table()) {
    EXPECT_EQ(find_elementwise(row.name), &row);
    const ElementwiseRow* found = find_elementwise(row.expr);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->expr, row.expr) << row.name;
    EXPECT_LE(row.expr.arity(), row.arity) << row.name;
  }
  EXPECT_EQ(find_elementwise("no_such_row"), nullptr);
  EXPECT_EQ(find_elementwise(ScalarExpr::parse("(add a0 123)")), nullptr);
}

}  // namespace
}  // namespace lathe::ir
