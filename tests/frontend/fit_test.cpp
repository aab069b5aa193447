// Training on each backend: learning, ragged batches, shuffles, callbacks, divergence, interruption.
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "frontend/model/model_impl.h"
#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

using test::bunches;
using test::error_of;
using test::small_model;

class Fit : public ::testing::TestWithParam<Backend> {
 protected:
  static RunOptions run() { return {.threads = 2, .backend = GetParam()}; }
  static CompileOptions sparse(double rate = 0.1) {
    return {.loss = "sparse_categorical_crossentropy",
            .optimizer = SGD(rate),
            .metrics = {"accuracy"},
            .run = run()};
  }
};

#ifdef LATHE_LLVM
const auto kBackends = ::testing::Values(Backend::Interpreter, Backend::Llvm);
#else
const auto kBackends = ::testing::Values(Backend::Interpreter);
#endif
INSTANTIATE_TEST_SUITE_P(Backends, Fit, kBackends, [](const auto& info) {
  return info.param == Backend::Llvm ? "Llvm" : "Interpreter";
});

TEST_P(Fit, LearnsPointsThatAreFarApart) {
  const auto data = bunches(60), unseen = bunches(30, 2);
  Sequential model = small_model();
  model.compile(sparse());
  const History h = model.fit(data.x, data.y, {.batch_size = 16, .epochs = 15});
  EXPECT_EQ(h.epochs.size(), 15u);
  EXPECT_LT(h["loss"].back(), 0.3 * h["loss"].front());
  EXPECT_GE(model.evaluate(unseen.x, unseen.y)["accuracy"], 0.95);
  EXPECT_EQ(model.epochs_trained(), 15);
}

TEST_P(Fit, EveryLossLearns) {
  const auto data = bunches(45);
  for (const char* loss : {"mse", "mae", "categorical_crossentropy", "binary_crossentropy"}) {
    Sequential model = small_model();
    model.compile({.loss = loss, .optimizer = SGD(0.5, 0.9), .run = run()});
    const History h = model.fit(data.x, data.y, {.batch_size = 15, .epochs = 12});
    EXPECT_LT(h["loss"].back(), 0.6 * h["loss"].front()) << loss;
  }
}

TEST_P(Fit, LabelsAndTheirOneHotFormTrainAlike) {
  const auto data = bunches(21);
  std::string hashes[2];
  for (int dense = 0; dense < 2; ++dense) {
    Sequential model = small_model();
    model.compile({.loss = "mse", .optimizer = SGD(0.1), .metrics = {"accuracy"}, .run = run()});
    const Array y = dense ? to_categorical(data.y, 3) : data.y;
    model.fit(data.x, y, {.batch_size = 8, .epochs = 2});
    hashes[dense] = model.weights_sha256();
  }
  EXPECT_EQ(hashes[0], hashes[1]);
}

TEST_P(Fit, EpochMeansAreOverRowsNotOverSteps) {
  // With a learning rate of 0 the epoch's loss is that of all rows, however they are cut.
  const auto data = bunches(10);
  Sequential model = small_model();
  model.compile(sparse(0.0));
  const double ragged = model.fit(data.x, data.y, {.batch_size = 4}).last().logs.loss();
  const double whole = model.fit(data.x, data.y, {.batch_size = 10}).last().logs.loss();
  const double larger = model.fit(data.x, data.y, {.batch_size = 64}).last().logs.loss();
  EXPECT_NEAR(ragged, whole, 1e-6);
  EXPECT_NEAR(larger, whole, 1e-6);
  EXPECT_NEAR(model.evaluate(data.x, data.y, {.batch_size = 3}).loss(), whole, 1e-6);
}

TEST_P(Fit, ARaggedBatchIsTheUpdateOfItsRowsAlone) {
  const auto data = bunches(7);
  Sequential a = small_model(), b = small_model();
  a.compile(sparse());
  b.compile(sparse());
  a.fit(data.x, data.y, {.batch_size = 4, .shuffle = false});
  b.fit(rows(data.x, 0, 4), rows(data.y, 0, 4), {.batch_size = 4, .shuffle = false});
  b.fit(rows(data.x, 4, 7), rows(data.y, 4, 7), {.batch_size = 4, .shuffle = false});
  EXPECT_EQ(a.weights_sha256(), b.weights_sha256());
}

