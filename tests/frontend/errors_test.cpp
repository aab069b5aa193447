// What users get wrong: one clear Error each, naming the place.
#include <gtest/gtest.h>

#include <limits>

#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

using test::bunches;
using test::error_of;
using test::interpreter;
using test::small_model;

#define EXPECT_ERROR(statement, part)                                 \
  do {                                                                \
    const std::string what = error_of([&] { statement; });            \
    EXPECT_NE(what.find(part), std::string::npos) << "got: " << what; \
  } while (false)

TEST(Errors, UnknownNamesSuggestTheNearest) {
  EXPECT_ERROR(Dense(3, "rely"), "unknown activation 'rely'; did you mean 'relu'?");
  EXPECT_ERROR(Activation("sotfmax"), "did you mean 'softmax'?");
  EXPECT_ERROR(Dense(3, {.kernel_initializer = "he_norma"}), "did you mean 'he_normal'?");
  Sequential model = small_model();
  EXPECT_ERROR(model.compile({.loss = "msee"}), "unknown loss 'msee'; did you mean 'mse'?");
  EXPECT_ERROR(model.compile({.loss = "mse", .optimizer = "sgdd"}), "did you mean 'sgd'?");
  EXPECT_ERROR(model.compile({.loss = "mse", .metrics = {"acuracy"}}), "did you mean 'accuracy'?");
  EXPECT_ERROR(model.compile({.loss = "mse", .metrics = {"acc", "accuracy"}}),
               "accuracy(name=...)");
  EXPECT_ERROR(model.compile({.loss = "zzzzzz"}), "known are mse");
  EXPECT_ERROR(model.compile({}), "a loss is missing");
  EXPECT_ERROR(catalog("layer"), "did you mean 'layers'?");
}

TEST(Errors, OptionsOfLayers) {
  EXPECT_ERROR(Dense(0), "Dense: units must be 1 or more");
  EXPECT_ERROR(Dense(3, {.name = "a b"}), "Dense: name 'a b' must be letters");
  EXPECT_ERROR(Input({0}), "sizes are 1 or more");
  EXPECT_ERROR(Input({int64_t{1} << 30, int64_t{1} << 30}), "too large");
  EXPECT_ERROR(Concatenate(0), "axis 0 is the batch");
  EXPECT_ERROR(Dense(3, {.kernel_constraint = "max_nor"}), "did you mean 'max_norm'?");
  EXPECT_ERROR(Dense(3, {.kernel_constraint = "max_norm(axis=5)"}), "there is no axis 5");
  EXPECT_ERROR(Dense(3, {.kernel_constraint = "max_norm(3)"}), "needs its name: max_value");
  EXPECT_ERROR(Dense(3, {.kernel_constraint = "non_neg(3)"}), "takes no options");
  EXPECT_ERROR(Dense(3, {.bias_constraint = "max_norm(max_value=-1)"}), "max_value must be 0 to");
  EXPECT_ERROR(Dense(3, {.kernel_constraint = "min_max_norm(min_value=2, max_value=1)"}),
               "min_value must not be above max_value, 1");
  EXPECT_ERROR(Dense(3, {.kernel_regularizer = "l3"}), "unknown regularizer 'l3'");
  EXPECT_ERROR(Dense(3, {.kernel_regularizer = "l2(-1)"}), "l2 must be 0 or more");
  EXPECT_ERROR(Dense(3, {.kernel_initializer = "zeros(1)"}), "takes no options");
  EXPECT_ERROR(Dense(3, {.kernel_initializer = "constant(x)"}),
               "option 'value' must be of type real, not word");
  EXPECT_ERROR(Dense(3, {.kernel_initializer = "variance_scaling(mode=fan)"}), "fan_in");
  EXPECT_ERROR(Dense(3, {.kernel_initializer = "random_normal(stddev=-1)"}), "0 or more");
}

TEST(Errors, GraphsThatDoNotFit) {
  const Tensor x = Input({4}), image = Input({2, 2});
  EXPECT_ERROR(Dense(3)(Input({})), "takes rows of numbers, not single ones");
  EXPECT_ERROR(add({x, image}), "one shape, or sizes of 1 in its place, not [4], [2,2]");
  EXPECT_ERROR(add({x}), "two or more");
  EXPECT_ERROR(concatenate({x, image}), "one rank");
  EXPECT_ERROR(concatenate({x, x}, 3), "no axis 3");
  const Tensor y = Dense(3)(x);
  EXPECT_ERROR(Model({image}, {y}), "not among the model's inputs");
  EXPECT_ERROR(Model({x, image}, {y}), "input 2, of shape [2,2], is not used");
  EXPECT_ERROR(Model({y}, {y}), "made by Input");
  EXPECT_ERROR(Model({x, x}, {y}), "twice");
  EXPECT_ERROR(Model({x}, {}), "an input and an output");
  const Dense shared(3);
  const Tensor wide = Input({9});
  EXPECT_ERROR(Model({x, wide}, {add({shared(x), shared(wide)})}), "different shapes");
  EXPECT_ERROR(Model({x}, {Dense(3, {.name = "a"})(Dense(4, {.name = "a"})(x))}),
               "two layers are named 'a'");
  EXPECT_ERROR(Sequential({Dense(3), Input({4})}).build({4}), "first layer");
  EXPECT_ERROR(Sequential({y}), "only an Input");
  EXPECT_ERROR(Sequential().build({4}), "at least one layer");
  EXPECT_ERROR(Sequential({Dense(3)}).summary(), "no input shape yet");
}

