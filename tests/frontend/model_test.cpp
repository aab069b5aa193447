// Models as such: graphs, IR, summaries, weights, predictions, JSON.
#include <gtest/gtest.h>

#include "ir/graph.h"
#include "ir/parser.h"
#include "ir/printer.h"
#include "ir/verifier.h"
#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

using test::bunches;
using test::error_of;
using test::interpreter;
using test::values;

TEST(Model, TheBuiltModuleIsSoundAndPrintable) {
  for (const char* loss : {"mse", "mae", "bce", "cce", "scce"}) {
    Sequential model({Input({4, 2}), Rescaling(2, 1), Flatten(), Dense(5, "relu"),
                      Dense(3, "sigmoid"), Activation("softmax")});
    model.compile({.loss = loss, .optimizer = SGD(0.1, 0.5), .metrics = {"accuracy", "mae"}});
    const ir::Module& m = model.module();
    EXPECT_NO_THROW(ir::verify(m)) << loss;
    EXPECT_EQ(m.functions.size(), 4u);
    for (const char* f : {"init", "predict", "evaluate", "train_step"})
      EXPECT_NE(m.find_function(f), nullptr) << f;
    const std::string text = ir::print(m);
    EXPECT_TRUE(ir::same(ir::parse(text), m)) << text;
  }
}

TEST(Model, PredictIsTheLayersOneByOne) {
  Sequential model({Input({2}), Dense(2, "relu"), Dense(1)});
  model.set_run_options(interpreter());
  model.set_weights({Array::from<float>({1, -1, 2, 3}, {2, 2}), Array::from<float>({0.5f, 0}, {2}),
                     Array::from<float>({10, 100}, {2, 1}), Array::from<float>({1}, {1})});
  const Array y = model.predict(Array::from<float>({1, 1, -1, 0, 0, -1}, {3, 2}));
  // relu([3.5, 2]), relu([-.5, 1]), relu([-1.5, -3])
  EXPECT_EQ(values(y), (std::vector<float>{236, 101, 1}));
  EXPECT_EQ(y.shape(), (std::vector<int64_t>{3, 1}));
  EXPECT_EQ(model.predict_classes(Array::from<float>({1, 1, -1, 0}, {2, 2})),
            (std::vector<int64_t>{1, 1}));
  EXPECT_EQ(model.predict(Array(DType::F32, {0, 2})).shape(), (std::vector<int64_t>{0, 1}));
}

TEST(Model, PredictTakesAnyBatchAndElementType) {
  Sequential model = test::small_model();
  model.set_run_options(interpreter());
  const auto data = bunches(11);
  const Array all = model.predict(data.x, {.batch_size = 4});
  EXPECT_EQ(all, model.predict(data.x));
  EXPECT_EQ(values(model.predict(rows(data.x, 10, 11))), values(Array(rows(all, 10, 11))));
  Array bytes(DType::U8, {5000, 2}), doubles(DType::F64, {5000, 2});
  for (size_t i = 0; i < 10000; ++i) {
    bytes.data<uint8_t>()[i] = static_cast<uint8_t>(i % 7);
    doubles.data<double>()[i] = static_cast<double>(i % 7);
  }
  EXPECT_EQ(model.predict(bytes), model.predict(doubles));
}

TEST(Model, ClassesAreTheLargest) {
  Sequential model({Input({3}), Activation("linear")});
  model.set_run_options(interpreter());
  EXPECT_EQ(model.predict_classes(Array::from<float>({1, 3, 2, 5, 5, 0}, {2, 3})),
            (std::vector<int64_t>{1, 0}));
}

TEST(Model, SeveralOutputs) {
  const Tensor x = Input({2});
  Model model({x}, {Rescaling(2)(x), Flatten()(x)});
  model.set_run_options(interpreter());
  const std::vector<Array> y = model.predict_all(Array::from<float>({1, 2}, {1, 2}));
  ASSERT_EQ(y.size(), 2u);
  EXPECT_EQ(values(y[0]), (std::vector<float>{2, 4}));
  EXPECT_EQ(values(y[1]), (std::vector<float>{1, 2}));
}

TEST(Model, ASequentialIsBuiltByItsFirstData) {
  const auto data = bunches(6);
  Sequential model;
  model.add(Dense(4, "tanh"));
  model.add(Dense(3, "softmax"));
  EXPECT_FALSE(model.built());
  model.compile({.loss = "mse", .run = interpreter()});
  model.fit(data.x, data.y);
  EXPECT_EQ(model.parameter_count(), 2 * 4 + 4 + 4 * 3 + 3);
  EXPECT_EQ(model.layers()[0].name, "input_layer");
  EXPECT_EQ(model.layers()[2].name, "dense_1");
  EXPECT_EQ(model.weight_names(), (std::vector<std::string>{"dense_kernel", "dense_bias",
                                                            "dense_1_kernel", "dense_1_bias"}));
}

