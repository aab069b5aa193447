// Models in Keras's own JSON: the forms of Keras 2, and what can't be read or written. What Keras 3
// writes is in tests/keras.
#include <gtest/gtest.h>

#include "lathe/model_json.h"
#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

using test::error_of;

std::vector<std::string> layer_texts(const Model& model) {
  std::vector<std::string> texts;
  for (const LayerInfo& layer : model.layers())
    texts.push_back(layer.type + " " + layer.name + " " + std::to_string(layer.parameters));
  return texts;
}

constexpr const char* kOldSequential = R"({
  "class_name": "Sequential", "keras_version": "2.8.0", "backend": "tensorflow",
  "config": {"name": "sequential_3", "layers": [
    {"class_name": "InputLayer", "config": {"batch_input_shape": [null, 4], "dtype": "float32",
     "sparse": false, "ragged": false, "name": "dense_input"}},
    {"class_name": "Dense", "config": {"name": "dense", "trainable": true, "dtype": "float32",
     "batch_input_shape": [null, 4], "units": 3, "activation": "relu", "use_bias": true,
     "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": null}},
     "bias_initializer": {"class_name": "Zeros", "config": {}},
     "kernel_regularizer": {"class_name": "L2", "config": {"l2": 0.009999999776482582}},
     "bias_regularizer": null, "activity_regularizer": null,
     "kernel_constraint": {"class_name": "MaxNorm", "config": {"max_value": 2, "axis": 0}},
     "bias_constraint": null}},
    {"class_name": "BatchNormalization", "config": {"name": "batch_normalization",
     "trainable": true, "dtype": "float32", "axis": [1], "momentum": 0.99, "epsilon": 0.001,
     "center": true, "scale": true, "beta_initializer": {"class_name": "Zeros", "config": {}},
     "gamma_initializer": {"class_name": "Ones", "config": {}},
     "moving_mean_initializer": {"class_name": "Zeros", "config": {}},
     "moving_variance_initializer": {"class_name": "Ones", "config": {}},
     "beta_regularizer": null, "gamma_regularizer": null, "beta_constraint": null,
     "gamma_constraint": null}},
    {"class_name": "LeakyReLU", "config": {"name": "leaky_re_lu", "trainable": true,
     "dtype": "float32", "alpha": 0.25}},
    {"class_name": "Dropout", "config": {"name": "dropout", "trainable": true,
     "dtype": "float32", "rate": 0.5, "noise_shape": null, "seed": null}}]}})";

TEST(KerasJson, ReadsASequentialOfKeras2) {
  const Model model = Model::from_json(kOldSequential);
  EXPECT_EQ(model.name(), "sequential_3");
  EXPECT_EQ(layer_texts(model),
            (std::vector<std::string>{"InputLayer dense_input 0", "Dense dense 15",
                                      "BatchNormalization batch_normalization 12",
                                      "LeakyReLU leaky_re_lu 0", "Dropout dropout 0"}));
  const std::string json = model_to_json(model);
  for (const char* part :
       {R"x("kernel_regularizer": "l2(l2=0.009999999776482582)")x",
        R"x("kernel_constraint": "max_norm(axis=0, max_value=2)")x", R"("negative_slope": 0.25)"})
    EXPECT_NE(json.find(part), std::string::npos) << part << " in " << json;
}

TEST(KerasJson, ReadsTheListOfTheFirstKeras) {
  const Model model = Model::from_json(R"({"class_name": "Sequential", "config": [
    {"class_name": "Dense", "config": {"name": "d", "units": 2, "activation": "sigmoid",
     "batch_input_shape": [null, 5]}}]})");
  EXPECT_EQ(layer_texts(model),
            (std::vector<std::string>{"InputLayer input_layer 0", "Dense d 12"}));
}

TEST(KerasJson, InitialisersKeepTheirOptions) {
  const Model model = Model::from_json(R"({"class_name": "Sequential", "config": [
    {"class_name": "Dense", "config": {"name": "d", "units": 2, "batch_input_shape": [null, 5],
     "kernel_initializer": {"class_name": "Orthogonal", "config": {"gain": 0.5, "seed": null}},
     "bias_initializer": "zero"}},
    {"class_name": "Dense", "config": {"name": "e", "units": 2,
     "kernel_initializer": {"class_name": "IdentityInitializer", "config": {"gain": 2.0}}}}]})");
  const std::string json = model.to_json();
  for (const char* part :
       {R"("class_name":"Orthogonal","config":{"gain":0.5})",
        R"("class_name":"Identity","config":{"gain":2.0})", R"("class_name":"Zeros")"})
    EXPECT_NE(json.find(part), std::string::npos) << part << " in " << json;
}

