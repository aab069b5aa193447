// Every initialiser against Keras: the bounds and deviations that its fans give, for weights of one
// to four dimensions. The numbers themselves are other ones; many draws of a weight show how they lie.
// Of orthogonal weights the products of their vectors are compared, identities as they are.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "codegen/interp/interpreter.h"
#include "frontend/engine/engine.h"
#include "frontend/train/initializers.h"
#include "tests/keras/reference.h"

namespace lathe::test {
namespace {

constexpr size_t kDraws = 40000;

Shape shape_of(const std::vector<int64_t>& dims) {
  return {dims.begin(), dims.end()};
}

/// At least kDraws numbers of weights f32[shape], each weight from a seed of its own.
Numbers draws(const std::string& spec, const std::vector<int64_t>& dims) {
  ir::Module m;
  ir::Function& f = m.functions.emplace_back();
  f.name = "init";
  ir::Builder b(m, f);
  const ir::ValueId seed = b.param("seed", {DType::I64, {}});
  const ir::ValueId step = b.constant(0, DType::I64);
  b.output("w", detail::build_initializer(b, spec, seed, step, 3, shape_of(dims)));
  interp::Interpreter run(m, {.exact = true});
  Numbers all;
  for (double n = 0; all.size() < kDraws; ++n) {
    const Numbers w = run.run_values("init", {{"seed", {n}}}, 1).at("w").elements;
    all.insert(all.end(), w.begin(), w.end());
  }
  return all;
}

/// One weight, as a model gets it.
Array weight(const std::string& spec, const std::vector<int64_t>& dims) {
  ir::Module m;
  m.states.push_back({"w", {DType::F32, shape_of(dims)}, {}});
  m.states[0].attrs.set("init", spec);
  ir::Function& f = m.functions.emplace_back();
  f.name = "init";
  ir::Builder b(m, f);
  const ir::ValueId seed = b.param("seed", {DType::I64, {}});
  const ir::ValueId step = b.constant(0, DType::I64);
  b.assign(0, detail::build_initializer(b, spec, seed, step, 0, shape_of(dims)));
  return detail::initial_weights(m, 7).at(0);
}

/// What the vectors of the shorter side of a matrix have as products: w' w or w w'.
Numbers gram(const Array& w) {
  const int64_t rows = w.shape().at(0), columns = w.shape().at(1);
  const bool tall = rows >= columns;
  const auto at = [&](int64_t of, int64_t i) {
    return static_cast<double>(w.data<float>()[tall ? i * columns + of : of * columns + i]);
  };
  Numbers products;
  for (int64_t a = 0; a < std::min(rows, columns); ++a)
    for (int64_t b = 0; b < std::min(rows, columns); ++b) {
      double sum = 0;
      for (int64_t i = 0; i < std::max(rows, columns); ++i) sum += at(a, i) * at(b, i);
      products.push_back(sum);
    }
  return products;
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
  if (e.json->contains("values") || e.json->contains("gram")) {
    const Array w = weight(e.spec(), e["shape"].get<std::vector<int64_t>>());
    const bool products = e.json->contains("gram");
    const Numbers want = numbers_of(e[products ? "gram" : "values"]);
    const Numbers got =
        products ? gram(w) : Numbers(w.data<float>().begin(), w.data<float>().end());
    ASSERT_EQ(got.size(), want.size());
    for (size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(got[i], want[i], 1e-6) << i;
    return;
  }
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
