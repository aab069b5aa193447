// Models as compiled code: against the interpreter, and the same bits whatever the threads, batches
// and pauses.
#ifdef LATHE_LLVM

#include <gtest/gtest.h>

#include <cmath>

#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

using test::bunches;
using test::values;

RunOptions compiled(int threads) {
  return {.threads = threads, .backend = Backend::Llvm};
}

/// Odd widths, a shared layer, branches.
Model odd_model(const RunOptions& run, const Loss& loss = "cce") {
  const Tensor x = Input({2});
  const Dense shared(17, "tanh");
  const Tensor a = shared(x), b = shared(Rescaling(-1, 0.5)(x));
  Model model({x}, {Dense(3, "softmax")(concatenate({add({a, b}), a}))});
  model.compile(
      {.loss = loss, .optimizer = SGD(0.1, 0.9, true), .metrics = {"accuracy", "mse"}, .run = run});
  return model;
}

TEST(Compiled, AgreesWithTheInterpreter) {
  const auto data = bunches(103);
  for (const char* loss : {"mse", "cce"}) {
    Model fast = odd_model(compiled(2), loss), slow = odd_model(test::interpreter(), loss);
    ASSERT_EQ(fast.weights_sha256(), slow.weights_sha256());
    const FitOptions options{.batch_size = 32, .epochs = 2};
    const Logs f = fast.fit(data.x, data.y, options).last().logs;
    const Logs s = slow.fit(data.x, data.y, options).last().logs;
    for (const auto& [name, value] : s) EXPECT_NEAR(f[name], value, 1e-4) << loss << " " << name;
    const auto a = fast.get_weights(), b = slow.get_weights();
    for (size_t i = 0; i < a.size(); ++i) {
      const auto va = values(a[i]), vb = values(b[i]);
      for (size_t k = 0; k < va.size(); ++k)
        ASSERT_NEAR(va[k], vb[k], 2e-4) << loss << " " << fast.weight_names()[i] << "[" << k << "]";
    }
  }
}

TEST(Compiled, ThreadsChangeNoBit) {
  const auto data = bunches(103);
  std::vector<std::string> hashes;
  for (const int threads : {1, 2, 7}) {
    Model model = odd_model(compiled(threads));
    model.fit(data.x, data.y, {.batch_size = 20, .epochs = 1});
    hashes.push_back(model.weights_sha256());
    EXPECT_EQ(hashes.back(), hashes[0]) << threads << " threads";
  }
}

/// Rows of numbers, and the same as rows of 3 places, or 3 · 2.
Array places(const std::vector<int64_t>& shape) {
  Array x(DType::F32, shape);
  const auto v = x.data<float>();
  for (size_t i = 0; i < v.size(); ++i) v[i] = static_cast<float>((i * 37 + 11) % 101) / 50 - 1;
  return x;
}

TEST(Compiled, DenseAlongTheLastAxisIsDenseOfEachPlace) {
  const auto model = [](std::vector<int64_t> shape, int threads) {
    Sequential m({Input(std::move(shape)), Dense(37, "tanh"), Dense(5, "sigmoid")});
    m.compile({.loss = "mse", .optimizer = SGD(0.1, 0.9), .seed = 4, .run = compiled(threads)});
    return m;
  };
  const Array flat = places({60, 21}), flat_y = places({60, 5});
  Sequential each = model({21}, 1);
  const std::vector<float> want = values(each.predict(flat));
  each.fit(flat, flat_y, {.batch_size = 24, .epochs = 2, .shuffle = false});
  for (const std::vector<int64_t>& at : {std::vector<int64_t>{3}, {3, 2}}) {
    int64_t count = 1;
    std::vector<int64_t> in = at, x_shape = at, y_shape = at;
    for (int64_t n : at) count *= n;
    in.push_back(21);
    x_shape.insert(x_shape.begin(), 60 / count);
    y_shape = x_shape;
    x_shape.push_back(21);
    y_shape.push_back(5);
    std::string hash;
    for (const int threads : {1, 3}) {
      Sequential m = model(in, threads);
      for (const int64_t batch : {1, 7, 20})
        EXPECT_EQ(values(m.predict(places(x_shape), {.batch_size = batch})), want) << batch;
      m.fit(places(x_shape), places(y_shape),
            {.batch_size = 24 / count, .epochs = 2, .shuffle = false});
      // One chain over all places of the batch, in their order: that of as many rows.
      const std::vector<Array> a = m.get_weights(), b = each.get_weights();
      for (size_t i = 0; i < a.size(); ++i) {
        const auto va = values(a[i]), vb = values(b[i]);
        for (size_t k = 0; k < va.size(); ++k) ASSERT_NEAR(va[k], vb[k], 1e-6) << i << " " << k;
      }
      if (hash.empty()) hash = m.weights_sha256();
      EXPECT_EQ(m.weights_sha256(), hash) << threads << " threads";
    }
  }
}