TEST(KerasJson, ReadsAFunctionalModelOfKeras2) {
  // `join` stands before what it needs, and `both` is called twice.
  const Model model = Model::from_json(R"({"class_name": "Functional", "config": {
    "name": "model_1", "layers": [
     {"class_name": "Concatenate", "name": "join", "config": {"name": "join", "axis": -1},
      "inbound_nodes": [[["both", 0, 0, {}], ["both", 1, 0, {"training": null}]]]},
     {"class_name": "InputLayer", "name": "a", "config": {"name": "a",
      "batch_input_shape": [null, 3], "dtype": "float32"}, "inbound_nodes": []},
     {"class_name": "InputLayer", "name": "b", "config": {"name": "b",
      "batch_input_shape": [null, 3], "dtype": "float32"}, "inbound_nodes": []},
     {"class_name": "Dense", "name": "both", "config": {"name": "both", "units": 2},
      "inbound_nodes": [[["a", 0, 0, {}]], [["b", 0, 0, {}]]]}],
    "input_layers": [["a", 0, 0], ["b", 0, 0]], "output_layers": [["join", 0, 0]]}})");
  EXPECT_EQ(layer_texts(model), (std::vector<std::string>{"InputLayer a 0", "InputLayer b 0",
                                                          "Dense both 8", "Concatenate join 0"}));
  EXPECT_EQ(model.output_shapes(), (std::vector<std::vector<int64_t>>{{4}}));
  const std::string written = model.to_json();
  EXPECT_EQ(Model::from_json(written).to_json(), written);
}

TEST(KerasJson, AModelOfBranchesIsWritten) {
  const Tensor x = Input({4}, "x");
  const Dense shared(4, {.name = "shared"});
  const Model model({x}, {add({shared(x), shared(shared(x))})}, "twice");
  const Model again = Model::from_json(model.to_json());
  EXPECT_EQ(again.name(), "twice");
  EXPECT_EQ(again.summary(), model.summary());
}

TEST(KerasJson, LayersOfDifferentNamesKeepThemApart) {
  const Model chain = Model::from_json(R"({"class_name": "Sequential", "config": {"layers": [
    {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [null, 2]}},
    {"class_name": "Dense", "config": {"name": "隐藏", "units": 3}},
    {"class_name": "Dense", "config": {"name": "输出", "units": 3}},
    {"class_name": "Dense", "config": {"name": "a.b", "units": 3}},
    {"class_name": "Dense", "config": {"name": "a_b", "units": 3}},
    {"class_name": "Dense", "config": {"name": "a/b", "units": 3}},
    {"class_name": "Dense", "config": {"name": "a_b_1", "units": 1}}]}})");
  EXPECT_EQ(layer_texts(chain),
            (std::vector<std::string>{"InputLayer x 0", "Dense ______ 9", "Dense _______1 12",
                                      "Dense a_b_2 12", "Dense a_b 12", "Dense a_b_3 12",
                                      "Dense a_b_1 4"}));
  const std::string written = chain.to_json();
  EXPECT_EQ(Model::from_json(written).to_json(), written);

  const Model branches = Model::from_json(R"({"class_name": "Functional", "config": {
    "name": "m", "layers": [
     {"class_name": "InputLayer", "name": "入.1", "config": {"name": "入.1",
      "batch_shape": [null, 3]}, "inbound_nodes": []},
     {"class_name": "InputLayer", "name": "入-1", "config": {"name": "入-1",
      "batch_shape": [null, 4]}, "inbound_nodes": []},
     {"class_name": "Dense", "name": "d.1", "config": {"name": "d.1", "units": 2},
      "inbound_nodes": [[["入-1", 0, 0, {}]]]},
     {"class_name": "Dense", "name": "d-1", "config": {"name": "d-1", "units": 2},
      "inbound_nodes": [[["入.1", 0, 0, {}]]]},
     {"class_name": "Concatenate", "name": "join", "config": {"name": "join", "axis": -1},
      "inbound_nodes": [[["d.1", 0, 0, {}], ["d-1", 0, 0, {}]]]}],
    "input_layers": [["入.1", 0, 0], ["入-1", 0, 0]], "output_layers": [["join", 0, 0]]}})");
  EXPECT_EQ(branches.input_shapes(), (std::vector<std::vector<int64_t>>{{3}, {4}}));
  EXPECT_EQ(layer_texts(branches),
            (std::vector<std::string>{"InputLayer ____1 0", "InputLayer ____1_1 0", "Dense d_1 10",
                                      "Dense d_1_1 8", "Concatenate join 0"}));

  EXPECT_NE(error_of([] {
              Model::from_json(R"({"class_name": "Sequential", "config": {"layers": [
                {"class_name": "InputLayer", "config": {"batch_shape": [null, 2]}},
                {"class_name": "Dense", "config": {"name": "a.b", "units": 3}},
                {"class_name": "Dense", "config": {"name": "a.b", "units": 3}}]}})");
            }).find("two layers are named 'a_b'"),
            std::string::npos);
}

