// Every optimiser against Keras: 50 steps of a small net, and Keras's own golden experiment.
#include <gtest/gtest.h>

#include "tests/keras/exact_step.h"

namespace lathe::test {
namespace {

Optimizer optimizer_of(const Entry& e) {
  if (e.json->contains("schedule")) return Optimizer(e.spec());
  Optimizer o(e.name());
  for (const auto& [key, value] : e["options"].items()) {
    if (key == "learning_rate")
      o.learning_rate = value.get<double>();
    else if (value.is_boolean())
      o.options[key] = value.get<bool>();
    else
      o.options[key] = value.get<double>();
  }
  return o;
}

/// Why the entry can't be tested yet; empty where it can.
std::string missing(const Entry& e) {
  if (const std::string why = not_built("optimizers", e); !why.empty()) return why;
  try {
    Sequential model({Input({1}), Dense(1)});
    model.compile({.loss = "mse", .optimizer = optimizer_of(e)});
    model.module();
  } catch (const Error& error) {
    return "not built yet: " + e.spec() + " (" + error.what() + ")";
  }
  return "";
}

/// Sequences of rows as Keras saw them.
struct Problem {
  explicit Problem(const Json& file)
      : rows(file.at("rows")),
        batches(file.at("batches")),
        sizes(file.at("sizes").get<std::vector<int64_t>>()),
        x(numbers_of(file.at("x"))),
        y(numbers_of(file.at("y"))),
        weights(numbers_of(file.at("weights"))) {}

  Sequential model(const Entry& e, Backend backend) const {
    Sequential m({Input({sizes[0]}), Dense(sizes[1], "tanh"), Dense(sizes[2])});
    m.compile(
        {.loss = "mse", .optimizer = optimizer_of(e), .run = {.threads = 1, .backend = backend}});
    return m;
  }
  Numbers batch(const Numbers& all, int64_t step) const {
    const auto size = static_cast<int64_t>(all.size()) / batches;
    const auto begin = all.begin() + (step - 1) % batches * size;
    return {begin, begin + size};
  }

  int64_t rows, batches;
  std::vector<int64_t> sizes;
  Numbers x, y, weights;
};

class KerasOptimizer : public testing::TestWithParam<Entry> {};

void run_exact(const Problem& problem, const Entry& e) {
  SCOPED_TRACE("in doubles");
  Sequential model = problem.model(e, Backend::Interpreter);
  ExactStep step(model);
  auto next = problem.weights.begin();
  for (const std::string& name : model.weight_names()) {
    const auto size = static_cast<int64_t>(step.get(name).size());
    step.set(name, {next, next + size});
    next += size;
  }
  ASSERT_EQ(next, problem.weights.end());
  for (int s = 1; s <= 50; ++s) {
    step.step("train_step", problem.batch(problem.x, s), problem.batch(problem.y, s), problem.rows);
    if (!e["steps"].contains(std::to_string(s))) continue;
    Numbers weights;
    for (const std::string& name : model.weight_names())
      weights.insert(weights.end(), step.get(name).begin(), step.get(name).end());
    EXPECT_EQ(differences("weights after step " + std::to_string(s), weights,
                          numbers_of(e["steps"].at(std::to_string(s))), kExact),
              "");
  }
}

// The sign of what goes into Lion's update may differ in f32 where it is 0 but for rounding; it has
// not happened on these batches.
void run_compiled(const Problem& problem, const Entry& e) {
  SCOPED_TRACE("compiled, in f32");
  Sequential model = problem.model(e, Backend::Llvm);
  std::vector<Array> weights = model.get_weights();
  auto next = problem.weights.begin();
  for (Array& w : weights)
    for (float& v : w.data<float>()) v = static_cast<float>(*next++);
  model.set_weights(weights);
  for (int s = 1; s <= 50; ++s) {
    model.train_on_batch(rows_of(problem.batch(problem.x, s), problem.rows),
                         rows_of(problem.batch(problem.y, s), problem.rows));
    if (!e["steps"].contains(std::to_string(s))) continue;
    Numbers now;
    for (const Array& w : model.get_weights())
      now.insert(now.end(), w.data<float>().begin(), w.data<float>().end());
    EXPECT_EQ(differences("weights after step " + std::to_string(s), now,
                          numbers_of(e["steps"].at(std::to_string(s))), kCompiled),
              "");
  }
}

TEST_P(KerasOptimizer, Agrees) {
  const Entry& e = GetParam();
  if (const std::string why = missing(e); !why.empty()) SKIP_MISSING(e, why);
  EXPECT_FALSE(may_be_missing(e)) << "it is built: take it off not_built.txt";
  const Problem problem(keras_file("optimizers"));
  run_exact(problem, e);
#ifdef LATHE_LLVM
  run_compiled(problem, e);
#endif
}

INSTANTIATE_TEST_SUITE_P(Keras, KerasOptimizer, testing::ValuesIn(keras_entries("optimizers")),
                         [](const auto& i) { return test_name(i.index, i.param); });

class KerasGolden : public testing::TestWithParam<Entry> {};

// Ten biases get any gradient g by the targets p - 5 g: the mean squared error over ten units has
// gradient 2 (p - y) / 10. The kernel sees a 0 and stays out of it.
TEST_P(KerasGolden, Agrees) {
  const Entry& e = GetParam();
  if (const std::string why = missing(e); !why.empty()) SKIP_MISSING(e, why);
  EXPECT_FALSE(may_be_missing(e)) << "it is built: take it off not_built.txt";
  Sequential model({Input({1}), Dense(10)});
  model.compile({.loss = "mse",
                 .optimizer = optimizer_of(e),
                 .run = {.threads = 1, .backend = Backend::Interpreter}});
  ExactStep step(model);
  const std::string bias = model.weight_names().at(1);
  step.set(bias, Numbers(10, 1.0));
  const Numbers gradients = numbers_of(keras_file("golden").at("gradients"));
  const Numbers expected = numbers_of(e["values"]);
  for (size_t s = 0; s < 6; ++s) {
    Numbers y = step.get(bias);
    for (size_t i = 0; i < 10; ++i) y[i] -= 5 * gradients[10 * s + i];
    step.step("train_step", {0}, y, 1);
    const Numbers want(expected.begin() + 10 * s, expected.begin() + 10 * (s + 1));
    // Keras's own tests ask for 5e-4.
    EXPECT_EQ(differences("after step " + std::to_string(s + 1), step.get(bias), want,
                          {1e-8, 1e-2, false}),
              "");
  }
}

INSTANTIATE_TEST_SUITE_P(Keras, KerasGolden, testing::ValuesIn(keras_entries("golden")),
                         [](const auto& i) { return test_name(i.index, i.param); });

}  // namespace
}  // namespace lathe::test