TEST(Compiled, PausesChangeNoBit) {
  const auto data = bunches(103);
  Model whole = odd_model(compiled(2)), paused = odd_model(compiled(2));
  whole.fit(data.x, data.y, {.batch_size = 20, .epochs = 3});
  paused.fit(data.x, data.y, {.batch_size = 20, .on_batch_end = [](const BatchResult&) {}});
  paused.fit(data.x, data.y,
             {.batch_size = 20, .epochs = 2, .on_progress = [](const Progress&) {}});
  EXPECT_EQ(paused.weights_sha256(), whole.weights_sha256());
  EXPECT_EQ(paused.history().back().logs.to_string(), whole.history().back().logs.to_string());
}

TEST(Compiled, ARowsPredictionDoesNotDependOnItsBatch) {
  const auto data = bunches(101);
  Model model = odd_model(compiled(2));
  const Array all = model.predict(data.x);
  for (const int64_t batch : {1, 3, 32, 100})
    EXPECT_EQ(model.predict(data.x, {.batch_size = batch}), all) << batch;
  for (const int64_t row : {0, 50, 100})
    EXPECT_EQ(values(model.predict(rows(data.x, row, row + 1))),
              values(Array(rows(all, row, row + 1))));
}

TEST(Compiled, ABatchLargerThanPlannedIsPlannedAnew) {
  const auto data = bunches(60);
  RunOptions run = compiled(1);
  run.max_batch = 8;
  Model model = odd_model(run), roomy = odd_model(compiled(1));
  model.fit(data.x, data.y, {.batch_size = 4});
  roomy.fit(data.x, data.y, {.batch_size = 4});
  model.fit(data.x, data.y, {.batch_size = 50});
  roomy.fit(data.x, data.y, {.batch_size = 50});
  EXPECT_EQ(model.weights_sha256(), roomy.weights_sha256());
}

TEST(Compiled, ModelsWithoutWork) {
  Sequential same({Input({3}), Flatten()});
  same.set_run_options(compiled(1));
  const Array x = Array::from<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  EXPECT_EQ(same.predict(x), x);
  Sequential frozen({Input({3}), Activation("softmax")});
  frozen.compile({.loss = "mse", .metrics = {"mse", "accuracy"}, .run = compiled(2)});
  const Logs logs = frozen.fit(x, Array::from<int32_t>({2, 0}, {2})).last().logs;
  EXPECT_EQ(logs["loss"], logs["mse"]);
  EXPECT_EQ(logs["accuracy"], 0.5);
}

TEST(Compiled, AnInputMayBeTheTarget) {
  const Tensor x = Input({2}), y = Input({2});
  Model model({x, y}, {Dense(2)(concatenate({x, y}))});
  model.compile({.loss = "mse", .optimizer = SGD(0.1), .metrics = {"mae"}, .run = compiled(2)});
  const auto data = bunches(40);
  const History h = model.fit({data.x, data.x}, data.x, {.batch_size = 7, .epochs = 20});
  EXPECT_LT(h["loss"].back(), 0.05 * h["loss"].front());
}

}  // namespace
}  // namespace lathe

#endif  // LATHE_LLVM