TEST(Model, WeightsHashTheirBytes) {
  Sequential a({Input({2}), Dense(1)}), b({Input({2}), Dense(1)});
  a.set_weights({Array::from<float>({1, 2}, {2, 1}), Array::from<float>({3}, {1})});
  b.set_weights(a.get_weights());
  // sha256 of 00 00 80 3f 00 00 00 40 00 00 40 40
  EXPECT_EQ(a.weights_sha256(), b.weights_sha256());
  EXPECT_EQ(a.weights_sha256(), "8e628779e6a74ee0b36991c10158f63cafec7d340ad4e075592502c8708524dd");
}

TEST(Model, CompilingAgainKeepsTheWeights) {
  const auto data = bunches(9);
  Sequential model = test::small_model();
  model.compile({.loss = "mse", .optimizer = SGD(0.1, 0.9), .run = interpreter()});
  model.fit(data.x, data.y);
  const std::string before = model.weights_sha256();
  model.compile({.loss = "cce", .optimizer = SGD(0.1), .run = interpreter()});
  EXPECT_EQ(model.weights_sha256(), before);
  EXPECT_EQ(model.epochs_trained(), 0);
  model.fit(data.x, to_categorical(data.y));
  EXPECT_NE(model.weights_sha256(), before);
}

TEST(Model, Summary) {
  Sequential model({Input({784}), Rescaling(1.0 / 255), Dense(500, "sigmoid"), Dense(10)});
  EXPECT_EQ(model.summary(), R"(model: sequential
┌──────────────────────────────────────┬──────────────┬────────────┐
│ layer (type)                         │ output shape │ parameters │
├──────────────────────────────────────┼──────────────┼────────────┤
│ input_layer (InputLayer)             │ (B, 784)     │          0 │
│ rescaling (Rescaling, x * 0.0039216) │ (B, 784)     │          0 │
│ dense (Dense, sigmoid)               │ (B, 500)     │    392,500 │
│ dense_1 (Dense)                      │ (B, 10)      │      5,010 │
└──────────────────────────────────────┴──────────────┴────────────┘
parameters: 397,510 (1.52 MB)
)");
  const Tensor x = Input({4});
  const Dense shared(4);
  Model branched({x}, {add({shared(x), shared(shared(x))})});
  EXPECT_NE(branched.summary().find("│ input_layer; input_layer; dense "), std::string::npos)
      << branched.summary();
  DenseOptions frozen;
  frozen.trainable = false;
  const Sequential part({Input({4}), Dense(3, frozen), BatchNormalization(), Dense(2)});
  EXPECT_EQ(part.parameter_count(), 15 + 12 + 8);
  EXPECT_EQ(part.trainable_parameter_count(), 6 + 8);
  EXPECT_NE(part.summary().find("parameters: 35 (140 B)\ntrainable: 14, not trainable: 21\n"),
            std::string::npos)
      << part.summary();
}

TEST(Model, LayersAreCalledAsInKeras) {
  const Sequential model({Input({4}), PReLU(), ELU(), ReLU(), LeakyReLU(), RMSNormalization(),
                          Reshape({2, 2}), SpatialDropout1D(0.1), Flatten(), Dense(2), Dense(2)});
  std::vector<std::string> names;
  for (const LayerInfo& layer : model.layers()) names.push_back(layer.name);
  EXPECT_EQ(names, (std::vector<std::string>{"input_layer", "p_re_lu", "elu", "re_lu",
                                             "leaky_re_lu", "rms_normalization", "reshape",
                                             "spatial_dropout1d", "flatten", "dense", "dense_1"}));
}

TEST(Model, OneLogitIsOfTheSecondClassAboveZero) {
  const Array x = Array::from<float>({-0.2f, 0.3f, 0.7f}, {3, 1});
  Sequential model({Input({1}), Activation("linear")});
  model.compile({.loss = "bce", .optimizer = "Adam", .run = interpreter()});
  EXPECT_EQ(model.predict_classes(x), (std::vector<int64_t>{0, 0, 1}));
  model.compile({.loss = "bce(from_logits=true)", .run = interpreter()});
  EXPECT_EQ(model.predict_classes(x), (std::vector<int64_t>{0, 1, 1}));
}

