// Every initialiser against Keras: the bounds and deviations that its fans give, for weights of one
// to four dimensions. The numbers themselves are other ones; many draws of a weight show how they lie.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "codegen/interp/interpreter.h"
#include "frontend/train/initializers.h"
#include "tests/keras/reference.h"

namespace lathe::test {
namespace {

constexpr size_t kDraws = 40000;

/// At least kDraws numbers of weights f32[shape], each weight from a seed of its own.
Numbers draws(const std::string& spec, const std::vector<int64_t>& dims) {
  Shape shape;
  for (int64_t d : dims) shape.push_back(Dim(d));
  ir::Module m;
  ir::Function& f = m.functions.emplace_back();
  f.name = "init";
  ir::Builder b(m, f);
  const ir::ValueId seed = b.param("seed", {DType::I64, {}});
  const ir::ValueId step = b.constant(0, DType::I64);
  b.output("w", detail::build_initializer(b, spec, seed, step, 3, shape));
  interp::Interpreter run(m, {.exact = true});
  Numbers all;
  for (double n = 0; all.size() < kDraws; ++n) {
    const Numbers w = run.run_values("init", {{"seed", {n}}}, 1).at("w").elements;
    all.insert(all.end(), w.begin(), w.end());
  }
  return all;
}

struct Spread {
  double mean = 0, deviation = 0, smallest = INFINITY, largest = -INFINITY;
};

Spread spread(const Numbers& v) {
  Spread s;
  const double n = static_cast<double>(v.size());
  for (double x : v) s.mean += x / n;
  for (double x : v) {
    s.deviation += (x - s.mean) * (x - s.mean) / n;
    s.smallest = std::min(s.smallest, x);
    s.largest = std::max(s.largest, x);
  }
  s.deviation = std::sqrt(s.deviation);
  return s;
}

/// 40,000 draws have their deviation within 0.4 % of the true one, their mean within 0.5 % of it.
void expect_around(const Spread& s, double mean, double deviation) {
  EXPECT_NEAR(s.mean, mean, 0.02 * deviation + 1e-9);
  EXPECT_NEAR(s.deviation, deviation, 0.015 * deviation + 1e-9);
}

/// No draw beyond a bound that Keras has, and some near it.
void expect_bounds(const Spread& s, double low, double high) {
  const double near = 0.02 * (high - low);
  EXPECT_GE(s.smallest, low - 1e-7);
  EXPECT_LE(s.smallest, low + near);
  EXPECT_LE(s.largest, high + 1e-7);
  EXPECT_GE(s.largest, high - near);
}

class KerasInitializer : public testing::TestWithParam<Entry> {};

TEST_P(KerasInitializer, LiesAlike) {
  const Entry& e = GetParam();
  if (const std::string why = not_built("initializers", e); !why.empty()) SKIP_MISSING(e, why);
  EXPECT_FALSE(may_be_missing(e)) << "it is built: take it off not_built.txt";
  if (!e.json->contains("shapes")) {  // those without fans: what Keras drew
    const Json& drawn = e["drawn"];
    const Spread s = spread(draws(e.spec(), {40, 50}));
    const double deviation = drawn.at("stddev"), mean = drawn.at("mean");
    expect_around(s, mean, deviation);
    const bool bounded = e.name() != "random_normal";
    if (bounded) expect_bounds(s, drawn.at("smallest"), drawn.at("largest"));
    return;
  }
  for (const Json& weight : e["shapes"]) {
    SCOPED_TRACE(weight.at("shape").dump());
    const Spread s = spread(draws(e.spec(), weight.at("shape").get<std::vector<int64_t>>()));
    if (weight.contains("limit")) {
      const double limit = weight.at("limit");
      expect_around(s, 0, limit / std::sqrt(3));
      expect_bounds(s, -limit, limit);
      continue;
    }
    expect_around(s, 0, weight.at("stddev"));
    if (weight.contains("largest")) {
      const double largest = weight.at("largest");
      expect_bounds(s, -largest, largest);
    } else {
      EXPECT_GT(s.largest, 3 * weight.at("stddev").get<double>());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Entries, KerasInitializer,
                         testing::ValuesIn(keras_entries("initializers")),
                         [](const auto& info) { return test_name(info.index, info.param); });

}  // namespace
}  // namespace lathe::test
