// The IR that every row of the tables makes, by its checksum: golden/lowering_N.rows, a line a row. A
// saved model is refused when the IR made of its description is another than the file's, so whoever
// changes a row's IR is told so here: raise kLoweringVersion. The list is written, for a new lowering
// or new rows, by
//   build/frontend_test --gtest_also_run_disabled_tests --gtest_filter=GoldenRows.DISABLED_Write
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "frontend/base/letters.h"
#include "frontend/engine/lowering.h"
#include "frontend/format/json_options.h"
#include "frontend/model/step_builder.h"
#include "ir/printer.h"
#include "runtime/sha256.h"
#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

std::filesystem::path list_path() {
  return std::filesystem::path(LATHE_TEST_GOLDEN) /
         ("lowering_" + std::to_string(detail::kLoweringVersion) + ".rows");
}

/// The step as built, and the states that its optimiser adds: what a file is compared with.
std::string checksum(Model& model) {
  ir::Module module = model.module();
  module.states = detail::lower_to_updated(module).states;
  const std::string text = ir::print(module);
  return runtime::sha256_hex(text.data(), text.size()).substr(0, 16);
}

std::string checksum(const std::string& activation, const CompileOptions& options,
                     bool image = false) {
  Sequential model({Input({4}), Dense(6, activation), Dense(image ? 6 : 3, "softmax")});
  if (image) model.add(Reshape({2, 3}));
  model.compile(options);
  return checksum(model);
}

/// What layers can't be made without.
const std::map<std::string, std::string> kLayerOptions = {
    {"Dense", R"("units": 3)"},
    {"Activation", R"("activation": "tanh")"},
    {"Reshape", R"("target_shape": [2, 2])"},
    {"RepeatVector", R"("n": 2)"},
    {"Rescaling", R"("scale": 0.5)"},
    {"Dot", R"("axes": 1)"},
    {"Embedding", R"("input_dim": 5, "output_dim": 3)"},
    {"Permute", R"("dims": [2, 1])"},
    {"Lambda", R"x("fn": "(mul a0 (exp a0))")x"},
    {"PriceFeatures", R"("columns": "close,volume")"},
    {"GroupNormalization", R"("groups": 2)"},
    {"Dropout", R"("rate": 0.5)"},
    {"SpatialDropout1D", R"("rate": 0.5)"},
    {"AlphaDropout", R"("rate": 0.5)"},
    {"GaussianDropout", R"("rate": 0.5)"},
    {"GaussianNoise", R"("stddev": 0.5)"},
    {"ActivityRegularization", R"("l1": 0.5)"}};

/// A name with `_` before each capital. Names are no part of what a layer becomes, and the list was
/// written with these.
std::string name_of(const std::string& type) {
  std::string name;
  for (char c : type) {
    if (is_upper(c) && !name.empty()) name += '_';
    name += lower_case(c);
  }
  return name;
}

/// The layer on one input or, where it takes two, on both, between layers that learn.
std::string layer_checksum(const std::string& type, CompileOptions options) {
  const auto more = kLayerOptions.find(type);
  auto json =
      nlohmann::ordered_json::parse(R"({"type": ")" + type + "\"" +
                                    (more == kLayerOptions.end() ? "" : ", " + more->second) + "}");
  if (type != "Dense") json["name"] = name_of(type);  // the model has others, which are numbered
  const Layer layer(detail::layer_from_json(json, type));
  Tensor in = Input({4});
  std::vector<Tensor> inputs = {Dense(4)(in), Dense(4)(in)};
  if (type == "SpatialDropout1D" || type == "Permute" || type == "PriceFeatures")
    inputs[0] = Reshape({2, 2})(inputs[0]);
  const auto call = [&]() -> Tensor {
    try {
      return layer(inputs[0]);
    } catch (const Error&) {
      return layer(inputs);
    }
  };
  Model model({in}, {Dense(3, "softmax")(Flatten()(call()))});
  model.compile(options);
  return checksum(model);
}

std::map<std::string, std::string> rows() {
  std::map<std::string, std::string> all;
  CompileOptions plain{.loss = "mse", .run = test::interpreter()};
  for (const CatalogEntry& e : catalog("activations"))
    all["activation " + e.name] = checksum(e.name, plain);
  for (const CatalogEntry& e : catalog("losses")) {
    CompileOptions options = plain;
    options.loss = test::loss_text(e.name);
    all["loss " + e.name] = checksum("relu", options, e.name == "image_total_variation");
  }
  for (const CatalogEntry& e : catalog("metrics")) {
    CompileOptions options = plain;
    options.metrics = {test::metric_text(e.name, "number")};
    all["metric " + e.name] = checksum("relu", options, e.name == "image_total_variation");
  }
  for (const CatalogEntry& e : catalog("optimizers")) {
    CompileOptions options = plain;
    options.optimizer = e.name;
    all["optimizer " + e.name] = checksum("relu", options);
  }
  for (const CatalogEntry& e : catalog("layers"))
    if (e.name != "InputLayer") all["layer " + e.name] = layer_checksum(e.name, plain);
  const auto dense = [&](const DenseOptions& options) {
    Sequential model({Input({4}), Dense(3, options)});
    model.compile(plain);
    return checksum(model);
  };
  for (const CatalogEntry& e : catalog("initializers"))
    all["initializer " + e.name] =
        dense({.kernel_initializer = e.name == "constant" ? "constant(0.5)" : e.name});
  const auto of_images = [&](const std::string& regularizer) {
    Sequential model(
        {Input({4}), Reshape({2, 2}), ActivityRegularization(regularizer), Flatten(), Dense(3)});
    model.compile(plain);
    return checksum(model);
  };
  for (const CatalogEntry& e : catalog("regularizers"))
    all["regularizer " + e.name] = e.name == "image_total_variation"
                                       ? of_images(e.name)
                                       : dense({.kernel_regularizer = e.name});
  for (const CatalogEntry& e : catalog("constraints"))
    all["constraint " + e.name] = dense({.kernel_constraint = e.name});
  return all;
}

TEST(GoldenRows, MakeTheSameIr) {
  std::ifstream in(list_path());
  ASSERT_TRUE(in) << list_path() << ": write the list of the new lowering: see this file's head";
  std::map<std::string, std::string> want;
  std::string kind, name, sum;
  while (in >> kind >> name >> sum) want[kind + " " + name] = sum;
  const std::map<std::string, std::string> made = rows();
  for (const auto& [row, sum_now] : made) {
    const auto at = want.find(row);
    ASSERT_NE(at, want.end()) << row << " is new: write the list (see this file's head)";
    EXPECT_EQ(sum_now, at->second) << row << " makes other IR: raise kLoweringVersion";
  }
  for (const auto& [row, old] : want)
    EXPECT_EQ(made.count(row), 1u) << row << " is gone; models that use it can't be read any more";
}

// Not a test but what writes the list, by hand: a run of all tests must not change the tree.
TEST(GoldenRows, DISABLED_Write) {
  std::ofstream out(list_path());
  for (const auto& [row, sum] : rows()) out << row << " " << sum << "\n";
  ASSERT_TRUE(out.flush());
}

}  // namespace
}  // namespace lathe
