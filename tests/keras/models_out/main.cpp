// Models for reads_ours.py: keras_models_out FOLDER writes to standard output a line a model, a JSON
// object of `name`, `json`, `keras_2` (what Model::to_json writes), `weights` by name, `inputs`, `outputs` and
// `rows`; the weights also go to FOLDER/NAME.weights.h5 and FOLDER/NAME.h5.
#include <iostream>
#include <nlohmann/json.hpp>

#include "lathe/lathe.h"

namespace {

using namespace lathe;
using Json = nlohmann::ordered_json;

constexpr int64_t kRows = 5;

Model tower() {
  DenseOptions first{.activation = "relu", .kernel_initializer = "he_normal"};
  first.kernel_regularizer = "l1_l2(l1=0.01, l2=0.02)";
  first.kernel_constraint = "max_norm(max_value=3)";
  DenseOptions frozen{.activation = "gelu", .use_bias = false};
  frozen.trainable = false;
  frozen.kernel_initializer = "variance_scaling(scale=2, mode=fan_out, distribution=uniform)";
  return Sequential(
      {Input({6}, "features"), Dense(8, first), BatchNormalization(), Dense(8, "leaky_relu(0.1)"),
       LeakyReLU(), Dropout(0.2), LayerNormalization(), PReLU(), Dense(8, frozen), ELU(0.5),
       Activation("hard_sigmoid"), Dense(5, "relu(max_value=6)"), Dense(3), Softmax()},
      "tower");
}

Model shapes() {
  return Sequential(
      {Input({12}), Reshape({3, 4}), RMSNormalization(), Permute({2, 1}), SpatialDropout1D(0.3),
       UnitNormalization(), Flatten(), Rescaling(0.5, 0.1), GaussianNoise(0.1),
       GaussianDropout(0.1), AlphaDropout(0.1), ActivityRegularization(0.01, 0.02),
       Dense(4, "sigmoid"), RepeatVector(2), Flatten()},
      "shapes");
}

Model branches() {
  const Tensor a = Input({4}, "a"), b = Input({3}, "b");
  const Dense shared(5, {.activation = "tanh", .name = "shared"});
  const Tensor left = shared(a), right = shared(Dense(4)(b));
  const Tensor joined = concatenate({add({left, right}), left, right});
  return Model({a, b}, {Dense(3, "softmax")(joined), Dot(1)({left, right})}, "branches");
}

/// Layers of one class and one shape, which only Keras's order of layers tells apart in its files.
Model maze() {
  const Tensor a = Input({4}), b = Input({4});
  const Dense shared(4, "tanh"), twice(4);
  const Tensor p = Dense(4)(a), q = Dense(4)(b);
  const Tensor deep = Dense(4, "sigmoid")(Dense(4)(shared(p)));
  const Tensor joined = concatenate({add({shared(q), deep}), Dense(4)(q), twice(a)});
  return Model({b, a}, {Dense(4)(p), Dense(4)(joined), twice(twice(deep))}, "maze");
}

Model last_axis() {
  return Sequential({Input({4, 3}), Dense(5, "tanh"), Identity(), Dense(2), Flatten(), Dense(3)},
                    "last_axis");
}

Model normalized() {
  return Sequential({Input({4}), Normalization(), Dense(6, "tanh"), Reshape({2, 3}),
                     Normalization({.axis = {1, 2}}),
                     Normalization({.mean = {0.1, -0.2, 0.3}, .variance = {1, 0.5, 2}}),
                     Normalization({.axis = {}, .mean = {0.5}, .variance = {0.25}, .invert = true}),
                     Flatten(), Dense(2)},
                    "normalized");
}

Json numbers(const Array& a) {
  Json list = Json::array();
  for (float v : a.data<float>()) list.push_back(static_cast<double>(v));
  return list;
}

/// Different numbers between `low` and low + 0.8.
void fill(Array& a, int seed, float low = -0.3f) {
  int n = seed;
  for (float& v : a.data<float>()) v = low + 0.8f * static_cast<float>(++n * 37 % 101) / 100;
}

void write(Model model, const std::filesystem::path& folder) {
  Json out;
  out["name"] = model.name();
  out["rows"] = kRows;
  out["json"] = model.to_json();
  out["keras_2"] = model.to_json(KerasForm::Keras2);
  std::vector<Array> weights = model.get_weights();
  const std::vector<std::string> names = model.weight_names();
  for (size_t i = 0; i < weights.size(); ++i) {
    const bool variance = names[i].ends_with("_variance");
    fill(weights[i], static_cast<int>(i), variance ? 0.5f : -0.3f);
    out["weights"][names[i]] = numbers(weights[i]);
  }
  model.set_weights(weights);
  model.save_weights(folder / (model.name() + ".weights.h5"));
  model.save_weights(folder / (model.name() + ".h5"));
  std::vector<Array> inputs;
  for (std::vector<int64_t> shape : model.input_shapes()) {
    shape.insert(shape.begin(), kRows);
    inputs.emplace_back(DType::F32, shape);
    fill(inputs.back(), 50);
    out["inputs"].push_back(numbers(inputs.back()));
  }
  for (const Array& y : model.predict_all(std::vector<ArrayView>(inputs.begin(), inputs.end())))
    out["outputs"].push_back(numbers(y));
  std::cout << out.dump() << '\n';
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) return std::cerr << "usage: keras_models_out FOLDER\n", 2;
  for (Model (*make)() : {tower, shapes, branches, maze, last_axis, normalized})
    write(make(), argv[1]);
  return 0;
} catch (const std::exception& e) {
  std::cerr << "keras_models_out: " << e.what() << '\n';
  return 1;
}
