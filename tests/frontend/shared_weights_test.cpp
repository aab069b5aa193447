// Models that are made of the same layers share their weights.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "frontend/engine/engine.h"
#include "frontend/model/model_impl.h"
#include "ir/error.h"
#include "lathe/lathe.h"
#include "tests/frontend/frontend_test_util.h"
#include "tests/temp_folder.h"

namespace lathe {
namespace {

using test::backends;
using test::error_of;
using test::interpreter;
using test::values;

Array rows_of(int64_t n, int64_t columns) {
  Array x(DType::F32, {n, columns});
  for (int64_t i = 0; i < x.elements(); ++i)
    x.data<float>()[static_cast<size_t>(i)] = static_cast<float>(i % 7) / 7;
  return x;
}

Array filled(std::vector<int64_t> shape, float value) {
  Array a(DType::F32, std::move(shape));
  a.fill(value);
  return a;
}

std::vector<std::vector<float>> all_values(const std::vector<Array>& arrays) {
  std::vector<std::vector<float>> all;
  for (const Array& a : arrays) all.push_back(values(a));
  return all;
}

/// An autoencoder and its halves.
struct Autoencoder {
  explicit Autoencoder(const RunOptions& run, const std::string& optimizer = "adam") {
    whole.compile({.loss = "mse", .optimizer = optimizer, .run = run});
    encoder.set_run_options(run);
    decoder.set_run_options(run);
  }
  /// The halves behind one another.
  Array both(const Array& x) { return decoder.predict(encoder.predict(x)); }
  std::vector<float> halves(const Array& x) { return values(both(x)); }

  Tensor in = Input({6}), code_in = Input({2});
  Tensor code = Dense(2, "tanh")(in);
  Dense decode{6, "sigmoid"};
  Model whole{{in}, {decode(code)}, "autoencoder"};
  Model encoder{{in}, {code}, "encoder"}, decoder{{code_in}, {decode(code_in)}, "decoder"};
};

TEST(SharedWeights, EncoderAndDecoderAreTheHalvesOfAnAutoencoder) {
  const Array x = rows_of(20, 6);
  for (const RunOptions& run : backends()) {
    Autoencoder m(run);
    std::vector<float> before;
    for (int round = 0; round < 3; ++round) {
      const std::vector<float> now = values(m.whole.predict(x));
      EXPECT_NE(now, before);
      EXPECT_EQ(m.halves(x), now);
      EXPECT_NEAR(m.whole.evaluate(x, x).loss(), compute_loss("mse", x, m.both(x)).data<float>()[0],
                  1e-6);
      before = now;
      m.whole.fit(x, x, {.epochs = 2});
    }
    m.encoder.compile({.loss = "mse", .optimizer = "adam", .run = run});
    m.encoder.fit(x, rows_of(20, 2), {.epochs = 2});
    EXPECT_NE(values(m.whole.predict(x)), before);
    EXPECT_EQ(m.halves(x), values(m.whole.predict(x)));
    m.encoder.train_on_batch(x, rows_of(20, 2));
    EXPECT_EQ(m.halves(x), values(m.whole.predict(x)));
  }
}

TEST(SharedWeights, WhatOneIsGivenTheOthersHave) {
  const Array x = rows_of(3, 6);
  Autoencoder m(interpreter());
  m.halves(x);  // all have engines
  m.whole.predict(x);
  const Array kernel = filled({6, 2}, 0.25f), bias = filled({2}, -1);
  m.encoder.set_weights({kernel, bias});
  EXPECT_EQ(values(m.whole.get_weights()[0]), values(kernel));
  EXPECT_EQ(values(m.whole.get_weights()[1]), values(bias));
  EXPECT_EQ(m.halves(x), values(m.whole.predict(x)));

  const auto states = m.whole.impl().states();
  m.encoder.set_weights({filled({6, 2}, 0), bias});
  m.whole.impl().set_states(states);
  EXPECT_EQ(values(m.encoder.get_weights()[0]), values(kernel));
}

TEST(SharedWeights, TheFirstThatNeedsWeightsDrawsThemForAll) {
  const Tensor in = Input({3});
  const Tensor shared = Dense(4)(in);
  Model one({in}, {shared}, "one"), two({in}, {Dense(2)(shared)}, "two");
  one.compile({.loss = "mse", .seed = 7, .run = interpreter()});
  two.compile({.loss = "mse", .seed = 8, .run = interpreter()});
  const auto weights = all_values(two.get_weights());
  EXPECT_EQ(all_values(one.get_weights()), (std::vector(weights.begin(), weights.begin() + 2)));
  // The others are drawn as in a model of its own layers.
  Sequential alone({Input({3}), Dense(4), Dense(2)});
  alone.compile({.loss = "mse", .seed = 8, .run = interpreter()});
  EXPECT_EQ(all_values(alone.get_weights()), weights);
}

TEST(SharedWeights, LayersOfOneModelAloneStay) {
  const Tensor in = Input({3});
  const Tensor shared = Dense(4)(in);
  Model one({in}, {shared}, "one"), two({in}, {Dense(2)(shared)}, "two");
  const auto before = all_values(two.get_weights());
  one.set_weights({filled({3, 4}, 0.25f), filled({4}, 0)});
  const auto after = all_values(two.get_weights());
  EXPECT_EQ(after[0], std::vector<float>(12, 0.25f));
  EXPECT_EQ(after[2], before[2]);
  EXPECT_EQ(after[3], before[3]);
}

/// Two heads on a trunk, trained in turns.
struct TwoTasks {
  Array x = rows_of(24, 3), a = rows_of(24, 1), b = rows_of(24, 2);
  RunOptions run;
  CompileOptions options() const {
    return {.loss = "mse", .optimizer = "adam", .seed = 3, .run = run};
  }