TEST(ModelJson, ReadsWhatItWrites) {
  const std::string text = R"({
  "layers": [
    {
      "type": "Rescaling",
      "scale": 0.5
    },
    {
      "type": "Dense",
      "units": 300,
      "activation": "relu",
      "kernel_initializer": "he_normal",
      "name": "hidden"
    },
    {
      "type": "Dense",
      "units": 10,
      "activation": "softmax"
    }
  ],
  "input": [
    784
  ]
}
)";
  const Model model = model_from_json(text);
  EXPECT_EQ(model.parameter_count(), 784 * 300 + 300 + 3010);
  EXPECT_EQ(model.layers()[2].name, "hidden");
  EXPECT_EQ(model_to_json(model),
            [&] { return model_to_json(model_from_json(model_to_json(model))); }());
  const Model open = model_from_json(R"({"layers": [{"type": "Dense", "units": 2}]})");
  EXPECT_FALSE(open.built());
  EXPECT_EQ(model_from_json(model_to_json(open)).built(), false);
}

TEST(ModelJson, ErrorsNameThePlace) {
  const auto expect = [](const std::string& text, const std::string& part) {
    const std::string what = error_of([&] { model_from_json(text, "m.json"); });
    EXPECT_NE(what.find(part), std::string::npos) << text << "\ngot: " << what;
    EXPECT_EQ(what.find("m.json"), 0u) << what;
  };
  expect("", "m.json:1:1: this is no JSON");
  expect("{\"layers\": [\n  {]}", "m.json:2:4: this is no JSON");
  expect("[]", "expected {\"layers\"");
  expect("{}", "\"layers\" must be a list");
  expect(R"({"layers": []})", "\"layers\" must be a list");
  expect(R"({"layer": []})", "unknown key 'layer'; did you mean 'layers'?");
  expect(R"({"layers": [3]})", "layers[0]: expected a layer");
  expect(R"({"layers": [{"units": 3}]})", "layers[0]: a layer needs \"type\"");
  expect(R"({"layers": [{"type": "Dens", "units": 3}]})",
         "m.json: layers[0].type: unknown layer type 'Dens'; did you mean 'Dense'?");
  expect(R"({"layers": [{"type": "Dense"}]})",
         "m.json: layers[0].units: option 'units' is missing, expected a whole number");
  expect(R"({"layers": [{"type": "Dense", "units": "3"}]})",
         "layers[0].units: option 'units' must be of type int, not word: expected a whole number, "
         "found the text '3'");
  expect(R"({"layers": [{"type": "Dense", "units": 3.5}]})",
         "of type int, not real: expected a whole number, found 3.5");
  expect(R"({"layers": [{"type": "Dense", "units": 99999999999999999999}]})", "layers[0]");
  expect(R"({"layers": [{"type": "Dense", "units": 3, "unit": 3}]})",
         "layers[0].unit: unknown option 'unit'; did you mean 'units'?");
  expect(R"({"layers": [{"type": "Dense", "units": 3, "activation": "rely"}]})",
         "layers[0].activation: unknown activation 'rely'; did you mean 'relu'?");
  expect(R"({"layers": [{"type": "Flatten"}, {"type": "Dense", "units": 0}]})",
         "layers[1].units: units must be 1 or more, not 0");
  expect(R"({"layers": [{"type": "Dense", "units": 3, "use_bias": 1}]})",
         "layers[0].use_bias: option 'use_bias' must be of type bool, not int: expected true or "
         "false, found 1");
  expect(R"({"layers": [{"type": "Dense", "units": 3, "kernel_initializer": "he_norm"}]})",
         "layers[0].kernel_initializer: unknown initializer 'he_norm'; did you mean 'he_normal'?");
  expect(R"({"layers": [{"type": "Dense", "units": 3, "name": "2"}]})", "layers[0].name: name '2'");
  expect(R"({"layers": [{"type": "Dense", "units": 3, "activation": {}}]})",
         "layers[0].activation: expected");
  expect(R"({"input": 3, "layers": [{"type": "Flatten"}]})", "input: expected a list");
  expect(R"({"input": [-3], "layers": [{"type": "Flatten"}]})", "sizes are 1 or more");
  expect(R"({"input": [], "layers": [{"type": "Dense", "units": 3}]})",
         "rows of numbers, not single");
  expect(R"({"layers": [{"type": "Dense", "units": 3, "units": 4}]})",
         "the key \"units\" stands twice in one object");
  expect(R"({"layers": [{"type": "Rescaling", "scale": 1e999}]})", "a number is too large");
  expect(std::string(100, '[') + std::string(100, ']'), "64 levels");
  EXPECT_NE(error_of([] { model_from_json_file("no such file"); }), "");
}

}  // namespace
}  // namespace lathe
