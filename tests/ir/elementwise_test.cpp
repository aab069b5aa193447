// The rows of elementwise.def: derivatives, extremes, parameters and their text.
#include "ir/elementwise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include "ir/attributes.h"
#include "ir/builder.h"
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/parser.h"
#include "ir/printer.h"

namespace lathe::ir {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

/// Values that the row's parameters may have.
std::vector<double> draw_values(const ElementwiseRow& row, std::mt19937_64& r) {
  std::vector<double> values;
  for (const ElementwiseParam& p : row.params) {
    const bool any = p.low < 0;
    values.push_back(std::uniform_real_distribution<double>(any ? -1 : 0.1, any ? 1 : 2)(r));
  }
  return values;
}

/// Every row as it stands, and those with parameters a few times with others.
std::vector<ElementwiseRow> instances() {
  std::mt19937_64 r(9);
  std::vector<ElementwiseRow> all;
  for (const ElementwiseRow& row : elementwise_table()) {
    all.push_back(row);
    for (int i = 0; i < 3 && !row.params.empty(); ++i) all.push_back(row.with(draw_values(row, r)));
  }
  return all;
}

/// Every row with a parameter at one end of its range, and the others at their defaults.
std::vector<ElementwiseRow> ends() {
  std::vector<ElementwiseRow> all;
  for (const ElementwiseRow& row : elementwise_table())
    for (size_t i = 0; i < row.params.size(); ++i)
      for (double end : {row.params[i].low, row.params[i].high}) {
        std::vector<double> values = row.values;
        values[i] = end;
        all.push_back(row.with(values));
      }
  return all;
}

std::string title(const ElementwiseRow& row) {
  std::string s(row.name);
  for (double v : row.values) s += " " + std::to_string(v);
  return s;
}

double value_at(const ElementwiseRow& row, double x) {
  return row.expr.evaluate(std::vector{x});
}
double slope_at(const ElementwiseRow& row, double x) {
  return map_derivative(row.expr, 1, 0).evaluate(std::vector{x, value_at(row, x)});
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
  for (const ElementwiseRow& row : instances()) {
    if (row.expr.is_truth() || row.marks.straight_through) continue;
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
        EXPECT_NEAR(table, difference, tolerance) << title(row) << " d/d" << i << " at " << x[0];
        EXPECT_NEAR(derived, difference, tolerance) << title(row) << " d/d" << i << " at " << x[0];
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

/// Far out a row and its slope are what they tend to: the value at infinity is that at 1e300, or
/// infinite as that is large. A new activation is tested without another line.
TEST(Elementwise, ActivationsHaveTheirLimits) {
  std::vector<ElementwiseRow> rows = instances();
  for (ElementwiseRow& row : ends()) rows.push_back(std::move(row));
  for (const ElementwiseRow& row : rows) {
    if (!row.activation) continue;
    // A clip at infinity counts infinity itself as clipped.
    const bool unclipped =
        std::any_of(row.values.begin(), row.values.end(), [](double v) { return std::isinf(v); });
    for (double sign : {-1.0, 1.0}) {
      const double far = value_at(row, sign * 1e300), limit = value_at(row, sign * kInf);
      if (std::fabs(far) > 1e100) {
        EXPECT_EQ(limit, std::copysign(kInf, far)) << title(row) << " at " << sign << " inf";
      } else {
        EXPECT_NEAR(limit, far, 1e-12) << title(row) << " at " << sign << " inf";
      }
      const double slope = row.marks.straight_through ? 1 : (far / 1e300) * sign;
      if (!unclipped || sign < 0) {
        EXPECT_NEAR(slope_at(row, sign * kInf), slope, 1e-12 * std::max(1.0, std::fabs(slope)))
            << title(row) << "' at " << sign << " inf";
      }
      for (double x : {0.0, 1e-30, 1.0, 6.0, 30.0, 100.0, 1000.0, 1e5, 1e19, 1e30, 1e300}) {
        EXPECT_TRUE(std::isfinite(value_at(row, sign * x))) << title(row) << " at " << sign * x;
        EXPECT_TRUE(std::isfinite(slope_at(row, sign * x))) << title(row) << "' at " << sign * x;
      }
    }
  }
}

TEST(Elementwise, SquareplusIsRightAtTheEndsOfItsRange) {
  const ElementwiseRow& squareplus = *find_elementwise("squareplus");
  for (const double b : {squareplus.params[0].low, squareplus.params[0].high})
    for (const double x : {-1e12, -2e10, -9e9, -100.0, -1.0, 0.0, 1.0, 100.0, 9e9, 2e10, 1e12}) {
      const long double root = std::sqrt((long double)x * x + b);
      const long double value = x < 0 ? b / 2 / (root - x) : (root + x) / 2;
      EXPECT_NEAR(value_at(squareplus.with(std::vector{b}), x) / static_cast<double>(value), 1,
                  1e-12)
          << b << " at " << x;
    }
}

TEST(Elementwise, ActivationsKeepNaN) {
  for (const ElementwiseRow& row : elementwise_table())
    if (row.activation && row.name != "step") {
      EXPECT_TRUE(std::isnan(value_at(row, std::nan("")))) << row.name;
    }
}

TEST(Elementwise, StepStraightThroughHasASlope) {
  const ElementwiseRow &step = *find_elementwise("step"), &ste = *find_elementwise("step_ste");
  for (double x : {-kInf, -3.0, -1e-300, -0.0, 0.0, 1e-300, 3.0, kInf}) {
    EXPECT_EQ(value_at(step, x), x >= 0 ? 1 : 0);
    EXPECT_EQ(value_at(ste, x), x >= 0 ? 1 : 0);
    EXPECT_EQ(slope_at(step, x), 0);
    EXPECT_EQ(slope_at(ste, x), 1);
  }
  EXPECT_TRUE(ste.marks.straight_through);
}

TEST(Elementwise, RowsAreFoundByNameAndExpression) {
  for (const ElementwiseRow& row : instances()) {
    EXPECT_EQ(find_elementwise(row.name)->name, row.name);
    std::vector<double> values;
    const ElementwiseRow* found = find_elementwise(row.expr, &values);
    ASSERT_NE(found, nullptr) << title(row);
    EXPECT_EQ(found->with(values).expr, row.expr) << title(row);
    EXPECT_EQ(row.match(row.expr), row.values) << title(row);
    EXPECT_LE(row.expr.arity(), row.arity) << row.name;
  }
  EXPECT_EQ(find_elementwise("no_such_row"), nullptr);
  EXPECT_EQ(find_elementwise(ScalarExpr::parse("(add a0 123)")), nullptr);
}

TEST(Elementwise, ParametersAreNoAttributesThatAnyOpMayHave) {
  for (const ElementwiseRow& row : elementwise_table())
    for (const ElementwiseParam& p : row.params) {
      EXPECT_FALSE(is_common_attr(p.name)) << row.name;
      EXPECT_TRUE(p.allows(p.default_value)) << row.name;
    }
}

/// `row` applied to one vector, as IR text.
std::string text_of(const ElementwiseRow& row) {
  Module m;
  m.name = "m";
  Function& f = m.functions.emplace_back();
  f.name = "f";
  Builder b(m, f);
  std::vector<ValueId> operands;
  for (int i = 0; i < row.arity; ++i)
    operands.push_back(b.param("x" + std::to_string(i), {DType::F32, {5}}));
  b.output("y", b.map(row.expr, operands));
  return print(m);
}

TEST(Elementwise, ParametersComeBackFromText) {
  std::mt19937_64 r(5);
  for (const ElementwiseRow& row : elementwise_table())
    for (int i = 0; i < 20 && !row.params.empty(); ++i) {
      const ElementwiseRow instance = row.with(draw_values(row, r));
      const std::string text = text_of(instance);
      EXPECT_NE(text.find("= " + std::string(row.name) + "(%x0"), text.npos) << text;
      const Module m = parse(text);
      EXPECT_EQ(print(m), text);
      EXPECT_EQ(m.functions[0].op(m.functions[0].body[0]).fn, instance.expr) << text;
    }
}

std::string parse_error(const std::string& line) {
  try {
    const Module m = parse("module @m {\n func @f(%x: f32[5]) -> (y: f32[5]) {\n" + line +
                           " : f32[5]\n return %0\n }\n}\n");
    const std::string text = print(m);
    return text.substr(text.find("%0"), text.find(" :", text.find("%0")) - text.find("%0"));
  } catch (const Error& e) {
    return e.what();
  }
}

TEST(Elementwise, ParametersMayBeLeftOutAndMustFit) {
  EXPECT_EQ(parse_error("%0 = leaky_relu(%x)"), "%0 = leaky_relu(%x) {negative_slope = 0.2}");
  EXPECT_EQ(parse_error("%0 = celu(%x) {alpha = 2, layer = a}"),
            "%0 = celu(%x) {alpha = 2.0, layer = a}");
  EXPECT_EQ(parse_error("%0 = clipped_relu(%x) {max_value = inf}"),
            "%0 = clipped_relu(%x) {max_value = inf, threshold = 0.0}");
  EXPECT_NE(parse_error("%0 = celu(%x) {alpha = 0}")
                .find("'celu': parameter 'alpha' must be more than 0, not 0"),
            std::string::npos);
  const auto refused = [](const std::string& line, const std::string& text) {
    EXPECT_NE(parse_error(line).find(text), std::string::npos) << parse_error(line);
  };
  refused("%0 = celu(%x) {alpha = inf}", "'alpha' must be at most 1e+06, not inf");
  refused("%0 = celu(%x) {alpha = 1e-40}", "'alpha' must be at least 1e-30, not 1e-40");
  refused("%0 = elu(%x) {alpha = inf}", "'alpha' must be at most 1e+06, not inf");
  refused("%0 = elu(%x) {alpha = -1}", "'alpha' must be 0 or more, not -1");
  refused("%0 = elu(%x) {alpha = nan}", "'alpha' must be a number, not nan");
  refused("%0 = leaky_relu(%x) {negative_slope = 0}", "must be more than 0, not 0");
  refused("%0 = sloped_relu(%x) {negative_slope = 0}", "must be other than 0, not 0");
  refused("%0 = squareplus(%x) {b = 1e30}", "'b' must be at most 10000, not 1e+30");
  EXPECT_NE(parse_error("%0 = elu(%x) {alpha = big}").find("must be a number, not of type word"),
            std::string::npos);
  EXPECT_NE(parse_error("%0 = elu(%x) {beta = 1}").find("'beta'"), std::string::npos);
  EXPECT_NE(parse_error("%0 = tanh(%x) {alpha = 1}").find("'alpha'"), std::string::npos);
}

TEST(Elementwise, AnExpressionThatNoRowAllowsStaysAMap) {
  // As leaky_relu with a negative slope, whose gradient could not be told from the result.
  const ScalarExpr e = ScalarExpr::parse("(select (le a0 0) (mul -0.5 a0) a0)");
  EXPECT_EQ(find_elementwise(e), nullptr);
  const double args[] = {-2.0, e.evaluate(std::vector{-2.0})};
  EXPECT_EQ(map_derivative(e, 1, 0).evaluate(args), -0.5);
}

}  // namespace
}  // namespace lathe::ir