TEST_P(Fit, SeedsDecide) {
  const auto data = bunches(30);
  const auto trained = [&](uint64_t seed, std::optional<uint64_t> order) {
    Sequential model = small_model();
    CompileOptions options = sparse();
    options.seed = seed;
    model.compile(options);
    model.fit(data.x, data.y, {.batch_size = 8, .epochs = 2, .seed = order});
    return model.weights_sha256();
  };
  EXPECT_EQ(trained(1, {}), trained(1, {}));
  EXPECT_EQ(trained(1, {}), trained(1, 1));
  EXPECT_NE(trained(1, {}), trained(2, {}));
  EXPECT_NE(trained(1, {}), trained(1, 2));
}

TEST_P(Fit, PixelsAreScaledInTheStep) {
  const auto data = bunches(12);
  Array pixels(DType::U8, {12, 2}), floats(DType::F32, {12, 2});
  for (size_t i = 0; i < 24; ++i) {
    pixels.data<uint8_t>()[i] = static_cast<uint8_t>(10 * i);
    floats.data<float>()[i] = static_cast<float>(10 * i);
  }
  const auto trained = [&](const Array& x) {
    Sequential model({Input({2}), Rescaling(1.0 / 255), Dense(3, "softmax")});
    model.compile(sparse());
    model.fit(x, data.y, {.batch_size = 5});
    return model.weights_sha256() + model.evaluate(x, data.y).to_string();
  };
  EXPECT_EQ(trained(pixels), trained(floats));
}

TEST_P(Fit, ReportsEpochsStepsAndProgress) {
  const auto data = bunches(10), other = bunches(6, 3);
  Sequential model = small_model();
  model.compile(sparse());
  std::ostringstream log;
  int64_t epochs = 0, steps = 0, rows_seen = 0;
  model.fit(data.x, data.y,
            {.batch_size = 4,
             .epochs = 2,
             .validation_data = ValidationData{other.x, other.y},
             .log = &log,
             .on_epoch_end =
                 [&](const EpochResult& e) {
                   EXPECT_EQ(e.epoch, ++epochs);
                   EXPECT_TRUE(e.logs.has("loss") && e.logs.has("accuracy"));
                   EXPECT_TRUE(e.logs.has("val_loss") && e.logs.has("val_accuracy"));
                   EXPECT_GT(e.rows_per_second, 0);
                 },
             .on_batch_end =
                 [&](const BatchResult& b) {
                   EXPECT_EQ(b.steps, 3);
                   EXPECT_EQ(b.rows, b.step == 3 ? 2 : 4);
                   ++steps;
                   rows_seen += b.rows;
                 }});
  EXPECT_EQ(epochs, 2);
  EXPECT_EQ(steps, 6);
  EXPECT_EQ(rows_seen, 20);
  EXPECT_NE(log.str().find("epoch 2/2"), std::string::npos) << log.str();
}

TEST_P(Fit, CallbacksChangeNothing) {
  const auto data = bunches(50);
  std::string hashes[3];
  for (int way = 0; way < 3; ++way) {
    Sequential model = small_model();
    model.compile(sparse());
    FitOptions options{.batch_size = 4, .epochs = 2};
    int64_t last = 0;
    if (way == 1) options.on_progress = [&](const Progress& p) { last = p.rows_done; };
    if (way == 2) options.on_batch_end = [](const BatchResult&) {};
    model.fit(data.x, data.y, options);
    hashes[way] = model.weights_sha256();
    EXPECT_EQ(last, way == 1 ? 50 : 0);
  }
  EXPECT_EQ(hashes[0], hashes[1]);
  EXPECT_EQ(hashes[0], hashes[2]);
}

TEST_P(Fit, DivergenceIsAnErrorAndUndone) {
  Sequential model({Input({1}), Dense(1)});
  model.compile({.loss = "mse", .optimizer = SGD(1e30), .run = run()});
  const Array x = Array::from<float>({1, 2, 3, 4}, {4, 1});
  const std::string before = model.weights_sha256();
  const std::string what =
      error_of([&] { model.fit(x, Array::from<float>({2, 4, 6, 8}, {4}), {.batch_size = 1}); });
  EXPECT_NE(what.find("loss became"), std::string::npos) << what;
  EXPECT_NE(what.find("epoch 1, step "), std::string::npos) << what;
  EXPECT_EQ(model.weights_sha256(), before);
  EXPECT_EQ(model.epochs_trained(), 0);
  model.fit(x, Array::from<float>({2, 4, 6, 8}, {4}), {.batch_size = 1, .terminate_on_nan = false});
  EXPECT_NE(model.weights_sha256(), before);
}