TEST(Errors, DataThatDoNotFit) {
  const auto data = bunches(10);
  Sequential model = small_model();
  EXPECT_ERROR(model.fit(data.x, data.y), "call compile first");
  model.compile({.loss = "mse", .run = interpreter()});
  EXPECT_ERROR(model.fit(rows(data.x, 0, 9), data.y), "x has 9 rows, but y is i32[10]");
  EXPECT_ERROR(model.fit(Array(DType::F32, {10, 3}), data.y),
               "x has shape [10,3], but the model takes rows of [2]");
  EXPECT_ERROR(model.fit(Array(DType::F32, {10, 2, 1}), data.y), "rows of [2]");
  EXPECT_ERROR(model.fit({data.x, data.x}, data.y), "takes 1 inputs, not 2");
  EXPECT_ERROR(model.fit(data.x, Array(DType::F32, {10, 4})), "the model makes rows of [3]");
  EXPECT_ERROR(model.fit(data.x, Array(DType::F32, {10})), "the model makes rows of [3]");
  EXPECT_ERROR(model.fit(Array(DType::F32, {0, 2}), Array(DType::I32, {0})), "not 0");
  EXPECT_ERROR(model.fit(data.x, data.y, {.batch_size = 0}), "batch_size");
  EXPECT_ERROR(model.fit(data.x, data.y, {.epochs = -1}), "epochs");
  EXPECT_ERROR(model.evaluate(Array(DType::F32, {0, 2}), Array(DType::I32, {0})), "not 0");
  EXPECT_ERROR(model.fit(data.x, data.y,
                         {.validation_data = ValidationData{data.x, Array(DType::I32, {3})}}),
               "validation_data: x has 10 rows");
  EXPECT_ERROR(model.fit(Array(DType::U8, {10, 2}), data.y,
                         {.validation_data = ValidationData{data.x, data.y}}),
               "validation data are f32[10,2], but training data are u8");
  EXPECT_ERROR(rows(data.x, 3, 11), "rows 3 to 11");
  EXPECT_ERROR(view(std::vector<float>(5), {2, 2}), "5 values");
}

TEST(Errors, LabelsOutOfRangeNameTheirPosition) {
  auto data = bunches(10);
  data.y.data<int32_t>()[7] = 3;
  Sequential model = small_model();
  for (const char* loss : {"mse", "sparse_categorical_crossentropy"}) {
    model.compile({.loss = loss, .run = interpreter()});
    EXPECT_ERROR(model.fit(data.x, data.y), "label 3 at position 7 is not a class of 0 to 2");
  }
  data.y.data<int32_t>()[7] = -1;
  EXPECT_ERROR(model.fit(data.x, data.y), "label -1 at position 7");
  EXPECT_ERROR(to_categorical(data.y, 3), "label -1 at position 7");
  Array fractions(DType::F32, {10});
  fractions.fill(0.5f);
  EXPECT_ERROR(model.fit(data.x, fractions), "label 0.5 at position 0");
  Sequential one({Input({2}), Dense(1, "sigmoid")});
  one.compile({.loss = "bce", .run = interpreter()});
  data.y.data<int32_t>()[7] = 1;
  EXPECT_ERROR(one.fit(data.x, data.y), "target 2 at position 2 is not 0 to 1");
}