TEST(KerasJson, WhatIsNotThereIsNamed) {
  const auto layer = [](const std::string& type, const std::string& config) {
    return error_of([&] {
      Model::from_json(R"({"class_name": "Sequential", "config": {"layers": [{"class_name": ")" +
                       type + R"(", "config": )" + config + "}]}}");
    });
  };
  EXPECT_EQ(layer("Dense", R"({"units": 2})"), "");
  EXPECT_EQ(layer("Dense", R"({"units": 2, "lora_rank": null, "quantization_config": null})"), "");
  const std::string at = "model: config.layers[0]";
  EXPECT_EQ(layer("Dens", R"({"units": 2})").find(at + ".class_name: unknown layer 'Dens'"), 0u);
  EXPECT_EQ(layer("Dense", R"({"units": 2, "lora_rank": 4})"),
            at + ".config.lora_rank: Lathe's Dense can't do that: 4");
  EXPECT_EQ(layer("Dense", R"({"units": 2, "dtype": "bfloat16"})"),
            at + ".config.dtype: expected float32, not \"bfloat16\"");
  EXPECT_NE(layer("Dense", R"({"units": 2, "activation": "rely"})")
                .find(at + ".config.activation: unknown activation 'rely'"),
            std::string::npos);
  EXPECT_NE(layer("Dense", R"({"units": 2, "kernel_initializer": {"class_name": "Mine"}})")
                .find(at + ".config.kernel_initializer.class_name: unknown initializer 'Mine'"),
            std::string::npos);
  EXPECT_NE(layer("Dense", R"({"units": "two"})").find(at + ".config.units"), std::string::npos);
  EXPECT_NE(layer("InputLayer", R"({"batch_shape": [null, null, 3]})").find("may be open"),
            std::string::npos);
  const auto model = [](const std::string& text) {
    return error_of([&] { Model::from_json(text); });
  };
  EXPECT_NE(model(R"({"class_name": "Subclassed", "config": {}})").find("expected Sequential"),
            std::string::npos);
  EXPECT_NE(model(R"({"class_name": "Sequential"})").find("needs \"config\""), std::string::npos);
  // A call on what is not there, and on itself.
  for (const char* from : {"none", "d"})
    EXPECT_NE(
        model(std::string(R"({"class_name": "Functional", "config": {"layers": [
          {"class_name": "Dense", "name": "d", "config": {"units": 2},
           "inbound_nodes": [[[")") +
              from + R"(", 0, 0, {}]]]}], "input_layers": [], "output_layers": [["d", 0, 0]]}})")
            .find("inbound_nodes[0]: '" + std::string(from) + "'"),
        std::string::npos);
}