TEST_P(Fit, WeightsThatTheLastStepDestroyedAreDivergence) {
  // One step an epoch: its loss is that of the weights before it.
  Sequential model({Input({1}), Dense(1)});
  model.compile({.loss = "mse", .optimizer = SGD(3e38), .run = run()});
  const Array x = Array::from<float>({1, 2, 3, 4}, {4, 1});
  const Array y = Array::from<float>({2, 4, 6, 8}, {4});
  const std::string before = model.weights_sha256();
  const std::string what = error_of([&] { model.fit(x, y, {.batch_size = 4}); });
  EXPECT_NE(what.find("dense_kernel became infinite in epoch 1; the weights are those before"),
            std::string::npos)
      << what;
  EXPECT_EQ(model.weights_sha256(), before);
  EXPECT_EQ(model.epochs_trained(), 0);
  EXPECT_TRUE(model.history().empty());
  model.fit(x, y, {.batch_size = 4, .terminate_on_nan = false});
  EXPECT_NE(model.weights_sha256(), before);
}

TEST_P(Fit, AValidationLossThatIsNotFiniteIsDivergence) {
  // The weights are finite, the squares of what they predict are not.
  Sequential model({Input({1}), Dense(1)});
  model.compile({.loss = "mse", .optimizer = SGD(1e30), .run = run()});
  const Array x = Array::from<float>({1, 2, 3, 4}, {4, 1});
  const Array y = Array::from<float>({2, 4, 6, 8}, {4});
  const std::string before = model.weights_sha256();
  const std::string what = error_of(
      [&] { model.fit(x, y, {.batch_size = 4, .validation_data = ValidationData{x, y}}); });
  EXPECT_NE(what.find("val_loss became infinite in epoch 1; the weights are"), std::string::npos)
      << what;
  EXPECT_EQ(model.weights_sha256(), before);
  EXPECT_EQ(model.epochs_trained(), 0);
}

/// The entries and steps of train_step; no other function of the model was run.
runtime::RunCounts only_training(Model& model) {
  const detail::Engine* engine = model.impl().engine();
  for (const char* other : {"predict", "evaluate"}) EXPECT_EQ(engine->counts(other).entries, 0);
  return engine->counts("train_step");
}

TEST_P(Fit, EntersOneFunctionOnceAnEpoch) {
  const auto data = bunches(41);
  Sequential model = small_model();
  model.compile(sparse());
  model.fit(data.x, data.y, {.batch_size = 4, .epochs = 2});
  EXPECT_EQ(only_training(model).entries, 2);
  EXPECT_EQ(only_training(model).steps, 22);
}

TEST_P(Fit, EntersOncePerBatchWhereSomebodyListens) {
  const auto data = bunches(41);
  Sequential model = small_model();
  model.compile(sparse());
  int64_t heard = 0;
  model.fit(data.x, data.y,
            {.batch_size = 4, .epochs = 2, .on_batch_end = [&](const BatchResult&) { ++heard; }});
  EXPECT_EQ(heard, 22);
  EXPECT_EQ(only_training(model).entries, 22);
  EXPECT_EQ(only_training(model).steps, 22);
}

TEST_P(Fit, ADivergedStepEndsTheEpochAtOnce) {
  const auto data = bunches(400);
  Array x = data.x;
  x.fill(1.0f);
  for (int64_t step : {0, 5, 99}) {
    Sequential model({Input({2}), Rescaling(1), Dense(3, "softmax")});
    model.compile(sparse());
    Array bad = x;
    bad.data<float>()[2 * (4 * step + 1)] = NAN;
    const FitOptions options{.batch_size = 4, .shuffle = false};
    const std::string what = error_of([&] { model.fit(bad, data.y, options); });
    EXPECT_NE(what.find("loss became NaN in epoch 1, step " + std::to_string(step + 1) + ";"),
              std::string::npos)
        << what;
    EXPECT_EQ(only_training(model).entries, 1);
    EXPECT_EQ(only_training(model).steps, step + 1);
    model.fit(bad, data.y, {.batch_size = 4, .shuffle = false, .terminate_on_nan = false});
    EXPECT_EQ(only_training(model).steps, step + 1 + 100);
  }
}

