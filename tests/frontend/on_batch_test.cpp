// train_on_batch, test_on_batch, predict_on_batch beside what fit, evaluate and predict do.
#include <gtest/gtest.h>

#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

using test::backends;
using test::bunches;
using test::error_of;
using test::interpreter;

Sequential noisy_model(const RunOptions& run = interpreter()) {
  Sequential model({Input({2}), Dense(8, "tanh"), Dropout(0.3), Dense(3, "softmax")});
  model.compile({.loss = "sparse_categorical_crossentropy",
                 .optimizer = "adam(learning_rate=0.05)",
                 .metrics = {"accuracy"},
                 .run = run});
  return model;
}

TEST(OnBatch, TrainsAsAStepOfFit) {
  const auto data = bunches(23);
  for (const RunOptions& run : backends()) {
    Sequential fitted = noisy_model(run), stepped = noisy_model(run);
    std::vector<std::string> logs;
    const auto keep = [&](const BatchResult& b) { logs.push_back(b.logs.to_string()); };
    fitted.fit(data.x, data.y,
               {.batch_size = 8, .epochs = 2, .shuffle = false, .on_batch_end = keep});
    for (size_t step = 0; step < 6; ++step) {
      const int64_t begin = static_cast<int64_t>(step % 3) * 8,
                    end = std::min<int64_t>(23, begin + 8);
      const Logs batch = stepped.train_on_batch(rows(data.x, begin, end), rows(data.y, begin, end));
      EXPECT_EQ(batch.to_string(), logs[step]);
    }
    EXPECT_EQ(stepped.weights_sha256(), fitted.weights_sha256());
    EXPECT_EQ(stepped.epochs_trained(), 0);
  }
}

TEST(OnBatch, TakesWeights) {
  const auto data = bunches(9);
  Array weights(DType::F32, {9});
  for (size_t i = 0; i < 9; ++i)
    weights.data<float>()[i] = data.y.data<int32_t>()[i] == 1 ? 3.0f : 1.0f;
  Sequential fitted = noisy_model(), by_row = noisy_model(), by_class = noisy_model();
  fitted.fit(data.x, data.y, {.batch_size = 9, .shuffle = false, .sample_weight = weights});
  by_row.train_on_batch(data.x, data.y, {.sample_weight = weights});
  by_class.train_on_batch(data.x, data.y, {.class_weight = {{1, 3.0}}});
  EXPECT_EQ(by_row.weights_sha256(), fitted.weights_sha256());
  EXPECT_EQ(by_class.weights_sha256(), fitted.weights_sha256());
  EXPECT_EQ(by_row.test_on_batch(data.x, data.y, weights).to_string(),
            fitted.evaluate(data.x, data.y, {.sample_weight = weights}).to_string());
}

TEST(OnBatch, TestsAndPredictsAllRowsAtOnce) {
  const auto data = bunches(300);  // more than memory is planned for at first
  Sequential model = noisy_model();
  model.fit(data.x, data.y, {.batch_size = 64});
  const Logs whole = model.evaluate(data.x, data.y, {.batch_size = 300});
  EXPECT_EQ(model.test_on_batch(data.x, data.y).to_string(), whole.to_string());
  EXPECT_EQ(model.predict_on_batch(data.x), model.predict(data.x));
  model.train_on_batch(data.x, data.y);
  EXPECT_EQ(model.predict_on_batch(Array(DType::F32, {0, 2})).shape(),
            (std::vector<int64_t>{0, 3}));
}

TEST(OnBatch, SaysWhatIsWrong) {
  const auto data = bunches(6);
  Sequential model = noisy_model();
  const Array none(DType::F32, {0, 2}), no_labels(DType::I32, {0});
  EXPECT_NE(error_of([&] { model.train_on_batch(none, no_labels); }).find("x must have 1"),
            std::string::npos);
  EXPECT_NE(error_of([&] { model.test_on_batch(none, no_labels); }).find("x must have 1"),
            std::string::npos);
  EXPECT_NE(error_of([&] { model.train_on_batch(data.x, no_labels); }).find("x has 6 rows"),
            std::string::npos);
  const auto within = [&](const BatchResult&) { model.train_on_batch(data.x, data.y); };
  EXPECT_NE(error_of([&] {
              model.fit(data.x, data.y, {.on_batch_end = within});
            }).find("while fit runs an epoch"),
            std::string::npos);
  Sequential raw({Input({2}), Dense(1)});
  EXPECT_NE(error_of([&] { raw.train_on_batch(data.x, data.y); }).find("call compile first"),
            std::string::npos);
}

}  // namespace
}  // namespace lathe
