// What epochs are made of: validation_split, validation_freq, initial_epoch, steps_per_epoch.
#include <gtest/gtest.h>

#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

using test::bunches;
using test::error_of;
using test::interpreter;
using test::small_model;

class Epochs : public ::testing::Test {
 protected:
  static Sequential model() {
    Sequential m = small_model();
    m.compile({.loss = "sparse_categorical_crossentropy",
               .optimizer = SGD(0.1, 0.9),
               .metrics = {"accuracy"},
               .run = interpreter()});
    return m;
  }
  std::string fit_error(const FitOptions& options) const {
    return error_of([&] { model().fit(data_.x, data_.y, options); });
  }
  test::Points data_ = bunches(23);
};

TEST_F(Epochs, TheLastRowsAreTheValidationsBeforeAnyShuffle) {
  Array weights(DType::F32, {23});
  for (size_t i = 0; i < 23; ++i) weights.data<float>()[i] = static_cast<float>(i % 4);
  for (const bool weighted : {false, true}) {
    Sequential split = model(), given = model();
    FitOptions options{.batch_size = 5, .epochs = 2, .validation_split = 0.3};
    if (weighted) options.sample_weight = weights;
    const History a = split.fit(data_.x, data_.y, options);
    // floor(23 * 0.7) = 16
    options.validation_split = 0;
    options.validation_data = ValidationData{rows(data_.x, 16, 23), rows(data_.y, 16, 23)};
    if (weighted) {
      options.sample_weight = rows(weights, 0, 16);
      options.validation_data->sample_weight = rows(weights, 16, 23);
    }
    const History b = given.fit(rows(data_.x, 0, 16), rows(data_.y, 0, 16), options);
    EXPECT_EQ(split.weights_sha256(), given.weights_sha256());
    EXPECT_EQ(a["val_loss"], b["val_loss"]);
    EXPECT_EQ(a["loss"], b["loss"]);
  }
}

TEST_F(Epochs, ASplitNeedsRowsOnBothSides) {
  EXPECT_NE(fit_error({.validation_split = 1}).find("below 1"), std::string::npos);
  EXPECT_NE(fit_error({.validation_split = -0.1}).find("validation_split -0.1 is not"),
            std::string::npos);
  EXPECT_NE(fit_error({.validation_split = 0.99}).find("of 23 rows leaves none for training"),
            std::string::npos);
  EXPECT_NE(
      fit_error({.validation_data = ValidationData{data_.x, data_.y}, .validation_split = 0.5})
          .find("can't both be given"),
      std::string::npos);
  EXPECT_NE(error_of([&] {
              model().fit(data_.x, Array(DType::I32, {22}), {.validation_split = 0.5});
            }).find("x has 23 rows, but y has 22"),
            std::string::npos);
}

TEST_F(Epochs, ValidationIsDoneAsOftenAsAsked) {
  const auto validated = [&](const ValidationFreq& freq) {
    Sequential m = model();
    std::vector<int64_t> epochs;
    FitOptions options{.epochs = 3, .validation_split = 0.5, .validation_freq = freq};
    for (int fit = 0; fit < 2; ++fit)  // the numbers go on
      for (const EpochResult& e : m.fit(data_.x, data_.y, options).epochs)
        if (e.logs.has("val_loss")) epochs.push_back(e.epoch);
    return epochs;
  };
  EXPECT_EQ(validated(1), (std::vector<int64_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(validated(2), (std::vector<int64_t>{2, 4, 6}));
  EXPECT_EQ(validated({1, 5}), (std::vector<int64_t>{1, 5}));
  EXPECT_NE(fit_error({.validation_freq = 0}).find("validation_freq must be 1 or more, not 0"),
            std::string::npos);
  EXPECT_NE(fit_error({.validation_freq = {1, -2}}), "");
}

TEST_F(Epochs, InitialEpochIsKerass) {
  Sequential whole = model(), parts = model();
  whole.fit(data_.x, data_.y, {.batch_size = 5, .epochs = 5});
  parts.fit(data_.x, data_.y, {.batch_size = 5, .epochs = 2});
  const History h = parts.fit(data_.x, data_.y, {.batch_size = 5, .epochs = 5, .initial_epoch = 2});
  EXPECT_EQ(h.epochs.size(), 3u);
  EXPECT_EQ(h.epochs[0].epoch, 3);
  EXPECT_EQ(h.last().epochs, 5);
  EXPECT_EQ(parts.weights_sha256(), whole.weights_sha256());

  // It overrides what the model was trained for.
  Sequential fresh = model();
  EXPECT_EQ(fresh.fit(data_.x, data_.y, {.epochs = 8, .initial_epoch = 7}).last().epoch, 8);
  EXPECT_EQ(fresh.epochs_trained(), 8);
  EXPECT_EQ(fresh.fit(data_.x, data_.y, {.epochs = 1, .initial_epoch = 0}).last().epoch, 1);
  EXPECT_TRUE(fresh.fit(data_.x, data_.y, {.epochs = 1, .initial_epoch = 1}).epochs.empty());
  EXPECT_NE(fit_error({.epochs = 1, .initial_epoch = 2}).find("0 to epochs, 1, not 2"),
            std::string::npos);
  EXPECT_NE(fit_error({.initial_epoch = -1}), "");
}

TEST_F(Epochs, ShortEpochsGoOnThroughTheRows) {
  // 23 rows are 5 steps: epochs of 2, 2 and 1 steps are one pass.
  Sequential whole = model(), parts = model();
  whole.fit(data_.x, data_.y, {.batch_size = 5, .epochs = 2});
  std::vector<int64_t> steps;
  const auto count = [&](const BatchResult& b) {
    EXPECT_EQ(b.steps, b.epoch % 3 == 0 ? 1 : 2);
    steps.push_back(b.rows);
  };
  std::vector<double> logs;
  for (int fit = 0; fit < 2; ++fit) {  // wherever it is continued
    const int64_t epochs = fit == 0 ? 4 : 2;
    const History h =
        parts.fit(data_.x, data_.y,
                  {.batch_size = 5, .epochs = epochs, .steps_per_epoch = 2, .on_batch_end = count});
    for (double v : h["loss"]) logs.push_back(v);
  }
  EXPECT_EQ(parts.weights_sha256(), whole.weights_sha256());
  EXPECT_EQ(steps, (std::vector<int64_t>{5, 5, 5, 5, 3, 5, 5, 5, 5, 3}));
  EXPECT_NEAR((10 * logs[0] + 10 * logs[1] + 3 * logs[2]) / 23, whole.history()[0].logs.loss(),
              1e-12);
  Sequential same = model();
  same.fit(data_.x, data_.y, {.batch_size = 5, .epochs = 2, .steps_per_epoch = 5});
  EXPECT_EQ(same.weights_sha256(), whole.weights_sha256());
  EXPECT_NE(fit_error({.batch_size = 5, .steps_per_epoch = 6})
                .find("1 to 5, the steps of all 23 rows, not 6"),
            std::string::npos);
  EXPECT_NE(fit_error({.steps_per_epoch = 0}), "");
}

}  // namespace
}  // namespace lathe