TEST_P(Fit, EvaluationStopsWithoutResults) {
  const auto data = bunches(9000);
  Sequential model({Input({2}), Dense(3, "softmax")});
  model.compile(sparse());
  const Logs whole = model.evaluate(data.x, data.y, {.batch_size = 64});
  const std::string weights = model.weights_sha256();
  const detail::Engine* engine = model.impl().engine();
  const int64_t steps = engine->counts("evaluate").steps;
  EXPECT_EQ(steps, 141);

  std::atomic<int32_t> stop = 1;  // set before it begins: one batch
  EXPECT_TRUE(model.evaluate(data.x, data.y, {.batch_size = 64, .stop = &stop}).empty());
  EXPECT_EQ(engine->counts("evaluate").steps, steps + 1);

  stop = 0;  // set in between: no batch more
  int64_t seen = 0;
  const auto interrupt = [&](int64_t rows, int64_t) { seen = rows, stop = 1; };
  EXPECT_TRUE(
      model.evaluate(data.x, data.y, {.batch_size = 64, .on_progress = interrupt, .stop = &stop})
          .empty());
  EXPECT_EQ(seen, 4096);
  EXPECT_EQ(engine->counts("evaluate").steps, steps + 1 + 64);

  // Set when all is done, it takes nothing away; and nothing has changed.
  stop = 0;
  const auto late = [&](int64_t rows, int64_t all) { stop = rows == all; };
  EXPECT_EQ(model.evaluate(data.x, data.y, {.batch_size = 64, .on_progress = late, .stop = &stop})
                .to_string(),
            whole.to_string());
  EXPECT_EQ(stop, 1);
  EXPECT_EQ(model.weights_sha256(), weights);
}

TEST_P(Fit, StoppingUndoesTheUnfinishedEpoch) {
  const auto data = bunches(20);
  Sequential model = small_model(), whole = small_model();
  model.compile(sparse());
  whole.compile(sparse());
  std::atomic<int32_t> stop = 0;
  int64_t steps = 0;
  const History h = model.fit(data.x, data.y,
                              {.batch_size = 5,
                               .epochs = 3,
                               .on_batch_end = [&](const BatchResult&) { stop = ++steps == 6; },
                               .stop = &stop});
  EXPECT_TRUE(h.stopped);
  EXPECT_EQ(h.epochs.size(), 1u);
  EXPECT_EQ(model.epochs_trained(), 1);
  model.fit(data.x, data.y, {.batch_size = 5, .epochs = 2});
  whole.fit(data.x, data.y, {.batch_size = 5, .epochs = 3});
  EXPECT_EQ(model.weights_sha256(), whole.weights_sha256());
}

TEST_P(Fit, AnEpochWhoseValidationIsStoppedIsUnfinished) {
  // Set behind the last step of the epoch, so that it is the validation that stops.
  const auto data = bunches(20), many = bunches(1000, 2);
  Sequential model = small_model();
  model.compile(sparse());
  const std::string before = model.weights_sha256();
  std::atomic<int32_t> stop = 0;
  FitOptions options{.batch_size = 10,
                     .validation_data = ValidationData{many.x, many.y},
                     .on_batch_end = [&](const BatchResult& b) { stop = b.step == b.steps; },
                     .stop = &stop};
  const History h = model.fit(data.x, data.y, options);
  EXPECT_TRUE(h.stopped && h.epochs.empty());
  EXPECT_EQ(model.weights_sha256(), before);
  options.validation_data.reset();
  EXPECT_EQ(model.fit(data.x, data.y, options).epochs.size(), 0u);  // asked before it began
  stop = 0;
  EXPECT_EQ(model.fit(data.x, data.y, options).epochs.size(), 1u);
}

TEST_P(Fit, CallbacksMayUseTheModelButNotRebuildIt) {
  const auto data = bunches(20);
  Sequential model = small_model();
  model.compile(sparse());
  int64_t calls = 0;
  const auto use = [&](const BatchResult&) {
    EXPECT_EQ(model.predict(data.x).shape()[0], 20);
    EXPECT_EQ(model.evaluate(data.x, data.y).size(), 2u);
    // Other types of data would take another engine, and fit is using this one.
    EXPECT_NE(error_of([&] { model.evaluate(Array(DType::U8, {20, 2}), data.y); }), "");
    EXPECT_NE(error_of([&] { model.set_run_options(run()); }), "");
    ++calls;
  };
  Sequential alone = small_model();
  alone.compile(sparse());
  model.fit(data.x, data.y, {.batch_size = 5, .on_batch_end = use});
  alone.fit(data.x, data.y, {.batch_size = 5});
  EXPECT_EQ(calls, 4);
  EXPECT_EQ(model.weights_sha256(), alone.weights_sha256());
  model.evaluate(Array(DType::U8, {20, 2}), data.y);
  EXPECT_EQ(model.weights_sha256(), alone.weights_sha256());
}

