// Embedding: what it learns, what it refuses, and that its gradient, a scatter, has the same bits
// however it runs. Its figures against Keras's are in tests/keras.
#include <gtest/gtest.h>

#include <numeric>

#include "frontend/model/model_impl.h"
#include "lathe/array.h"
#include "tests/frontend/frontend_test_util.h"

namespace lathe::test {
namespace {

constexpr int64_t kWords = 50, kPlaces = 6;

/// Rows of whole numbers, of which the class is whether more than half are even.
struct Sentences {
  Array x{DType::I32, {400, kPlaces}}, y{DType::I32, {400}};
  Sentences() {
    const auto words = x.data<int32_t>();
    for (size_t i = 0; i < words.size(); ++i)
      words[i] = static_cast<int32_t>((i * 2654435761u >> 7) % kWords);
    for (size_t row = 0; row < 400; ++row) {
      int even = 0;
      for (size_t k = 0; k < kPlaces; ++k) even += words[row * kPlaces + k] % 2 == 0;
      y.data<int32_t>()[row] = even > kPlaces / 2;
    }
  }
};

Sequential model(const RunOptions& run) {
  Sequential m(
      {Input({kPlaces}), Embedding(kWords, 5), Flatten(), Dense(8, "tanh"), Dense(2, "softmax")});
  m.compile({.loss = "sparse_categorical_crossentropy",
             .optimizer = "adam(learning_rate=0.02)",
             .metrics = {"accuracy"},
             .seed = 3,
             .run = run});
  return m;
}

TEST(EmbeddingLayer, Learns) {
  const Sentences data;
  Sequential m = model({.threads = 2});
  EXPECT_EQ(m.layers().at(1).output_shape, (std::vector<int64_t>{kPlaces, 5}));
  EXPECT_EQ(m.layers().at(1).parameters, kWords * 5);
  const History h = m.fit(data.x, data.y, {.batch_size = 32, .epochs = 30});
  EXPECT_GT(h.last().logs["accuracy"], 0.99) << h.last().to_string();
}

TEST(EmbeddingLayer, HasTheSameBitsForAnyThreads) {
  const Sentences data;
  std::string first;
  for (int threads : {1, 2, 3, 7}) {
    Sequential m = model({.threads = threads});
    m.fit(data.x, data.y, {.batch_size = 33, .epochs = 2});
    if (first.empty()) first = m.weights_sha256();
    EXPECT_EQ(m.weights_sha256(), first) << threads << " threads";
  }
}

TEST(EmbeddingLayer, RowsThatNobodyReadsStay) {
  Sequential m({Input({1}), Embedding(4, 3), Flatten(), Dense(1)});
  m.compile({.loss = "mse", .optimizer = SGD(0.1), .run = {.threads = 1}});
  Array x(DType::F32, {5, 1}), y(DType::F32, {5, 1});
  x.fill(2.0f);
  y.fill(1.0f);
  const Array before = m.get_weights()[0];
  m.fit(x, y, {.batch_size = 5});
  const Array after = m.get_weights()[0];
  for (size_t i = 0; i < 12; ++i)
    EXPECT_EQ(before.data<float>()[i] == after.data<float>()[i], i / 3 != 2) << i;
}

TEST(EmbeddingLayer, RefusesWhatPicksNoRow) {
  Sequential m({Input({2}), Embedding(4, 3), Flatten(), Dense(1)});
  m.compile({.loss = "mse", .run = interpreter()});
  Array x(DType::F32, {2, 2}), y(DType::F32, {2, 1});
  x.fill(1.0f);
  y.fill(0.0f);
  for (const auto& [bad, text] : {std::pair{4.0f, "4"}, {-1.0f, "-1"}, {1.5f, "1.5"}}) {
    x.data<float>()[3] = bad;
    const std::string expected = "x has " + std::string(text) +
                                 " in row 1, column 1, but picks from 4: whole numbers from 0 to 3";
    EXPECT_EQ(error_of([&] { m.fit(x, y); }), expected);
    EXPECT_EQ(error_of([&] { m.predict(x); }), expected);
    EXPECT_EQ(error_of([&] { m.evaluate(x, y); }), expected);
  }
  EXPECT_EQ(error_of([] { Embedding(0, 3); }), "Embedding: input_dim must be 1 or more, not 0");
  EXPECT_EQ(error_of([] { Embedding((1 << 24) + 1, 3); }),
            "Embedding: input_dim must be 2^24 or less");
}

TEST(PermuteLayer, TurnsRowsAndRefusesOtherOrders) {
  Sequential m({Input({2, 3}), Permute({2, 1})});
  m.set_run_options(interpreter());
  Array x(DType::F32, {1, 2, 3});
  std::iota(x.data<float>().begin(), x.data<float>().end(), 0.0f);
  const Array y = m.predict(x);
  EXPECT_EQ(y.shape(), (std::vector<int64_t>{1, 3, 2}));
  EXPECT_EQ(values(y), (std::vector<float>{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(error_of([] { Permute({1, 3}); }),
            "Permute: dims must be the numbers from 1 to their count in some order, not [1,3]");
  EXPECT_EQ(error_of([] { Permute({1, 2})(Input({4})); }),
            "layer Permute: dims [1,2] do not fit rows of shape [4]");
}

}  // namespace
}  // namespace lathe::test
