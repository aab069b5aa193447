// Dropout and its like: how much they change, that nothing but training does, and that the same run
// has the same bits.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/frontend/frontend_test_util.h"
#include "tests/temp_folder.h"

namespace lathe {
namespace {

constexpr int64_t kRows = 1000, kUnits = 1000;
constexpr double kDraws = 1e6;

/// Ones [.., kUnits] behind a weight that hardly moves, through `layers`.
Sequential ones_through(const std::vector<Layer>& layers, const std::string& loss,
                        const RunOptions& run, uint64_t seed = 0) {
  std::vector<Layer> all = {Input({1}),
                            Dense(kUnits, {.use_bias = false, .kernel_initializer = "ones"})};
  all.insert(all.end(), layers.begin(), layers.end());
  Sequential model(all);
  model.compile({.loss = loss, .optimizer = SGD(1e-30), .seed = seed, .run = run});
  return model;
}

/// The losses of steps over kRows rows of targets `target`: of mse and mae of 10^6 elements.
std::vector<double> step_losses(Sequential model, float target, int steps) {
  Array x(DType::F32, {kRows, 1}), y(DType::F32, {kRows, model.output_shapes().at(0).at(0)});
  x.fill(1.0f);
  y.fill(target);
  std::vector<double> losses;
  FitOptions options{.batch_size = kRows, .epochs = steps};
  options.on_batch_end = [&](const BatchResult& b) { losses.push_back(b.logs.loss()); };
  model.fit(x, y, options);
  EXPECT_EQ(losses.size(), static_cast<size_t>(steps));
  return losses;
}

RunOptions compiled(int threads = 2) {
  return {.threads = threads};
}

// An element's expected value and variance, and three standard deviations of the mean of 10^6.
void expect_mean(const std::vector<double>& losses, double mean, double variance) {
  for (const double loss : losses)
    EXPECT_NEAR(loss, mean, 3 * std::sqrt(variance / kDraws) + 1e-6 * mean);
}

TEST(Noise, DropoutKeepsTheRateAndTheSum) {
  for (const double rate : {0.1, 0.3, 0.75}) {
    SCOPED_TRACE(rate);
    // |y|: 1 / (1 - rate) with probability 1 - rate.
    expect_mean(step_losses(ones_through({Dropout(rate)}, "mae", compiled()), 0, 3), 1,
                rate / (1 - rate));
    const double square = 1 / (1 - rate);
    expect_mean(step_losses(ones_through({Dropout(rate)}, "mse", compiled()), 0, 1), square,
                rate / std::pow(1 - rate, 3));
  }
}

TEST(Noise, GaussiansHaveTheirVariance) {
  // The variance of a normal number's square is twice that of its variance.
  expect_mean(step_losses(ones_through({GaussianNoise(0.5)}, "mse", compiled()), 1, 2), 0.25,
              2 * 0.25 * 0.25);
  expect_mean(step_losses(ones_through({GaussianDropout(0.2)}, "mse", compiled()), 1, 2), 0.25,
              2 * 0.25 * 0.25);
}

TEST(Noise, AlphaDropoutKeepsMeanAndVarianceOfStandardNumbers) {
  const double rate = 0.3, limit = -1.7580993408473766;
  const double a = 1 / std::sqrt((1 - rate) * (1 + rate * limit * limit));
  const double b = -a * limit * rate;
  // Of a number x with mean 0 and variance 1 it makes one of mean 0 and variance 1.
  EXPECT_NEAR((1 - rate) * b + rate * (a * limit + b), 0, 1e-12);
  EXPECT_NEAR((1 - rate) * (a * a + b * b) + rate * std::pow(a * limit + b, 2), 1, 1e-12);
  // What is here is 1 everywhere.
  const double kept = a + b, dropped = a * limit + b;
  const double mean = (1 - rate) * kept * kept + rate * dropped * dropped;
  const double fourth = (1 - rate) * std::pow(kept, 4) + rate * std::pow(dropped, 4);
  expect_mean(step_losses(ones_through({AlphaDropout(rate)}, "mse", compiled()), 0, 2), mean,
              fourth - mean * mean);
}

TEST(Noise, SpatialDropoutTakesWholeChannels) {
  // Of [2, 500] the difference of the two places is 0 in each channel.
  Sequential model = ones_through({Reshape({2, kUnits / 2}), SpatialDropout1D(0.5), Flatten(),
                                   Dense(kUnits / 2, {.use_bias = false})},
                                  "mae", compiled());
  std::vector<Array> weights = model.get_weights();
  weights[1].fill(0.0f);
  for (int64_t c = 0; c < kUnits / 2; ++c) {
    weights[1].data<float>()[c * (kUnits / 2) + c] = 1;
    weights[1].data<float>()[(kUnits / 2 + c) * (kUnits / 2) + c] = -1;
  }
  model.set_weights(weights);
  for (const double loss : step_losses(std::move(model), 0, 2)) EXPECT_EQ(loss, 0);
  expect_mean(step_losses(ones_through({Reshape({2, kUnits / 2}), SpatialDropout1D(0.5), Flatten()},
                                       "mae", compiled()),
                          0, 1),
              1, 2);  // half as many draws
}

TEST(Noise, DiffersBetweenStepsLayersAndSeeds) {
  const std::vector<double> losses =
      step_losses(ones_through({Dropout(0.5)}, "mae", compiled()), 0, 4);
  for (size_t i = 1; i < losses.size(); ++i) EXPECT_NE(losses[i], losses[i - 1]);
  EXPECT_EQ(step_losses(ones_through({Dropout(0.5)}, "mae", compiled(1)), 0, 4), losses);
  EXPECT_NE(step_losses(ones_through({Dropout(0.5)}, "mae", compiled(), 1), 0, 4), losses);
  // One after the other: were the masks the same, the second would drop nothing more.
  expect_mean(step_losses(ones_through({Dropout(0.5), Dropout(0.5)}, "mae", compiled()), 0, 1), 1,
              3);
  // One layer called twice draws twice: 0 in a quarter, ±2 in a half.
  Tensor in = Input({1});
  Tensor ones = Dense(kUnits, {.use_bias = false, .kernel_initializer = "ones"})(in);
  const Dropout shared(0.5);
  Model model({in}, {Subtract()({shared(ones), shared(ones)})});
  model.compile({.loss = "mae", .optimizer = SGD(1e-30)});
  Array x(DType::F32, {kRows, 1}), y(DType::F32, {kRows, kUnits});
  x.fill(1.0f);
  double loss = 0;
  FitOptions options{.batch_size = kRows};
  options.on_batch_end = [&](const BatchResult& b) { loss = b.logs.loss(); };
  model.fit(x, y, options);
  expect_mean({loss}, 1, 1);
}

/// All kinds of noise, and what moves without an optimizer.
Sequential noisy_model(const RunOptions& run) {
  Sequential model({Input({13}), GaussianNoise(0.1), Dense(17, "relu"), BatchNormalization(),
                    Dropout(0.4), Dense(11, "selu"), AlphaDropout(0.2), GaussianDropout(0.1),
                    Dense(3, "softmax")});
  model.compile({.loss = "sparse_categorical_crossentropy",
                 .optimizer = "adam",
                 .metrics = {"accuracy"},
                 .seed = 5,
                 .run = run});
  return model;
}

struct Data {
  Array x{DType::F32, {101, 13}}, y{DType::I32, {101}};
  Data() {
    for (int64_t i = 0; i < x.elements(); ++i)
      x.data<float>()[i] = static_cast<float>((i * 7919) % 101) / 50 - 1;
    for (int64_t i = 0; i < 101; ++i) y.data<int32_t>()[i] = static_cast<int32_t>(i % 3);
  }
};

std::vector<float> all_weights(Model& model) {
  std::vector<float> all;
  for (const Array& w : model.get_weights())
    all.insert(all.end(), w.data<float>().begin(), w.data<float>().end());
  return all;
}

TEST(Noise, HasTheSameBitsForAnyThreadsAndAfterAPause) {
  const Data data;
  const FitOptions four{.batch_size = 10, .epochs = 4}, two{.batch_size = 10, .epochs = 2};
  std::vector<float> expected;
  for (const int threads : {1, 2, 3, 7}) {
    Sequential model = noisy_model(compiled(threads));
    model.fit(data.x, data.y, four);
    if (expected.empty()) expected = all_weights(model);
    EXPECT_EQ(all_weights(model), expected) << threads;
  }
  const test::TempFolder folder;
  const auto half = folder / "half.lathe";
  Sequential first = noisy_model(compiled());
  first.fit(data.x, data.y, two);
  first.save(half);
  Model second = Model::load(half);
  second.fit(data.x, data.y, two);
  EXPECT_EQ(all_weights(second), expected);
}

TEST(Noise, TheInterpreterDrawsTheSame) {
  const Data data;
  const FitOptions options{.batch_size = 10, .epochs = 2};
  Sequential model = noisy_model(compiled());
  Sequential oracle = noisy_model({.backend = Backend::Interpreter});
  model.fit(data.x, data.y, options);
  oracle.fit(data.x, data.y, options);
  const std::vector<float> got = all_weights(model), expected = all_weights(oracle);
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-4) << i;
}

TEST(Noise, IsAbsentWithoutTraining) {
  const Data data;
  Sequential model = noisy_model(compiled());
  model.fit(data.x, data.y, {.batch_size = 10});
  const std::vector<float> before = all_weights(model);
  const Logs once = model.evaluate(data.x, data.y), again = model.evaluate(data.x, data.y);
  EXPECT_EQ(once.loss(), again.loss());
  const Array all = model.predict(data.x), alone = model.predict(rows(data.x, 50, 51));
  for (int64_t k = 0; k < 3; ++k)  // BatchNormalization too leaves a row to itself
    EXPECT_EQ(alone.data<float>()[k], all.data<float>()[50 * 3 + k]);
  EXPECT_EQ(all_weights(model), before);
}

TEST(Noise, RefusesWhatMakesNoSense) {
  const auto says = [](auto&& make, const char* words) {
    const std::string message = test::error_of(make);
    EXPECT_NE(message.find(words), std::string::npos) << message;
  };
  says([] { Dropout{1}; }, "rate must be 0 or more and less than 1, not 1");
  says([] { AlphaDropout{-0.1}; }, "rate must be 0 or more");
  says([] { GaussianNoise{-1}; }, "stddev must be 0 or more");
  says([] { SpatialDropout1D(0.5)(Input({4})); }, "[places, channels]");
}

}  // namespace
}  // namespace lathe
