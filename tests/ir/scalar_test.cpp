// Scalar expressions: text, algebra.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

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

}  // namespace
}  // namespace lathe::ir
