// Models saved by each set of lowering rules (kLoweringVersion), kept as files: they can be read,
// predict what they did, and go on training. Whoever changes the IR of layers that were there is told
// so here. After raising kLoweringVersion, the file of the new number is written by
//   build/frontend_test --gtest_also_run_disabled_tests --gtest_filter=GoldenModel.DISABLED_Write
// and committed beside the old ones, which stay as they are.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "frontend/model/model_impl.h"
#include "frontend/model/step_builder.h"
#include "ir/text_number.h"
#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;

fs::path golden(int64_t lowering) {
  return fs::path(LATHE_TEST_GOLDEN) / ("lowering_" + std::to_string(lowering) + ".model");
}

Array inputs() {
  return Array::from<float>({-1, 0.5, 2, 3, -2.5, 0.25, 0, 1}, {2, 2, 2});
}

/// The layers of the first lowering, and an optimiser with slots. What other layers and optimisers
/// become is guarded by golden_rows_test.cpp. Small, for it lies in the repository: most weights begin
/// as zeros, which takes least IR.
Model golden_model() {
  const Tensor x = Input({2, 2}, "x");
  const Tensor flat = Rescaling(0.5, -0.25)(Flatten()(x));
  const Tensor left = Dense(2, "tanh")(flat);
  const Tensor right = Activation("relu")(Dense(2, {.kernel_initializer = "zeros"})(flat));
  const Tensor joined = concatenate({add({left, right}), flat});
  Model model({x}, {Dense(3, "softmax")(joined)}, "golden");
  model.compile({.loss = "sparse_categorical_crossentropy",
                 .optimizer = SGD(0.1, 0.5),
                 .run = test::interpreter()});
  std::vector<Array> weights = model.get_weights();
  int n = 0;  // numbers with few digits, of both signs
  for (Array& w : weights)
    for (float& v : w.data<float>()) v = static_cast<float>((7 * ++n) % 11 - 5) / 8;
  model.set_weights(weights);
  return model;
}

/// The file says what it predicted when it was written.
std::vector<float> expected(const Model& model) {
  std::vector<float> numbers;
  std::istringstream words(model.notes().at("predicts"));
  for (std::string word; words >> word;)
    numbers.push_back(static_cast<float>(ir::text_to_number(word).value()));
  return numbers;
}

TEST(GoldenModel, OfThisLoweringIsThereAndUnchanged) {
  const fs::path path = golden(detail::kLoweringVersion);
  ASSERT_TRUE(fs::exists(path))
      << "write the golden model of the new lowering: see this file's head";
  EXPECT_LE(fs::file_size(path), 8192u);
  EXPECT_EQ(test::error_of([&] { Model::load(path, test::interpreter()); }), "")
      << "the IR of layers that were there has changed: raise kLoweringVersion in "
         "frontend/model/step_builder.h";
}

// Not only what can be read: what is new is written where a model has it.
TEST(GoldenModel, OfThisLoweringIsWrittenWithTheSameBytes) {
  const fs::path path = golden(detail::kLoweringVersion);
  const fs::path again = fs::temp_directory_path() / ("lathe-golden-" + std::to_string(::getpid()));
  Model::load(path, test::interpreter()).save(again);
  const auto bytes = [](const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  EXPECT_TRUE(bytes(again) == bytes(path));
  fs::remove(again);
}

TEST(GoldenModel, OfAnyLoweringPredictsWhatItDid) {
  for (int64_t lowering = 1; lowering <= detail::kLoweringVersion; ++lowering) {
    SCOPED_TRACE(golden(lowering).filename());
    Model model = Model::load(golden(lowering), test::interpreter());
    const std::vector<float> before = expected(model), now = test::values(model.predict(inputs()));
    ASSERT_EQ(now.size(), 6u);
    ASSERT_EQ(before.size(), now.size());
    for (size_t i = 0; i < now.size(); ++i) EXPECT_NEAR(now[i], before[i], 1e-6f) << i;
    EXPECT_EQ(model.epochs_trained(), 1);
    model.fit(inputs(), Array::from<int32_t>({0, 2}, {2}));
    EXPECT_EQ(model.epochs_trained(), 2);
  }
}

TEST(GoldenModel, PredictsFixedNumbers) {
  // Worked out apart, in double precision, from the weights that golden_model() sets and its formulas.
  const std::vector<float> now = test::values(golden_model().predict(inputs()));
  constexpr float kNumbers[] = {0.75302770f, 0.15445822f, 0.09251409f,
                                0.79752275f, 0.06198080f, 0.14049645f};
  ASSERT_EQ(now.size(), 6u);
  for (size_t i = 0; i < now.size(); ++i) EXPECT_NEAR(now[i], kNumbers[i], 1e-6f) << i;
}

// Not a test but what writes the file, by hand: a run of all tests must not change the tree.
TEST(GoldenModel, DISABLED_Write) {
  Model model = golden_model();
  model.fit(inputs(), Array::from<int32_t>({1, 2}, {2}));
  for (EpochResult& e : model.impl().history) e.seconds = 1, e.rows_per_second = 2;
  std::string numbers;
  for (float v : test::values(model.predict(inputs())))
    numbers += (numbers.empty() ? "" : " ") + ir::number_to_text(v, true);
  model.notes()["predicts"] = numbers;
  model.save(golden(detail::kLoweringVersion));
  EXPECT_TRUE(fs::exists(golden(detail::kLoweringVersion)));
}

}  // namespace
}  // namespace lathe
