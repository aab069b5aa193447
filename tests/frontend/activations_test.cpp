// Activations by spec: that of the table through a whole model, options, aliases, errors.
#include "frontend/layers/activations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lathe/catalog.h"
#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

constexpr int64_t kRows = 7, kColumns = 6;

std::vector<float> inputs() {
  std::vector<float> x(kRows * kColumns);
  for (size_t i = 0; i < x.size(); ++i) x[i] = 0.37f * static_cast<float>((i * 11) % 43) - 7.9f;
  return x;
}

/// A model of the activation alone.
std::vector<float> activate(const std::string& spec, const std::vector<float>& x = inputs(),
                            const RunOptions& run = test::interpreter()) {
  Sequential model({Input({kColumns}), Activation(spec)});
  model.compile({.loss = "mse", .run = run});
  const auto rows = static_cast<int64_t>(x.size()) / kColumns;
  return test::values(model.predict(view(x, {rows, kColumns})));
}

std::string error(const std::string& spec) {
  return test::error_of([&] { Activation{spec}; });
}

TEST(Activations, CompiledAgreesWithTheInterpreter) {
  for (const detail::ActivationRow& row : detail::activation_table()) {
    const std::vector<float> want = activate(row.name);
    const std::vector<float> got = activate(row.name, inputs(), {.threads = 1});
    ASSERT_EQ(got.size(), want.size()) << row.name;
    EXPECT_EQ(want.size(), inputs().size() / (row.size ? 2 : 1)) << row.name;
    for (size_t i = 0; i < want.size(); ++i)
      EXPECT_NEAR(got[i], want[i], 2e-6 * std::max(1.0, std::fabs(double(want[i])))) << row.name;
  }
}

TEST(Activations, HaveOtherNames) {
  for (const auto& [other, name] : std::vector<std::pair<std::string, std::string>>{
           {"swish", "silu"},
           {"hard_swish", "hard_silu"},
           {"exp", "exponential"},
           {"leaky_relu(alpha=0.3)", "leaky_relu(negative_slope=0.3)"},
           {"leaky_relu(0.3)", "leaky_relu(negative_slope=0.3)"},
           {"leaky_relu(0)", "relu"},
           {"relu(max_value=6)", "relu6"},
           {"relu(negative_slope=0.2)", "leaky_relu"},
           {"gelu(approximate=true)", "gelu_tanh"},
           {"elu(alpha=1)", "elu"},
           {"softmax(axis=-1)", "softmax"}})
    EXPECT_EQ(activate(other), activate(name)) << other;
}

TEST(Activations, ReluTakesItsOptions) {
  for (double most : {2.5, double(INFINITY)})
    for (double slope : {0.0, 0.25, -0.5})
      for (double threshold : {0.0, 1.5}) {
        const std::string spec = "relu(max_value=" + std::to_string(most) +
                                 ", negative_slope=" + std::to_string(slope) +
                                 ", threshold=" + std::to_string(threshold) + ")";
        const std::vector<float> x = inputs(), y = activate(spec);
        for (size_t i = 0; i < x.size(); ++i)
          EXPECT_NEAR(y[i],
                      x[i] > threshold ? std::min<double>(x[i], most) : slope * (x[i] - threshold),
                      1e-6)
              << spec << " at " << x[i];
      }
}

TEST(Activations, SparsemaxIsTheProjection) {
  std::vector<float> x = inputs();
  std::fill(x.begin(), x.begin() + kColumns, 0.75f);  // all alike
  x[kColumns] = x[kColumns + 1] = 20;                 // two at the top
  for (size_t i = 2 * kColumns; i < x.size(); ++i) x[i] *= 0.1f;
  x.back() = -INFINITY;
  const std::vector<float> y = activate("sparsemax", x);
  for (size_t row = 0; row < kRows; ++row) {
    // The textbook's way: sort, and find the last element of the support.
    std::vector<double> sorted(x.begin() + row * kColumns, x.begin() + (row + 1) * kColumns);
    std::sort(sorted.rbegin(), sorted.rend());
    double sum = 0, threshold = 0, total = 0;
    for (size_t k = 0; k < sorted.size(); ++k) {
      sum += sorted[k];
      if (1 + (static_cast<double>(k) + 1) * sorted[k] > sum)
        threshold = (sum - 1) / (static_cast<double>(k) + 1);
    }
    for (size_t i = 0; i < kColumns; ++i) {
      const size_t at = row * kColumns + i;
      EXPECT_NEAR(y[at], std::max(0.0, x[at] - threshold), 1e-6) << row << " " << i;
      total += y[at];
    }
    EXPECT_NEAR(total, 1, 1e-6);
  }
}

TEST(Activations, GluHalvesTheRow) {
  const std::vector<float> x = inputs(), y = activate("glu");
  for (int64_t r = 0; r < kRows; ++r)
    for (int64_t i = 0; i < kColumns / 2; ++i) {
      const double a = x[r * kColumns + i], b = x[r * kColumns + kColumns / 2 + i];
      EXPECT_NEAR(y[r * kColumns / 2 + i], a / (1 + std::exp(-b)), 1e-6);
    }
  Sequential dense({Input({3}), Dense(8, "glu"), Dense(2)});
  EXPECT_EQ(dense.module().function("predict").outputs.size(), 1u);
  EXPECT_NE(test::error_of([] {
              Sequential({Input({3}), Activation("glu")});
            }).find("an even number of elements, not of 3"),
            std::string::npos);
}

TEST(Activations, SayWhatIsWrong) {
  const auto told = [](const std::string& spec, const std::string& what) {
    EXPECT_NE(error(spec).find(what), std::string::npos) << spec << ": " << error(spec);
  };
  told("rely", "unknown activation 'rely'; did you mean 'relu'?");
  told("swich", "did you mean 'swish'?");
  told("leaky_relu(negativ_slope=1)", "did you mean 'negative_slope'?");
  told("celu(0)", "'celu': parameter 'alpha' must be more than 0, not 0");
  told("relu(2)", "a value needs its name: max_value, negative_slope, threshold");
  told("tanh(2)", "takes no options");
  told("elu(alpha=big)", "option 'alpha' must be of type real, not word");
  told("relu(threshold=-1)", "must be 0 or more");
  told("leaky_relu(-0.1)", "negative_slope must be 0 or more");
  told("softmax(axis=0)", "axis must be -1");
  told("relu(", "the form is NAME or NAME(option=value, ...)");
}

TEST(Activations, TheCatalogShowsFormulasAndDefaults) {
  std::vector<std::string> listed;
  for (const CatalogEntry& entry : catalog("activations")) {
    listed.push_back(entry.name);
    EXPECT_FALSE(entry.text.empty()) << entry.name;
    if (entry.name == "elu") {
      EXPECT_EQ(entry.text, "x for x > 0, otherwise alpha (exp(x) - 1); alpha = 1");
    }
    if (entry.name == "silu") {
      EXPECT_EQ(entry.aliases, std::vector<std::string>{"swish"});
    }
  }
  EXPECT_TRUE(std::is_sorted(listed.begin(), listed.end()));
  for (const char* name : {"sparsemax", "glu", "step_ste", "gaussian", "exponential", "linear"})
    EXPECT_NE(std::find(listed.begin(), listed.end(), name), listed.end()) << name;
  EXPECT_EQ(std::find(listed.begin(), listed.end(), "neg"), listed.end());
}

}  // namespace
}  // namespace lathe