TEST_P(Fit, TheLearningRateCanBeChangedBetweenEpochs) {
  const auto data = bunches(9);
  Sequential model = small_model();
  model.compile(sparse());
  EXPECT_FLOAT_EQ(static_cast<float>(model.learning_rate()), 0.1f);
  model.fit(data.x, data.y);
  model.set_learning_rate(0);
  const std::string before = model.weights_sha256();
  model.fit(data.x, data.y);
  EXPECT_EQ(model.weights_sha256(), before);
}

TEST_P(Fit, SeveralInputsAndBranches) {
  const auto data = bunches(30);
  const Tensor x = Input({2}), z = Input({1});
  const Dense shared(6, "tanh");
  const Tensor a = shared(x), b = shared(Dense(2)(x));
  const Tensor joined = concatenate({add({a, b}), Dense(2, "relu")(z)});
  Model model({x, z}, {Dense(3, "softmax")(joined)});
  EXPECT_EQ(model.weight_names().size(), 8u);  // the shared layer's weights once
  model.compile(sparse(0.2));
  Array ones(DType::F32, {30, 1});
  ones.fill(1.0f);
  const History h = model.fit({data.x, ones}, data.y, {.batch_size = 8, .epochs = 12});
  EXPECT_LT(h["loss"].back(), 0.5 * h["loss"].front());
  EXPECT_EQ(model.predict({data.x, ones}).shape(), (std::vector<int64_t>{30, 3}));
}

TEST_P(Fit, OneOutputLearnsByBinaryCrossentropy) {
  Array x(DType::F32, {20, 1}), y(DType::I32, {20});
  for (int i = 0; i < 20; ++i) {
    x.data<float>()[i] = static_cast<float>(i - 10) / 5 + 0.1f;
    y.data<int32_t>()[i] = i >= 10;
  }
  for (const bool logits : {false, true}) {
    Sequential model({Input({1}), Dense(1, logits ? "linear" : "sigmoid")});
    model.compile({.loss = Loss("bce", {{"from_logits", logits}}),
                   .optimizer = SGD(1.0),
                   .metrics = {"acc"},
                   .run = run()});
    const History h = model.fit(x, y, {.batch_size = 20, .epochs = 30});
    EXPECT_LT(h["loss"].back(), 0.3) << logits;
    EXPECT_GT(h["accuracy"].back(), 0.75) << logits;
  }
}

TEST_P(Fit, AMetricMayBeTheLoss) {
  const auto data = bunches(9);
  Sequential model = small_model();
  model.compile({.loss = "mse", .metrics = {"mse", "mae", "accuracy"}, .run = run()});
  const Logs logs = model.fit(data.x, data.y).last().logs;
  EXPECT_EQ(logs["loss"], logs["mse"]);
  EXPECT_GT(logs["mae"], 0);
}

TEST_P(Fit, WeightsThatGetNoGradientAreTold) {
  const auto data = bunches(9);
  Sequential model({Input({2}), Dense(4), Activation("step"), Dense(3, "softmax")});
  EXPECT_TRUE(model.warnings().empty());  // not compiled
  model.compile(sparse());
  const std::string why =
      " is trainable, but gets no gradient and stays as it is: the gradient of ";
  const std::vector<std::string> warnings = model.warnings();
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_EQ(warnings[0].find("dense_kernel" + why), 0u) << warnings[0];
  EXPECT_EQ(warnings[1].find("dense_bias" + why), 0u) << warnings[1];
  std::ostringstream log;
  const Array before = model.get_weights()[0];
  model.fit(data.x, data.y, {.epochs = 2, .log = &log});
  EXPECT_EQ(log.str().find("warning: " + warnings[0] + "\nwarning: " + warnings[1] + "\nepoch"), 0u)
      << log.str();
  EXPECT_EQ(test::values(model.get_weights()[0]), test::values(before));
  EXPECT_TRUE(small_model("step_ste").warnings().empty());
  Sequential straight = small_model("step_ste");
  straight.compile(sparse());
  EXPECT_TRUE(straight.warnings().empty());
}

}  // namespace
}  // namespace lathe
