// Every activation against Keras: values and gradients on 200 points, extremes among them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/keras/row_gradients.h"

namespace lathe::test {
namespace {

constexpr int64_t kRows = 20;

class KerasActivation : public testing::TestWithParam<Entry> {};

/// A kernel without bias, the activation, and |y - p|, whose gradient for p is sign(p - y) / units.
Sequential model_of(const Entry& e, Backend backend) {
  Sequential model({Input({kRows}), Dense(10, {.use_bias = false}), Activation(e.spec())});
  model.compile(
      {.loss = "mae", .optimizer = gradient_keeper(), .run = {.threads = 1, .backend = backend}});
  return model;
}

/// Targets so far away that the gradient for each unit is 1 / units, or as Keras was asked for the
/// activations of whole rows, 1, -1, 1, ….
Numbers far_targets(const Entry& e) {
  const int units = e["units"];
  Numbers y;
  for (int i = 0; i < kRows * units; ++i)
    y.push_back(e["row_wise"] && i % units % 2 == 1 ? 1e30 : -1e30);
  return y;
}

/// At a kink every slope between those beside it is right. In f32 sums like x + 3 move a point next
/// to a kink onto it.
bool is_slope_at_kink(const Entry& e, size_t i, double actual, const Tolerance& t) {
  const Numbers x = numbers_of(keras_file("activations").at("x"));
  const Numbers gradient = numbers_of(e["gradient"]);
  for (const double kink : numbers_of(e["kinks"])) {
    const double around = t.is_f32 ? 4e-7 * std::fabs(kink) : 0;
    if (std::fabs(x[i] - kink) > around) continue;
    size_t below = 0, above = 0;
    const auto is_below = [&](size_t k) { return x[k] < kink - around; };
    const auto is_above = [&](size_t k) { return x[k] > kink + around; };
    for (size_t k = 0; k < x.size(); ++k) {
      if (is_below(k) && (!is_below(below) || x[k] > x[below])) below = k;
      if (is_above(k) && (!is_above(above) || x[k] < x[above])) above = k;
    }
    const auto [low, high] = std::minmax(gradient[below], gradient[above]);
    return actual >= low - 1e-5 && actual <= high + 1e-5;
  }
  return false;
}

/// Keras computes x + sqrt(x^2 + b) and such: what cancels there costs it digits of x.
Numbers without_rounding_of_x(const Entry& e, Numbers actual, const Numbers& expected) {
  const Numbers x = numbers_of(keras_file("activations").at("x"));
  for (size_t i = 0; !e["row_wise"] && i < actual.size(); ++i)
    if (std::fabs(actual[i] - expected[i]) <= 0x1p-50 * std::fabs(x[i])) actual[i] = expected[i];
  return actual;
}

// Keras 3.15.1 sums all the cumulated sums up to the threshold instead of taking the last: rows in
// which more than one unit is left do not add up to 1. Ours are tested against themselves there.
void leave_out_wrong_sparsemax(const Entry& e, const Numbers& values, Numbers& actual,
                               const Numbers& expected) {
  if (e.name() != "sparsemax") return;
  const Numbers of_keras = numbers_of(e["values"]);
  const auto sum = [](const Numbers& v, size_t row) {
    return std::accumulate(v.begin() + 10 * row, v.begin() + 10 * (row + 1), 0.0);
  };
  for (size_t row = 0; row < kRows; ++row) {
    EXPECT_NEAR(sum(values, row), 1, 1e-6);
    if (std::fabs(sum(of_keras, row) - 1) > 1e-9)
      std::copy_n(expected.begin() + 10 * row, 10, actual.begin() + 10 * row);
  }
}

void compare(const Entry& e, const Numbers& values, RowGradients found, const Tolerance& t) {
  const Numbers wanted = numbers_of(e["values"]);
  ASSERT_EQ(values.size(), wanted.size());
  Numbers compared = without_rounding_of_x(e, values, wanted);
  leave_out_wrong_sparsemax(e, values, compared, wanted);
  EXPECT_EQ(differences("value", compared, wanted, t), "");
  const Numbers expected = numbers_of(e["gradient"]);
  ASSERT_EQ(found.gradients.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    double& actual = found.gradients[i];
    actual *= e["units"].get<double>();
    if (is_slope_at_kink(e, i, actual, t)) actual = expected[i];
    // Where one row's gradient has no place in f32, 0 times it makes the kernel's column NaN.
    for (size_t k = i % 10; t.is_f32 && std::isnan(actual) && k < expected.size(); k += 10)
      if (std::fabs(expected[k]) > 1e38) actual = expected[i];
  }
  leave_out_wrong_sparsemax(e, values, found.gradients, expected);
  EXPECT_EQ(differences("gradient", found.gradients, expected, t), "");
}

TEST_P(KerasActivation, Agrees) {
  const Entry& e = GetParam();
  if (const std::string why = not_built("activations", e); !why.empty()) SKIP_MISSING(e, why);
  const Numbers x = numbers_of(keras_file("activations").at("x")), y = far_targets(e);
  try {
    model_of(e, Backend::Interpreter);
  } catch (const Error& error) {
    SKIP_MISSING(e, "not built yet: " + e.spec() + " (" + error.what() + ")");
  }
  EXPECT_FALSE(may_be_missing(e)) << "it is built: take it off not_built.txt";
  Sequential exact = model_of(e, Backend::Interpreter);
  ExactStep step(exact);
  step.set(exact.weight_names().at(0), x);
  const Array rows = identity(kRows);
  const auto x_rows = rows.data<float>();
  const Numbers values = step.predict({x_rows.begin(), x_rows.end()}, kRows);
  {
    SCOPED_TRACE("in doubles");
    compare(e, values, exact_row_gradients(exact, x, y, kRows), kExact);
  }
#ifdef LATHE_LLVM
  Sequential compiled = model_of(e, Backend::Llvm);
  compiled.set_weights({rows_of(x, kRows)});
  const Array p = compiled.predict(identity(kRows));
  SCOPED_TRACE("compiled, in f32");
  compare(e, {p.data<float>().begin(), p.data<float>().end()},
          compiled_row_gradients(compiled, x, rows_of(y, kRows), kRows), kCompiled);
#endif
}

INSTANTIATE_TEST_SUITE_P(Keras, KerasActivation, testing::ValuesIn(keras_entries("activations")),
                         [](const auto& i) { return test_name(i.index, i.param); });

}  // namespace
}  // namespace lathe::test
