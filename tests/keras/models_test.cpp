// Whole models in Keras's own JSON: with Keras's weights they predict what Keras does, and so do
// they when Lathe has written them again.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/keras/reference.h"

namespace lathe::test {
namespace {

/// Keras's lists of numbers as the model's weights, by their names.
void set_weights(Model& model, const Json& named) {
  std::vector<Array> weights = model.get_weights();
  const std::vector<std::string> names = model.weight_names();
  ASSERT_EQ(names.size(), named.size());
  for (size_t i = 0; i < names.size(); ++i) {
    ASSERT_TRUE(named.contains(names[i])) << names[i];
    const Numbers numbers = numbers_of(named.at(names[i]));
    const std::span<float> to = weights[i].data<float>();
    ASSERT_EQ(numbers.size(), to.size()) << names[i];
    std::copy(numbers.begin(), numbers.end(), to.begin());
  }
  model.set_weights(weights);
}

std::vector<Numbers> predictions(Model& model, const Entry& e, Backend backend) {
  model.set_run_options({.threads = 1, .backend = backend});
  const int64_t rows = e["rows"];
  std::vector<Array> inputs;
  for (std::vector<int64_t> shape : model.input_shapes()) {
    shape.insert(shape.begin(), rows);
    const Numbers numbers = numbers_of(e["inputs"].at(inputs.size()));
    Array& input = inputs.emplace_back(DType::F32, shape);
    std::copy(numbers.begin(), numbers.end(), input.data<float>().begin());
  }
  std::vector<ArrayView> views(inputs.begin(), inputs.end());
  std::vector<Numbers> all;
  for (const Array& y : model.predict_all(views)) {
    const auto values = y.data<float>();
    all.emplace_back(values.begin(), values.end());
  }
  return all;
}

class KerasModel : public testing::TestWithParam<Entry> {
 protected:
  void expect_outputs(Model& model, Backend backend) {
    const Entry& e = GetParam();
    const std::vector<Numbers> outputs = predictions(model, e, backend);
    ASSERT_EQ(outputs.size(), e["outputs"].size());
    for (size_t i = 0; i < outputs.size(); ++i)
      EXPECT_EQ(differences("output " + std::to_string(i), outputs[i], numbers_of(e["outputs"][i]),
                            kCompiled),
                "");
  }
};

TEST_P(KerasModel, PredictsAlike) {
  const Entry& e = GetParam();
  Model model = Model::from_json(e["json"].get<std::string>());
  set_weights(model, e["weights"]);
  expect_outputs(model, Backend::Interpreter);
#ifdef LATHE_LLVM
  expect_outputs(model, Backend::Llvm);
#endif
  for (const char* end : {".weights.h5", ".h5"}) {
    SCOPED_TRACE(end);
    Model from_file = Model::from_json(e["json"].get<std::string>());
    from_file.load_weights(std::string(LATHE_KERAS_FILES) + "/models/" + e.name() + end);
    EXPECT_EQ(from_file.weights_sha256(), model.weights_sha256());
  }
  // The names of layers and weights, and all that Keras said of them, come back.
  const std::string again = model.to_json();
  Model second = Model::from_json(again);
  EXPECT_EQ(second.to_json(), again);
  EXPECT_EQ(second.name(), model.name());
  EXPECT_EQ(second.weight_names(), model.weight_names());
  set_weights(second, e["weights"]);
  expect_outputs(second, Backend::Interpreter);
}

INSTANTIATE_TEST_SUITE_P(All, KerasModel, testing::ValuesIn(keras_entries("models")),
                         [](const auto& info) { return test_name(info.index, info.param); });

}  // namespace
}  // namespace lathe::test
