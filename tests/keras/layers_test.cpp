// Every layer that normalises, merges or reshapes against Keras: outputs, gradients for inputs and
// weights, and what moves without being trained.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <sstream>

#include "frontend/format/json_options.h"
#include "frontend/model/model_impl.h"
#include "tests/keras/row_gradients.h"

namespace lathe::test {
namespace {

/// The loss is the mean of 1 + kSmall cotangent output: where it stays above 0, hinge's.
constexpr double kSmall = 1e-6;

Numbers scaled(Numbers values, double by) {
  for (double& v : values) v *= by;
  return values;
}

/// The layer of an entry in a model that makes its inputs: a Dense each, whose kernel holds the rows
/// and whose input is the unit matrix. The kernels' gradients are the inputs'.
struct Case {
  const Entry& entry;
  int64_t rows = 0;
  std::vector<Numbers> inputs, weights;
  Numbers cotangent;

  explicit Case(const Entry& e) : entry(e) {
    const Json& file = keras_file("layers");
    std::istringstream names(e["input"].get<std::string>());
    for (std::string name; names >> name;) {
      if (name.back() == ',') name.pop_back();
      inputs.push_back(numbers_of(file.at("inputs").at(name)));
      shapes_.push_back(file.at("shapes").at(name).get<std::vector<int64_t>>());
    }
    rows = shapes_[0][0];
    for (const Json& w : e["weights"]) weights.push_back(numbers_of(w));
    cotangent = numbers_of(e["cotangent"]);
  }

  Model model(Backend backend) const {
    Tensor in = Input({rows});
    std::vector<Tensor> parts;
    for (const std::vector<int64_t>& shape : shapes_) {
      const std::vector<int64_t> row(shape.begin() + 1, shape.end());
      const int64_t units =
          std::accumulate(row.begin(), row.end(), int64_t{1}, std::multiplies<>());
      parts.push_back(Reshape(row)(Dense(units, {.use_bias = false})(in)));
    }
    Json layer = entry["options"];
    layer["type"] = entry.name();
    layer["name"] = "tested";
    const Layer tested(detail::layer_from_json(layer, "layer"));
    Model model({in}, {Flatten()(tested(parts))});
    model.compile({.loss = "hinge",
                   .optimizer = gradient_keeper(),
                   .run = {.threads = 1, .backend = backend}});
    return model;
  }
  /// Which of the weights the optimizer moves.
  bool trained(size_t i) const {
    const std::string name = entry["weight_names"].at(i);
    return !name.starts_with("moving_") && name != "mean" && name != "variance" && name != "count";
  }
  Numbers targets() const { return scaled(cotangent, -kSmall); }
  /// From the slot of a weight to its gradient of sum(outputs * cotangent).
  Numbers gradient(Numbers slot) const {
    return scaled(std::move(slot), -static_cast<double>(cotangent.size()) / kSmall);
  }

