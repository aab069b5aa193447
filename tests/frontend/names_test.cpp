// Whatever Keras calls a thing by, the short name or the class, it is the same thing here.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

using test::bunches;
using test::error_of;
using test::interpreter;

/// The weights after an epoch of a model with such a layer.
std::string trained(const DenseOptions& options) {
  Sequential model({Input({2}), Dense(4, options), Dense(3, "softmax")});
  model.compile({.loss = "sparse_categorical_crossentropy", .run = interpreter()});
  const auto data = bunches(12);
  model.fit(data.x, data.y, {.batch_size = 4, .epochs = 1});
  return model.weights_sha256();
}

DenseOptions with(const std::string& kind, const std::string& spec) {
  DenseOptions options;
  if (kind == "initializers") options.kernel_initializer = spec;
  if (kind == "regularizers") options.kernel_regularizer = spec;
  if (kind == "constraints") options.kernel_constraint = spec;
  return options;
}

TEST(Names, ClassesAreTakenAsTheShortNamesAre) {
  for (const char* kind : {"initializers", "regularizers", "constraints"}) {
    for (const CatalogEntry& entry : catalog(kind)) {
      if (entry.name == "image_total_variation") continue;  // of images: below
      ASSERT_FALSE(entry.aliases.empty()) << entry.name;
      const std::string expected = trained(with(kind, entry.name));
      for (const std::string& alias : entry.aliases)
        EXPECT_EQ(trained(with(kind, alias)), expected) << alias;
    }
  }
  EXPECT_EQ(error_of([] { ActivityRegularization layer("ImageTotalVariation"); }), "");
}

// keras/src/{initializers,regularizers,constraints}/__init__.py of Keras 3.
TEST(Names, AllThatKerasHasAreThere) {
  const std::vector<std::pair<const char*, std::vector<std::string>>> keras = {
      {"initializers",
       {"Constant",
        "Identity",
        "Ones",
        "Zeros",
        "GlorotNormal",
        "GlorotUniform",
        "HeNormal",
        "HeUniform",
        "LecunNormal",
        "LecunUniform",
        "Orthogonal",
        "RandomNormal",
        "RandomUniform",
        "TruncatedNormal",
        "VarianceScaling",
        "zero",
        "one",
        "normal",
        "uniform",
        "IdentityInitializer",
        "constant",
        "identity",
        "variance_scaling"}},
      {"regularizers", {"L1", "L2", "L1L2", "OrthogonalRegularizer", "l1_l2"}},
      {"constraints", {"MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm", "unit_norm"}}};
  for (const auto& [kind, names] : keras)
    for (const std::string& name : names)
      EXPECT_EQ(error_of([&, k = kind] { Dense layer(4, with(k, name)); }), "") << name;
}

TEST(Names, ClassesTakeOptions) {
  EXPECT_EQ(trained(with("initializers", "RandomNormal(stddev=0.1)")),
            trained(with("initializers", "random_normal(stddev=0.1)")));
  EXPECT_EQ(trained(with("regularizers", "L1L2(l1=0.1)")),
            trained(with("regularizers", "l1_l2(l1=0.1)")));
  EXPECT_EQ(trained(with("constraints", "MaxNorm(max_value=0.5, axis=1)")),
            trained(with("constraints", "max_norm(max_value=0.5, axis=1)")));
  EXPECT_NE(error_of([] {
              Dense layer(4, with("constraints", "UnitNorm(1)"));
            }).find("a value needs its name: axis"),
            std::string::npos);
  EXPECT_NE(error_of([] {
              Dense layer(4, with("initializers", "HeNorml"));
            }).find("did you mean 'HeNormal'?"),
            std::string::npos);
}

TEST(Names, KerasGetsTheClassOfAny) {
  const auto json = [](const char* kernel, const char* regularizer, const char* constraint) {
    return Sequential({Input({2}), Dense(3, {.kernel_initializer = kernel,
                                             .kernel_regularizer = regularizer,
                                             .kernel_constraint = constraint})})
        .to_json();
  };
  EXPECT_EQ(json("HeNormal", "L1L2(l1=0.5)", "MinMaxNorm"),
            json("he_normal", "l1_l2(l1=0.5)", "min_max_norm"));
}

// keras/src/losses/__init__.py and keras/src/metrics/__init__.py of Keras 3.
TEST(Names, CapitalsOfShortLossesAndMetrics) {
  for (const auto& [capitals, name] : {std::pair("MSE", "mse"),
                                       {"MAE", "mae"},
                                       {"MAPE", "mape"},
                                       {"MSLE", "msle"},
                                       {"BCE", "binary_crossentropy"},
                                       {"KLD", "kl_divergence"}}) {
    Sequential model({Input({2}), Dense(1, "sigmoid")});
    model.compile({.loss = capitals, .metrics = {capitals}, .run = interpreter()});
    const Array x(DType::F32, {3, 2}), y(DType::F32, {3, 1});
    const Logs logs = model.evaluate(x, y);
    EXPECT_TRUE(logs.has(name)) << logs.to_string();
    EXPECT_FLOAT_EQ(static_cast<float>(logs[name]), static_cast<float>(logs.loss())) << name;
  }
}

}  // namespace
}  // namespace lathe