TEST(KerasJson, WritesTheFormOfKeras2) {
  const Model old = Model::from_json(kOldSequential);
  const std::string written = old.to_json(KerasForm::Keras2);
  for (const char* part : {R"("batch_input_shape":[null,4])", R"("alpha":0.25)",
                           R"({"class_name":"L2","config":{"l2":0.009999999776482582}})",
                           R"("keras_version":"2.15.0")"})
    EXPECT_NE(written.find(part), std::string::npos) << part << " in " << written;
  for (const char* part : {"\"module\"", "registered_name", "build_config", "negative_slope"})
    EXPECT_EQ(written.find(part), std::string::npos) << part << " in " << written;
  EXPECT_EQ(Model::from_json(written).to_json(), old.to_json());

  // One layer called twice, one with two inputs.
  const Tensor a = Input({3}, "a"), b = Input({3}, "b");
  const Dense both(2, DenseOptions{.name = "both"});
  const Model model({a, b}, {Concatenate()({both(a), both(b)})}, "join");
  const std::string calls = model.to_json(KerasForm::Keras2);
  for (const char* part : {R"("inbound_nodes":[[["a",0,0,{}]],[["b",0,0,{}]]])",
                           R"("inbound_nodes":[[["both",0,0,{}],["both",1,0,{}]]])",
                           R"("input_layers":[["a",0,0],["b",0,0]])"})
    EXPECT_NE(calls.find(part), std::string::npos) << part << " in " << calls;
  EXPECT_EQ(Model::from_json(calls).to_json(), model.to_json());
}

TEST(KerasJson, WhatLathesLayersDoNotHaveIsRefused) {
  const auto read = [](const std::string& layer, const std::string& config) {
    return error_of([&] {
      Model::from_json(
          R"({"class_name": "Sequential", "config": {"name": "s", "layers": [
              {"class_name": "InputLayer", "config": {"batch_shape": [null, 4], "name": "in"}},
              {"class_name": ")" +
          layer + R"(", "config": {"name": "it", )" + config + "}}]}}");
    });
  };
  const std::string regularizer = R"({"class_name": "L2", "config": {}})",
                    constraint = R"({"class_name": "NonNeg", "config": {}})",
                    table = R"("input_dim": 5, "output_dim": 2)";
  EXPECT_EQ(read("Dropout", R"("rate": 0.5, "noise_shape": null)"), "");
  EXPECT_EQ(read("Embedding", table + R"(, "mask_zero": false)"), "");
  struct Case {
    std::string layer, config, refused;
  };
  for (const Case& c : std::vector<Case>{
           {"Dropout", R"("rate": 0.5, "noise_shape": [null, 1])", "noise_shape"},
           {"AlphaDropout", R"("rate": 0.5, "noise_shape": [null, 1])", "noise_shape"},
           {"Dropout", R"("rate": 1)", "rate"},
           {"BatchNormalization", R"("renorm": true)", "renorm"},
           {"BatchNormalization", R"("synchronized": true)", "synchronized"},
           {"BatchNormalization", R"("beta_regularizer": )" + regularizer, "beta_regularizer"},
           {"LayerNormalization", R"("gamma_regularizer": )" + regularizer, "gamma_regularizer"},
           {"LayerNormalization", R"("beta_constraint": )" + constraint, "beta_constraint"},
           {"GroupNormalization", R"("groups": 2, "gamma_constraint": )" + constraint,
            "gamma_constraint"},
           {"Embedding", table + R"(, "mask_zero": true)", "mask_zero"},
           {"Embedding", table + R"(, "activity_regularizer": )" + regularizer,
            "activity_regularizer"},
           {"Softmax", R"("axis": 1)", "axis"},
           {"Flatten", R"("data_format": "channels_first")", "data_format"},
           {"Dense", R"("units": 2, "lora_rank": 2)", "lora_rank"},
           {"Dense", R"("units": 2, "quantization_config": {"class_name": "Int8"})",
            "quantization_config"}}) {
    const std::string what = read(c.layer, c.config);
    EXPECT_NE(what.find(".config." + c.refused), std::string::npos)
        << c.layer << " " << c.config << ": " << what;
  }
}

TEST(KerasJson, WhatKerasDoesNotHaveIsNotWritten) {
  const auto written = [](const char* activation) {
    return error_of([&] { Sequential({Input({4}), Dense(2, activation)}).to_json(); });
  };
  EXPECT_EQ(written("relu(max_value=6)"), "");
  EXPECT_EQ(written("leaky_relu(0.1)"), "");
  EXPECT_EQ(written("gaussian"), "layer dense: Keras has no activation gaussian");
  EXPECT_EQ(written("celu(0.5)"),
            "layer dense: Keras's files have no options of the activation celu");
  EXPECT_EQ(
      error_of([] {
        Sequential({Input({2, 2}), ActivityRegularization("image_total_variation")}).to_json();
      }),
      "layer activity_regularization: Keras's ActivityRegularization has no regularizer");
}

}  // namespace
}  // namespace lathe