TEST(Errors, LossesAndOutputsThatDoNotFit) {
  const auto data = bunches(10);
  Sequential one({Input({2}), Dense(1)});
  one.compile({.loss = "categorical_crossentropy", .run = interpreter()});
  EXPECT_ERROR(one.fit(data.x, data.y), "needs an output of 2 or more units");
  EXPECT_ERROR(one.compile({.loss = Loss("mse", {{"from_logits", true}})}),
               "loss 'mse': unknown option 'from_logits'");
  EXPECT_ERROR(one.compile({.loss = Loss("huber", {{"delta", true}})}), "must be of type real");
  EXPECT_ERROR(one.compile({.loss = Loss("bce", {{"label_smoothing", 2.0}})}), "must be 0 to 1");
  EXPECT_ERROR(one.compile({.loss = Loss("mse", {{"reduction", "men"}})}), "did you mean 'mean'");
  EXPECT_ERROR(one.compile({.loss = "CategoricalGeneralizedCrossEntropy(q=1)"}),
               "q must be above 0 and below 1");
  Sequential three = small_model();
  three.compile({.loss = "scce", .run = interpreter()});
  EXPECT_ERROR(three.fit(data.x, to_categorical(data.y)), "takes labels [n]");
  const Tensor x = Input({2});
  Model two({x}, {Dense(1)(x), Dense(2)(x)});
  EXPECT_ERROR(two.fit(data.x, data.y), "compile");
  two.set_run_options(interpreter());
  EXPECT_ERROR(two.predict(data.x), "predict_all");
}

TEST(Errors, ANumberInTheDataThatIsNotFiniteIsNamed) {
  auto data = bunches(10);
  data.x.data<float>()[7] = std::numeric_limits<float>::quiet_NaN();
  Sequential model = small_model();
  model.compile({.loss = "scce", .run = interpreter()});
  const std::string before = model.weights_sha256();
  EXPECT_ERROR(model.fit(data.x, data.y), "x holds nan in row 3, column 1");
  EXPECT_EQ(model.weights_sha256(), before);
}

TEST(Errors, ATargetThatIsNotFiniteIsNamed) {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto data = bunches(4);
  const auto error = [&](const Array& y, const FitOptions& options = {}) {
    Sequential model({Input({2}), Dense(y.rank() == 1 ? 1 : y.shape()[1])});
    model.compile({.loss = "mse", .run = interpreter()});
    return error_of([&] { model.fit(data.x, y, options); });
  };
  const Array y = Array::from<float>({1, 2, 3, 4}, {4});
  const std::string undone = " in epoch 1, step 1; the weights are those before that epoch; ";
  EXPECT_EQ(error(Array::from<float>({1, kNaN, 3, 4}, {4})),
            "loss became NaN" + undone + "y holds nan in row 1");
  EXPECT_EQ(error(Array::from<float>({1, 2, 3, 4, 5, -kInfinity, 7, 8}, {4, 2})),
            "loss became infinite" + undone + "y holds -inf in row 2, column 1");
  EXPECT_EQ(error(y, {.sample_weight = Array::from<float>({1, 1, kNaN, 1}, {4})}),
            "the sample_weight at position 2 is not finite");
  // The numbers themselves: then it is the rate.
  EXPECT_EQ(error(Array::from<float>({1, 2, 3, 3e38f}, {4})),
            "loss became infinite" + undone + "a smaller learning rate may help");

  Array x = data.x;
  x.data<float>()[6] = kNaN;
  const std::string after =
      "val_loss became NaN in epoch 1; the weights are those before that epoch";
  EXPECT_EQ(error(y, {.validation_data = ValidationData{x, y}}),
            after + "; validation x holds nan in row 3, column 0");
  EXPECT_EQ(error(y, {.validation_data =
                          ValidationData{data.x, Array::from<float>({1, 2, kNaN, 4}, {4})}}),
            after + "; validation y holds nan in row 2");
  EXPECT_EQ(error(y, {.validation_data =
                          ValidationData{data.x, y, Array::from<float>({1, kNaN, 1, 1}, {4})}}),
            "validation_data: the sample_weight at position 1 is not finite");
}

TEST(Errors, OptionsOfRuns) {
  Sequential model = small_model();
  EXPECT_ERROR(model.compile({.loss = "mse", .run = {.threads = 257}}), "threads must be 1 to 256");
  EXPECT_ERROR(model.compile({.loss = "mse", .optimizer = SGD(0.1, 2.0)}), "momentum");
  EXPECT_ERROR(model.compile({.loss = "mse", .seed = ~uint64_t{0}}), "the seed");
  model.compile({.loss = "mse", .run = interpreter()});
  EXPECT_ERROR(model.set_learning_rate(-1), "learning rate");
  EXPECT_ERROR(model.add(Dense(3)), "compiled");
  EXPECT_ERROR(model.set_class_names({"a"}),
               "the last layer has 3 units, but there are 1 classes to tell apart");
  EXPECT_ERROR(model.set_weights({}), "4 weights, not 0");
  std::vector<Array> weights = model.get_weights();
  weights[1] = Array(DType::F32, {9});
  EXPECT_ERROR(model.set_weights(weights), "weight dense_bias is f32[8], not f32[9]");
}

}  // namespace
}  // namespace lathe