  std::vector<std::string> train(Model& one, Model& two, const std::function<void()>& one_to_two,
                                 const std::function<void()>& two_to_one) const {
    one.compile(options());
    two.compile(options());
    for (int turn = 0; turn < 3; ++turn) {
      one_to_two();
      two.fit(x, b, {.batch_size = 5, .epochs = 2});
      two_to_one();
      one.fit(x, a, {.batch_size = 8});
    }
    one_to_two();
    return {one.weights_sha256(), two.weights_sha256()};
  }
};

void copy_trunk(Model& from, Model& to) {
  const std::vector<Array> source = from.get_weights();
  std::vector<Array> weights = to.get_weights();
  for (size_t i = 0; i < 6; ++i) weights[i] = source[i];
  to.set_weights(weights);
}

// The oracle: models of different layers, between which the trunk's weights are copied by hand. The
// trunk has weights that nothing trains, too.
TEST(SharedWeights, TwoTasksInTurnsAreAsCopiedByHand) {
  std::vector<std::string> first;
  for (RunOptions run : backends()) {
    const TwoTasks tasks{.run = run};
    const auto layers = [] {
      return std::pair(Dense(4, "tanh"), BatchNormalization({.momentum = 0.5}));
    };
    const auto model = [](const auto& trunk, int64_t units) {
      const Tensor in = Input({3});
      return Model({in}, {Dense(units)(trunk.second(trunk.first(in)))});
    };
    Model one = model(layers(), 1), two = model(layers(), 2);
    const auto expected =
        tasks.train(one, two, [&] { copy_trunk(one, two); }, [&] { copy_trunk(two, one); });
    const auto none = [] {};
    for (const int threads : {1, 2, 3}) {
      TwoTasks threaded = tasks;
      threaded.run.threads = threads;
      const auto trunk = layers();
      Model a = model(trunk, 1), b = model(trunk, 2);
      // The first draws.
      EXPECT_EQ(threaded.train(a, b, [&] { a.get_weights(); }, none), expected);
    }
  }
}

TEST(SharedWeights, AFrozenLayerIsSharedAndStays) {
  const Tensor in = Input({3});
  const Tensor frozen = Dense(4, {.trainable = false})(in);
  Model one({in}, {frozen}, "one"), two({in}, {Dense(1)(frozen)}, "two");
  two.compile({.loss = "mse", .run = interpreter()});
  one.set_weights({filled({3, 4}, 0.5f), filled({4}, 0.25f)});
  const std::vector<float> head = values(two.get_weights()[2]);
  two.fit(rows_of(6, 3), rows_of(6, 1));
  EXPECT_NE(values(two.get_weights()[2]), head);
  EXPECT_EQ(values(two.get_weights()[0]), std::vector<float>(12, 0.5f));
  EXPECT_EQ(values(one.get_weights()[1]), std::vector<float>(4, 0.25f));
}

TEST(SharedWeights, OutliveTheModelThatMadeThem) {
  const Array x = rows_of(12, 6);
  for (const RunOptions& run : backends()) {
    auto m = std::make_unique<Autoencoder>(run);
    m->whole.fit(x, x);
    const std::vector<float> expected = values(m->whole.predict(x));
    std::optional<Model> later;
    {
      Model gone = std::move(m->whole);
      gone.fit(x, x);
    }
    const std::vector<float> trained = m->halves(x);
    EXPECT_NE(trained, expected);
    later.emplace(std::vector{m->in}, std::vector{m->decode(m->code)});
    later->set_run_options(run);
    EXPECT_EQ(values(later->predict(x)), trained);
    m.reset();  // the models that `later` took its weights from, and the handles
    EXPECT_EQ(values(later->predict(x)), trained);
  }
}

// A handle keeps the weights, too; where nothing has the layer any more, they are gone with it.
TEST(SharedWeights, OutliveAllModels) {
  const Dense layer(2);
  std::vector<float> kernel;
  {
    Sequential gone({Input({3}), layer});
    gone.compile({.loss = "mse", .run = interpreter()});
    gone.fit(rows_of(6, 3), rows_of(6, 2));
    kernel = values(gone.get_weights()[0]);
  }
  Sequential model({layer, Dense(2)});
  model.build({3});
  EXPECT_EQ(values(model.get_weights()[0]), kernel);
  EXPECT_NE(values(model.get_weights()[2]), std::vector<float>(4, 0));
}

TEST(SharedWeights, FollowAModelThatMoves) {
  const Array x = rows_of(12, 6);
  Autoencoder m(interpreter());
  m.encoder.predict(x);
  Model moved = std::move(m.whole);
  moved.fit(x, x);
  EXPECT_EQ(m.halves(x), values(moved.predict(x)));
  m.whole = std::move(moved);
  m.whole.fit(x, x);
  EXPECT_EQ(m.halves(x), values(m.whole.predict(x)));
}

TEST(SharedWeights, ASequentialKeepsThemWhereLayersAreAdded) {
  const Dense layer(2);
  Sequential model({Input({3}), layer}), other({Input({3}), layer});
  model.set_weights({filled({3, 2}, 0.5f), filled({2}, 1)});
  model.add(Dense(1));
  EXPECT_EQ(values(model.get_weights()[0]), std::vector<float>(6, 0.5f));
  EXPECT_EQ(values(other.get_weights()[1]), std::vector<float>(2, 1));
}

TEST(SharedWeights, ASequentialThatIsBuiltLaterTakesThem) {
  const Dense layer(2);
  Sequential model({Input({3}), layer}), later({layer, Activation("relu")});
  model.set_weights({filled({3, 2}, 0.5f), filled({2}, 1)});
  EXPECT_FALSE(later.built());
  EXPECT_EQ(values(later.predict(filled({1, 3}, 1))), std::vector<float>(2, 2.5f));
}

// What training moves without gradients, and what data have taught.
TEST(SharedWeights, MovingFiguresAreShared) {
  const Tensor in = Input({2});
  Normalization norm;
  const Tensor x = norm(in);
  const Tensor normalized = BatchNormalization({.momentum = 0})(x);
  Model one({in}, {Dense(1)(normalized)}, "one"), two({in}, {normalized}, "two");
  one.compile({.loss = "mse", .run = interpreter()});
  const Array rows = rows_of(8, 2), y = rows_of(8, 1);
  norm.adapt(rows);
  one.fit(rows, y);
  const auto first = all_values(two.get_weights());
  EXPECT_EQ(first[0], all_values(one.get_weights())[0]);
  EXPECT_EQ(first[2][0], 8);
  EXPECT_NE(first[6], std::vector<float>(2, 1));  // the moving variance
  for (const auto& adapt : std::vector<std::function<void(const Array&)>>{
           [&](const Array& a) { norm.adapt(a); },
           [&](const Array& a) { two.adapt("normalization", a); }}) {
    for (const Array& seen : {rows_of(5, 2), rows_of(3, 2)}) {
      adapt(seen);
      for (Model* m : {&one, &two})
        EXPECT_EQ(values(m->get_weights()[2])[0], static_cast<float>(seen.shape()[0]));
    }
  }
}

TEST(SharedWeights, SlotsAreAModelsOwn) {
  const Array x = rows_of(12, 6);
  Autoencoder m(interpreter());
  m.encoder.compile({.loss = "mse", .optimizer = "adam", .run = interpreter()});
  m.encoder.fit(x, rows_of(12, 2));
  m.whole.fit(x, x, {.epochs = 3});
  const auto iterations = [](Model& model) {
    return model.impl().states().at("iterations").data<int64_t>()[0];
  };
  EXPECT_EQ(iterations(m.encoder), 1);
  EXPECT_EQ(iterations(m.whole), 3);
}

TEST(SharedWeights, AveragesThatATrainingEndsWithAreShared) {
  const Array x = rows_of(12, 6);
  Autoencoder m(interpreter(), "sgd(learning_rate=0.5, use_ema=true)");
  m.encoder.predict(x);
  std::vector<float> swapped;
  LambdaCallback look({.on_epoch_end = [&](FitContext& fit, EpochResult&) {
    EXPECT_EQ(m.halves(x), values(fit.model.predict(x)));
    fit.model.impl().swap_averages();
    swapped = m.halves(x);
    fit.model.impl().swap_averages();
    EXPECT_NE(m.halves(x), swapped);
  }});
  m.whole.fit(x, x, {.batch_size = 4, .callbacks = {look}});
  EXPECT_EQ(m.halves(x), swapped);
  EXPECT_EQ(values(m.whole.predict(x)), swapped);
}

TEST(SharedWeights, CallbacksSeeTheWeightsOfTheMoment) {
  const Array x = rows_of(20, 6);
  for (const RunOptions& run : backends()) {
    Autoencoder m(run);
    std::vector<std::vector<float>> seen;
    const auto look = [&](FitContext&, const auto&) {
      seen.push_back(m.halves(x));
      EXPECT_EQ(seen.back(), values(m.whole.predict(x)));
    };
    LambdaCallback callback({.on_epoch_end = look, .on_batch_end = look});
    m.whole.fit(x, x, {.batch_size = 10, .epochs = 2, .callbacks = {callback}});
    ASSERT_EQ(seen.size(), 6u);
    EXPECT_NE(seen[0], seen[1]);
    EXPECT_EQ(seen[1], seen[2]);  // the epoch's end
    EXPECT_NE(seen[2], seen[3]);
  }
}

// Steps in turns, the second model's from a callback of the first's, as by hand.
TEST(SharedWeights, StepsGoOnFromWhatACallbackTrained) {
  const Array x = rows_of(20, 6), codes = rows_of(20, 2);
  for (const RunOptions& run : backends()) {
    std::vector<std::string> ends;
    for (const bool by_callback : {true, false}) {
      Autoencoder m(run, "sgd");
      m.encoder.compile({.loss = "mse", .optimizer = "sgd", .run = run});
      const auto step = [&](auto&&...) { m.encoder.train_on_batch(x, codes); };
      if (by_callback) {
        LambdaCallback callback({.on_epoch_begin = step, .on_batch_end = step});
        m.whole.fit(x, x, {.batch_size = 10, .shuffle = false, .callbacks = {callback}});
      } else {
        step();
        for (int64_t begin : {0, 10}) {
          const Array part = Array(rows(x, begin, begin + 10));
          m.whole.train_on_batch(part, part);
          step();
        }
      }
      ends.push_back(m.whole.weights_sha256());
      EXPECT_EQ(m.halves(x), values(m.whole.predict(x)));
    }
    EXPECT_EQ(ends[0], ends[1]);
  }
}

TEST(SharedWeights, AnEpochThatIsUndoneIsUndoneForAll) {
  const Array x = rows_of(20, 6);
  for (const RunOptions& run : backends()) {
    Autoencoder m(run);
    m.whole.fit(x, x);
    const std::vector<float> before = m.halves(x);
    std::atomic<int32_t> stop = 0;
    FitOptions options{.batch_size = 5, .stop = &stop};
    options.on_batch_end = [&](const BatchResult&) {
      EXPECT_NE(m.halves(x), before);
      stop = 1;
    };
    EXPECT_TRUE(m.whole.fit(x, x, options).stopped);
    EXPECT_EQ(m.halves(x), before);
    EXPECT_EQ(values(m.whole.predict(x)), before);

    Array bad = x;
    bad.data<float>()[100] = NAN;
    EXPECT_NE(error_of([&] { m.whole.fit(bad, x, {.batch_size = 5, .shuffle = false}); }), "");
    EXPECT_EQ(m.halves(x), before);
  }
}

TEST(SharedWeights, AreSavedWithEachModelAndNotSharedByWhatIsRead) {
  const test::TempFolder folder;
  const auto path = folder / "model.lathe";
  const Array x = rows_of(12, 6);
  Autoencoder m(interpreter());
  m.encoder.predict(x);
  m.whole.fit(x, x);
  m.encoder.save(path);
  Model read = Model::load(path, interpreter());
  const std::vector<float> codes = values(m.encoder.predict(x));
  EXPECT_EQ(values(read.predict(x)), codes);
  EXPECT_EQ(read.weights_sha256(), m.encoder.weights_sha256());
  m.whole.fit(x, x);
  EXPECT_NE(values(m.encoder.predict(x)), codes);
  EXPECT_EQ(values(read.predict(x)), codes);
}

// The model that trains copies nothing and is not left for the sake of others.
TEST(SharedWeights, AnEpochIsStillEnteredOnce) {
  const Array x = rows_of(20, 6);
  Autoencoder m(backends().back());
  m.whole.fit(x, x, {.batch_size = 5, .epochs = 2});
  m.halves(x);
  m.whole.fit(x, x, {.batch_size = 5, .epochs = 2});
  EXPECT_EQ(m.whole.impl().engine()->counts("train_step").entries, 4);
  EXPECT_EQ(m.whole.impl().engine()->counts("train_step").steps, 16);
}

TEST(SharedWeights, HaveOneShape) {
  const Tensor in = Input({3}), wide = Input({5});
  const Dense shared(4, {.name = "trunk"});
  const Tensor narrow_out = shared(in), wide_out = shared(wide);
  const std::string expected =
      "layer trunk: its kernel has shape [3,4] already, but this input needs [5,4]; all models "
      "that are made of a layer share its weights";
  Model one({in}, {narrow_out}, "one");
  const auto before = all_values(one.get_weights());
  EXPECT_EQ(error_of([&] { Model({wide}, {wide_out}); }), expected);
  Sequential later({shared});
  EXPECT_EQ(error_of([&] { later.build({5}); }), expected);
  EXPECT_FALSE(later.built());
  later.build({3});
  EXPECT_EQ(all_values(later.get_weights()), before);

  Normalization norm;
  Sequential two({Input({2}), norm});
  EXPECT_EQ(error_of([&] { norm.adapt(rows_of(4, 3)); }),
            "Normalization: a model of the layer has weights of shape [2], not [3]");
  norm.adapt(rows_of(4, 2));
  EXPECT_EQ(values(two.get_weights()[2])[0], 4);
}

}  // namespace
}  // namespace lathe
