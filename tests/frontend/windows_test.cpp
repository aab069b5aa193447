// Windows of a series as inputs: the same bits as copies of them, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "frontend/model/model_impl.h"
#include "lathe/model.h"
#include "tests/frontend/frontend_test_util.h"
#include "tests/temp_folder.h"

namespace lathe {
namespace {

using test::backends;
using test::error_of;
using test::interpreter;

constexpr int64_t kRows = 90, kWidth = 3, kLength = 7;

struct Data {
  Array series{DType::F32, {kRows, kWidth}}, other{DType::U8, {kRows}};
  std::vector<int32_t> last;
  Array y, ups, weights;

  Data() {
    for (int64_t i = 0; i < kRows * kWidth; ++i)
      series.data<float>()[i] = std::sin(0.37f * static_cast<float>(i));
    for (int64_t i = 0; i < kRows; ++i) other.data<uint8_t>()[i] = static_cast<uint8_t>(i * 7);
    for (int32_t row = kLength - 1; row < kRows; ++row)
      if (row % 4 != 1) last.push_back(row);
    std::rotate(last.begin(), last.begin() + 11, last.end());  // any order
    const auto n = static_cast<int64_t>(last.size());
    y = Array(DType::F32, {n, 2});
    ups = Array(DType::I32, {n});
    weights = Array(DType::F32, {n});
    for (int64_t i = 0; i < n; ++i) {
      y.data<float>()[2 * i] = std::cos(0.1f * static_cast<float>(last[i]));
      y.data<float>()[2 * i + 1] = static_cast<float>(last[i] % 5);
      ups.data<int32_t>()[i] = last[i] % 3;
      weights.data<float>()[i] = 0.5f + static_cast<float>(i % 3);
    }
  }
  Inputs windows() const {
    return {Windows{series.view(), kLength, last}, Windows{other.view(), 2, last}};
  }
  std::vector<Array> copies() const {
    std::vector<Array> all;
    const Inputs inputs = windows();
    for (const Inputs::Entry& entry : inputs.entries())
      all.push_back(entry.copied(0, entry.rows()));
    return all;
  }
};

Model compiled(const RunOptions& run) {
  Tensor a = Input({kLength, kWidth}), b = Input({2});
  Tensor x = concatenate({Flatten()(a), b});
  Tensor h = Dropout(0.1)(Dense(6, "tanh")(x));
  Model m({a, b},
          {Dense(2, {.name = "value"})(h), Dense(3, {.activation = "softmax", .name = "kind"})(h)});
  m.compile({.loss = {"mse", "sparse_categorical_crossentropy"},
             .optimizer = "adam",
             .metrics = {{"mae"}, {"accuracy"}},
             .seed = 2,
             .run = run});
  return m;
}

std::string trace(Model& m, const History& h) {
  std::string text = m.weights_sha256();
  for (const EpochResult& e : h.epochs)
    for (const auto& [name, value] : e.logs) text += " " + name + "=" + std::to_string(value);
  return text;
}

TEST(Windows, AreTrainedAsCopiesOfThem) {
  const Data data;
  const std::vector<Array> copies = data.copies();
  ASSERT_EQ(copies[0].shape(), (std::vector<int64_t>{data.y.shape()[0], kLength, kWidth}));
  const Inputs copied = std::vector<ArrayView>(copies.begin(), copies.end());
  for (const RunOptions& run : backends()) {
    const auto train = [&](const Inputs& x, FitOptions options) {
      Model m = compiled(run);
      options.batch_size = 8;
      options.epochs = 3;
      std::string all = trace(m, m.fit(x, {data.y, data.ups}, options));
      const Logs logs = m.evaluate(x, {data.y, data.ups}, {.batch_size = 5});
      all += logs.to_string() + std::to_string(m.predict_all(x)[1].data<float>()[4]);
      return all + m.train_on_batch(x, {data.y, data.ups}).to_string();
    };
    for (FitOptions options :
         {FitOptions{}, FitOptions{.shuffle = false}, FitOptions{.validation_split = 0.3},
          FitOptions{.steps_per_epoch = 3}, FitOptions{.sample_weight = data.weights}})
      EXPECT_EQ(train(data.windows(), options), train(copied, options));
  }
}

TEST(Windows, GoOnFromASavedModel) {
  const Data data;
  const test::TempFolder folder;
  Model once = compiled(interpreter()), twice = compiled(interpreter());
  const FitOptions options{.batch_size = 8, .epochs = 2};
  once.fit(data.windows(), {data.y, data.ups}, options);
  twice.fit(data.windows(), {data.y, data.ups}, options);
  twice.save(folder / "m.lathe");
  Model back = Model::load(folder / "m.lathe", interpreter());
  EXPECT_EQ(back.impl().form.windows, (std::vector<int64_t>{kLength, 2}));
  once.fit(data.windows(), {data.y, data.ups}, options);
  back.fit(data.windows(), {data.y, data.ups}, options);
  EXPECT_EQ(back.weights_sha256(), once.weights_sha256());
}

TEST(Windows, BuildASequential) {
  const Data data;
  Sequential m({Flatten(), Dense(2)});
  m.compile({.loss = "mse", .run = interpreter()});
  m.fit(Windows{data.series.view(), kLength, data.last}, data.y);
  EXPECT_EQ(m.input_shapes()[0], (std::vector<int64_t>{kLength, kWidth}));
}

// Long ones are copied in pieces of fewer rows.
TEST(Windows, OfManyRowsAreAllPredicted) {
  constexpr int64_t kLong = 4000, kSeries = 4300, kBatch = 32;
  Array series(DType::F32, {kSeries, 16});
  for (int64_t i = 0; i < series.elements(); ++i)
    series.data<float>()[i] = static_cast<float>((i * 7919) % 3);
  std::vector<int32_t> last;
  for (int64_t row = kLong - 1; row < kSeries; ++row) last.push_back(static_cast<int32_t>(row));
  for (const RunOptions& run : backends()) {
    Sequential model({Input({kLong, 16}), Flatten(), Dense(1, {.kernel_initializer = "ones"})});
    model.set_run_options(run);
    const Array said = model.predict(Windows{series.view(), kLong, last}, {.batch_size = kBatch});
    ASSERT_EQ(said.elements(), static_cast<int64_t>(last.size()));
    for (size_t i = 0; i < last.size(); ++i) {
      const auto end = series.data<float>().begin() + (last[i] + 1) * 16;
      EXPECT_EQ(said.data<float>()[i], std::accumulate(end - kLong * 16, end, 0.0));
    }
  }
}

TEST(Windows, NaNIsNamedByItsPlace) {
  Data data;
  const auto error = [&](const Data& bad) {
    Model m = compiled(interpreter());
    return error_of([&] { m.fit(bad.windows(), {bad.y, bad.ups}); });
  };
  data.y.data<float>()[2 * 5 + 1] = std::nanf("");
  EXPECT_NE(error(data).find("y of value holds nan in row 5, column 1"), std::string::npos);
  Data series;
  series.series.data<float>()[20 * kWidth + 1] = std::nanf("");
  EXPECT_NE(error(series).find("x0 holds nan in row 20, column 1"), std::string::npos);
}

TEST(Windows, RefuseWhatMakesNoSense) {
  const Data data;
  const auto error = [&](Windows first, Windows second) {
    Model m = compiled(interpreter());
    return error_of([&] { m.predict_all({std::move(first), std::move(second)}); });
  };
  const Windows good{data.series.view(), kLength, data.last},
      other{data.other.view(), 2, data.last};
  EXPECT_EQ(error(good, other), "");
  Windows bad = good;
  bad.length = 0;
  EXPECT_EQ(
      error(bad, other),
      "x0 is windows of 0 rows of f32[90,3], expected 1 or more rows of a series [rows, ...]");
  Sequential alone({Input({kLength, kWidth}), Flatten()});
  EXPECT_EQ(error_of([&] { alone.predict(bad); }),
            "x is windows of 0 rows of f32[90,3], expected 1 or more rows of a series [rows, ...]");
  bad = good;
  bad.last[3] = kLength - 2;
  Windows same = other;
  same.last = bad.last;
  EXPECT_EQ(error(bad, same),
            "x0 has no window of 7 rows that ends with row 5: the series has rows 0 to 89");
  same = other;
  std::swap(same.last[0], same.last[1]);
  EXPECT_EQ(error(good, same),
            "x1 has other windows than x0: all inputs' must end with the same rows, of series of "
            "one length");
  bad.last[3] = bad.last[4];
  same.last = bad.last;
  EXPECT_EQ(error(bad, same),
            "x0 has two windows that end with row " + std::to_string(bad.last[4]));
  bad = good;
  bad.length = 6;
  EXPECT_EQ(error(bad, other), "x0 has shape [" + std::to_string(data.last.size()) +
                                   ",6,3], but the model takes rows of [7,3]");
}

}  // namespace
}  // namespace lathe