 private:
  std::vector<std::vector<int64_t>> shapes_;  ///< of the inputs
};

/// `gradients`: of inputs, then of weights that are trained; `moved`: weights that are not, after
/// the entry's calls.
struct Found {
  Numbers outputs;
  std::vector<Numbers> gradients, moved;
};

void compare(const Case& c, const Found& found, const Tolerance& t) {
  for (const Json& result : c.entry["results"]) {
    const std::string mode = result.at("mode");
    if (mode != "training") {
      EXPECT_EQ(differences("outputs", found.outputs, numbers_of(result.at("outputs")), t), "");
    }
    if (mode == "inference") continue;  // trained by nobody
    std::vector<Numbers> expected;
    for (const char* kind : {"input_gradients", "weight_gradients"})
      for (const Json& g : result.at(kind)) expected.push_back(numbers_of(g));
    ASSERT_EQ(found.gradients.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_EQ(differences("gradient " + std::to_string(i), found.gradients[i], expected[i], t),
                "");
  }
  if (c.entry.json->contains("states")) {
    const Json& states = c.entry["states"];
    ASSERT_EQ(found.moved.size(), states.size());
    for (size_t i = 0; i < states.size(); ++i)
      EXPECT_EQ(differences("state " + std::to_string(i), found.moved[i], numbers_of(states[i]), t),
                "");
  }
}

int calls_of(const Entry& e) {
  return e.json->contains("calls") ? e["calls"].get<int>() : 1;
}

class KerasLayer : public testing::TestWithParam<Entry> {};

TEST_P(KerasLayer, InDoubles) {
  const Entry e = GetParam();
  if (const std::string why = not_built("layers", e); !why.empty()) SKIP_MISSING(e, why);
  const Case c(e);
  Model model = c.model(Backend::Interpreter);
  ExactStep step(model);
  const std::vector<std::string> names = model.weight_names();
  ASSERT_EQ(names.size(), c.inputs.size() + c.weights.size());
  const auto set = [&](bool all) {
    for (size_t i = 0; i < names.size(); ++i) {
      const bool input = i < c.inputs.size();
      if (input || all || c.trained(i - c.inputs.size()))
        step.set(names[i], input ? c.inputs[i] : c.weights[i - c.inputs.size()]);
    }
    step.reset();
  };
  const Array ones = identity(c.rows);
  const Numbers x(ones.data<float>().begin(), ones.data<float>().end());
  set(true);
  // What the layer's options say, which are no weights.
  for (const auto& [name, value] : model.impl().states())
    if (name.starts_with("tested_") && !std::count(names.begin(), names.end(), name))
      step.set(name, Numbers(value.data<float>().begin(), value.data<float>().end()));
  Found found;
  found.outputs = step.predict(x, c.rows);
  for (int call = 0; call < calls_of(e); ++call) {
    set(call == 0);
    step.step("train_step", x, c.targets(), c.rows);
    for (size_t i = 0; i < names.size() && call == 0; ++i)
      if (i < c.inputs.size() || c.trained(i - c.inputs.size()))
        found.gradients.push_back(step.has(names[i] + ".momentum")
                                      ? c.gradient(step.get(names[i] + ".momentum"))
                                      : Numbers(step.get(names[i]).size()));  // none: zeros
  }
  for (size_t i = 0; i < c.weights.size(); ++i)
    if (!c.trained(i)) found.moved.push_back(step.get(names[c.inputs.size() + i]));
  compare(c, found, kExact);
}

#ifdef LATHE_LLVM
TEST_P(KerasLayer, Compiled) {
  const Entry e = GetParam();
  if (const std::string why = not_built("layers", e); !why.empty()) SKIP_MISSING(e, why);
  const Case c(e);
  Model model = c.model(Backend::Llvm);
  const std::vector<std::string> names = model.weight_names();
  const auto numbers = [](const Array& a) {
    return Numbers(a.data<float>().begin(), a.data<float>().end());
  };
  const auto set = [&](bool all) {
    std::vector<Array> weights = model.get_weights();
    for (size_t i = 0; i < weights.size(); ++i) {
      const bool input = i < c.inputs.size();
      if (!input && !all && !c.trained(i - c.inputs.size())) continue;
      const Numbers& from = input ? c.inputs[i] : c.weights[i - c.inputs.size()];
      std::copy(from.begin(), from.end(), weights[i].data<float>().begin());
    }
    model.set_weights(weights);
  };
  set(true);
  Found found;
  found.outputs = numbers(model.predict(identity(c.rows)));
  for (int call = 0; call < calls_of(e); ++call) {
    set(call == 0);
    model.fit(identity(c.rows), rows_of(c.targets(), c.rows),
              {.batch_size = c.rows, .shuffle = false});
    const std::map<std::string, Array> states = model.impl().states();
    for (size_t i = 0; i < names.size() && call == 0; ++i)
      if (i < c.inputs.size() || c.trained(i - c.inputs.size()))
        found.gradients.push_back(
            states.contains(names[i] + ".momentum")
                ? c.gradient(numbers(states.at(names[i] + ".momentum")))
                : Numbers(static_cast<size_t>(states.at(names[i]).elements())));
  }
  const std::vector<Array> weights = model.get_weights();
  for (size_t i = 0; i < c.weights.size(); ++i)
    if (!c.trained(i)) found.moved.push_back(numbers(weights[c.inputs.size() + i]));
  compare(c, found, kCompiled);
}
#endif

TEST(KerasNormalization, AdaptsAlike) {
  const Json& file = keras_file("layers");
  for (const Json& entry : file.at("adapted")) {
    const std::string input = entry.at("input");
    const std::vector<int64_t> shape = file.at("shapes").at(input);
    const Numbers x = numbers_of(file.at("inputs").at(input));
    Normalization norm({.axis = entry.at("axis").get<std::vector<int64_t>>()});
    norm.adapt(view(x, shape));
    Sequential model({Input({shape.begin() + 1, shape.end()}), norm});
    const std::vector<Array> weights = model.get_weights();
    for (size_t i = 0; i < 2; ++i) {
      const char* name = i == 0 ? "mean" : "variance";
      const Json& want = entry.at(name);
      const auto found = weights[i].data<float>();
      EXPECT_EQ(
          differences(name, Numbers(found.begin(), found.end()),
                      want.is_array() ? numbers_of(want) : Numbers{want.get<double>()}, kCompiled),
          "");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, KerasLayer, testing::ValuesIn(keras_entries("layers")),
                         [](const auto& info) { return test_name(info.index, info.param); });

}  // namespace
}  // namespace lathe::test
