// Models with several outputs: what each is given, what logs call it, and the same bits as ever.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <type_traits>

#include "frontend/model/model_impl.h"
#include "ir/printer.h"
#include "runtime/philox.h"
#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;
using test::backends;
using test::error_of;
using test::interpreter;

constexpr int64_t kRows = 23;  // batches of 8 leave 7 for the last

/// Numbers of a bump, whether they are above 0, and which of three classes a row is in.
struct Data {
  explicit Data(int64_t n = kRows, uint64_t seed = 1)
      : x(DType::F32, {n, 3}),
        price(DType::F32, {n, 1}),
        rises(DType::F32, {n}),
        kind(DType::I32, {n}),
        weights(DType::F32, {n}) {
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t k = 0; k < 3; ++k)
        x.data<float>()[3 * i + k] =
            2 * runtime::uniform_at(seed, 0, 0, static_cast<uint64_t>(3 * i + k)) - 1;
      const float v =
          x.data<float>()[3 * i] - x.data<float>()[3 * i + 1] * x.data<float>()[3 * i + 2];
      price.data<float>()[i] = v;
      rises.data<float>()[i] = v > 0;
      kind.data<int32_t>()[i] = v < -0.3f ? 0 : v < 0.3f ? 1 : 2;
      weights.data<float>()[i] = static_cast<float>(i % 4);
    }
  }
  Targets two() const { return {price, rises}; }
  Targets all() const { return {price, rises, kind}; }
  Array x, price, rises, kind, weights;
};

/// price and rises of a body with noise.
Model two_heads() {
  const Tensor x = Input({3});
  const Tensor h = Dropout(0.2)(Dense(6, "tanh")(x));
  return Model({x}, {Dense(1, {.name = "price"})(h),
                     Dense(1, {.activation = "sigmoid", .name = "rises"})(h)});
}

Model three_heads() {
  const Tensor x = Input({3});
  const Tensor h = Dense(6, {.activation = "tanh", .kernel_regularizer = "l2(0.01)"})(x);
  return Model(
      {x}, {Dense(1, {.name = "price"})(h), Dense(1, {.activation = "sigmoid", .name = "rises"})(h),
            Dense(3, {.activation = "softmax", .name = "kind"})(h)});
}

CompileOptions two_losses(const RunOptions& run = interpreter()) {
  return {.loss = {"mse", "binary_crossentropy"},
          .optimizer = "adam(learning_rate=0.02)",
          .metrics = {{"mae"}, {"accuracy", "auc"}},
          .loss_weights = {1, 0.5},
          .run = run};
}

CompileOptions three_losses(const RunOptions& run = interpreter()) {
  return {.loss = {"mse", "binary_crossentropy", "sparse_categorical_crossentropy"},
          .optimizer = "adam(learning_rate=0.02)",
          .metrics = {{"mae"}, {"accuracy"}, {"accuracy", "f1_score"}},
          .loss_weights = {1, 0.5, 0.25},
          .run = run};
}

std::vector<std::string> names_of(const Logs& logs) {
  std::vector<std::string> names;
  for (const auto& [name, value] : logs) names.push_back(name);
  return names;
}

using Names = std::vector<std::string>;

TEST(Outputs, LogsAreNamedAfterThem) {
  const Data data;
  Model model = three_heads();
  EXPECT_EQ(model.output_names(), (Names{"price", "rises", "kind"}));
  model.compile(three_losses());
  const Names names = {"loss",           "price_loss",    "rises_loss", "kind_loss", "price_mae",
                       "rises_accuracy", "kind_accuracy", "kind_f1_0",  "kind_f1_1", "kind_f1_2"};
  const Logs logs = model.evaluate(data.x, data.all());
  EXPECT_EQ(names_of(logs), names);
  Names both = names;
  for (const std::string& name : names) both.push_back("val_" + name);
  const History h = model.fit(
      data.x, data.all(), {.batch_size = 8, .validation_data = ValidationData{data.x, data.all()}});
  EXPECT_EQ(names_of(h.last().logs), both);
  model.compile({.loss = "mse", .metrics = {"mae", "mse", "mae"}, .run = interpreter()});
  EXPECT_EQ(names_of(model.evaluate(data.x, {data.price, data.rises, to_categorical(data.kind)})),
            (Names{"loss", "price_loss", "rises_loss", "kind_loss", "price_mae", "rises_mse",
                   "kind_mae"}));
}

TEST(Outputs, TheLossIsTheWeightedSumOfTheirs) {
  const Data data;
  for (const RunOptions& run : backends()) {
    Model model = three_heads();
    model.compile(three_losses(run));
    const std::vector<Array> predicted = model.predict_all(data.x);
    const SampleWeights sample_weight = {{"rises", data.weights}};
    const Logs logs =
        model.evaluate(data.x, data.all(), {.batch_size = 8, .sample_weight = sample_weight});
    const auto alone = [&](const char* loss, const Array& y, size_t output, bool weighted = false) {
      return compute_loss(loss, y, predicted[output],
                          weighted ? std::optional(data.weights.view()) : std::nullopt)
          .data<float>()[0];
    };
    EXPECT_NEAR(logs["price_loss"], alone("mse", data.price, 0), 1e-6);
    EXPECT_NEAR(logs["rises_loss"], alone("bce", data.rises, 1, true), 1e-6);
    EXPECT_NEAR(logs["kind_loss"], alone("scce", data.kind, 2), 1e-6);
    double squares = 0;
    const std::vector<Array> weights = model.get_weights();
    for (float w : weights[0].data<float>()) squares += double{w} * double{w};
    EXPECT_NEAR(
        logs.loss(),
        logs["price_loss"] + 0.5 * logs["rises_loss"] + 0.25 * logs["kind_loss"] + 0.01 * squares,
        1e-6);
  }
}

/// The weights after two epochs, in which the last batch is short.
std::string trained(CompileOptions options, const Targets& y, const SampleWeights& weights = {},
                    Model model = two_heads()) {
  const Data data;
  model.compile(std::move(options));
  model.fit(data.x, y, {.batch_size = 8, .epochs = 2, .sample_weight = weights});
  return model.weights_sha256();
}

TEST(Outputs, NamesAndPlacesAreTheSame) {
  const Data data;
  CompileOptions named = two_losses();
  named.loss = {{"rises", "binary_crossentropy"}, {"price", "mse"}};
  named.loss_weights = {{"rises", 0.5}};
  named.metrics = {{"rises", {"accuracy", "auc"}}, {"price", {"mae"}}};
  const Targets by_name = {{"rises", data.rises}, {"price", data.price}};
  EXPECT_EQ(trained(named, by_name), trained(two_losses(), data.two()));
  const SampleWeights one = {{"rises", data.weights}};
  const SampleWeights same = {std::nullopt, data.weights};
  EXPECT_EQ(trained(named, by_name, one), trained(two_losses(), data.two(), same));
  const SampleWeights both = {data.weights, data.weights};
  EXPECT_EQ(trained(named, by_name, data.weights), trained(named, by_name, both));
  EXPECT_NE(trained(named, by_name, data.weights), trained(named, by_name, one));
  CompileOptions alike = two_losses(), each = two_losses();
  alike.loss = "mse";
  each.loss = {"mse", "mse"};
  alike.loss_weights = 0.5;
  each.loss_weights = {0.5, 0.5};
  EXPECT_EQ(trained(alike, data.two()), trained(each, data.two()));
}

// Vectors of what a model makes, examples.targets(days) for instance, need no other form.
TEST(Outputs, AVectorOfArraysIsAListOfThem) {
  static_assert(std::is_convertible_v<std::vector<Array>, Targets>);
  static_assert(std::is_convertible_v<std::vector<ArrayView>, Targets>);
  static_assert(std::is_convertible_v<std::vector<std::string>, Losses>);
  static_assert(std::is_convertible_v<std::vector<int>, LossWeights>);
  static_assert(!std::is_convertible_v<std::vector<std::string>, Targets>);
  const Data data;
  const std::vector<Array> arrays = {data.price, data.rises};
  CompileOptions losses = two_losses();
  losses.loss = std::vector<std::string>{"mse", "binary_crossentropy"};
  EXPECT_EQ(trained(losses, arrays), trained(two_losses(), data.two()));
  Model model = two_heads();
  model.compile(two_losses());
  EXPECT_EQ(model.evaluate(data.x, std::vector<Array>{data.price, data.rises}).to_string(),
            model.evaluate(data.x, data.two()).to_string());
  EXPECT_NE(error_of([&] {
              model.fit(data.x, std::vector<Array>{data.price});
            }).find("is given for 1 output, but there are 2: price, rises"),
            std::string::npos);
}

TEST(Outputs, ThreadsChangeNoBit) {
#ifdef LATHE_LLVM
  const Data data;
  const auto run = [&](int threads) {
    const Data many(500);
    Model model = three_heads();
    model.compile(three_losses({.threads = threads, .backend = Backend::Llvm}));
    model.fit(many.x, many.all(), {.batch_size = 32, .epochs = 3, .sample_weight = many.weights});
    return model.weights_sha256() + model.evaluate(many.x, many.all()).to_string();
  };
  EXPECT_EQ(run(1), run(2));
#else
  GTEST_SKIP() << "this build has no LLVM";
#endif
}

TEST(Outputs, CompiledCodeTrainsAsTheInterpreter) {
#ifdef LATHE_LLVM
  const Data data;
  std::vector<std::vector<Array>> weights;
  std::vector<Logs> logs;
  for (const RunOptions& run : backends()) {
    Model model = three_heads();
    model.compile(three_losses(run));
    model.fit(data.x, data.all(), {.batch_size = 8, .epochs = 4, .sample_weight = data.weights});
    weights.push_back(model.get_weights());
    logs.push_back(model.evaluate(data.x, data.all(), {.sample_weight = data.weights}));
  }
  for (size_t w = 0; w < weights[0].size(); ++w)
    for (size_t i = 0; i < weights[0][w].data<float>().size(); ++i)
      EXPECT_NEAR(weights[0][w].data<float>()[i], weights[1][w].data<float>()[i], 2e-5);
  for (const auto& [name, value] : logs[0]) EXPECT_NEAR(value, logs[1][name], 2e-5) << name;
#else
  GTEST_SKIP() << "this build has no LLVM";
#endif
}

TEST(Outputs, OneWithoutALossIsNotTrained) {
  const Data data;
  for (const Losses& losses :
       {Losses{"mse", std::nullopt}, Losses{{"rises", std::nullopt}, {"price", "mse"}}}) {
    Model model = two_heads();
    model.compile({.loss = losses, .optimizer = SGD(0.1), .run = interpreter()});
    const Model& same = model;
    EXPECT_EQ(same.output_shapes().size(), 2u);
    const std::vector<Array> before = model.get_weights();
    // Its targets may be left out, or are not looked at.
    const History h = model.fit(data.x, data.price, {.batch_size = 8});
    EXPECT_EQ(names_of(h.last().logs), Names{"loss"});
    const std::string alone = model.weights_sha256();
    const std::vector<Array> after = model.get_weights();
    EXPECT_FALSE(before[2] == after[2]);
    EXPECT_TRUE(before[4] == after[4]);  // the kernel of rises
    EXPECT_EQ(model.evaluate(data.x, {data.price, std::nullopt}).to_string(),
              model.evaluate(data.x, {{"price", data.price}}).to_string());
    model.set_weights(before);
    const Array strange(DType::F32, {4, 7});
    Model other = two_heads();
    other.compile({.loss = losses, .optimizer = SGD(0.1), .run = interpreter()});
    other.fit(data.x, {data.price, strange}, {.batch_size = 8});
    EXPECT_EQ(other.weights_sha256(), alone);
    EXPECT_EQ(model.warnings().size(), 2u);  // kernel and bias of rises
  }
}

TEST(Outputs, OneWithoutALossMayBeMeasured) {
  const Data data;
  Model model = three_heads();
  model.compile({.loss = {"mse", std::nullopt, std::nullopt},
                 .metrics = {{}, {"accuracy"}, {"sparse_categorical_crossentropy"}},
                 .run = interpreter()});
  const Logs logs = model.evaluate(data.x, data.all());
  EXPECT_EQ(names_of(logs),
            (Names{"loss", "rises_accuracy", "kind_sparse_categorical_crossentropy"}));
  const std::vector<Array> predicted = model.predict_all(data.x);
  EXPECT_NEAR(logs["kind_sparse_categorical_crossentropy"],
              compute_loss("scce", data.kind, predicted[2]).data<float>()[0], 1e-6);
  EXPECT_NEAR(logs["rises_accuracy"],
              compute_metric("accuracy", data.rises, predicted[1]).data<float>()[0], 1e-6);
}

TEST(Outputs, AWeightOfZeroTrainsNothingAndIsStillShown) {
  const Data data;
  for (const RunOptions& run : backends()) {
    CompileOptions options = two_losses(run);
    options.loss_weights = {1, 0};
    options.optimizer = SGD(0.1);
    Model model = two_heads();
    model.compile(options);
    const std::vector<Array> before = model.get_weights();
    const Logs logs = model.fit(data.x, data.two(), {.batch_size = 8}).last().logs;
    EXPECT_TRUE(before[4] == model.get_weights()[4]);
    EXPECT_GT(logs["rises_loss"], 0.1);
    EXPECT_DOUBLE_EQ(logs.loss(), logs["price_loss"]);
  }
}

TEST(Outputs, ALossWeightOfAModelWithOne) {
  const Data data;
  const auto loss = [&](const LossWeights& weights, const Losses& losses) {
    Sequential model({Input({3}), Dense(1, {.name = "price"})});
    model.compile({.loss = losses, .loss_weights = weights, .run = interpreter()});
    return model.evaluate(data.x, {{"price", data.price}}).loss();
  };
  EXPECT_NEAR(loss(3, "mse"), 3 * loss({}, {{"price", "mse"}}), 1e-6);
  EXPECT_EQ(loss({{"price", 1}}, "mse"), loss({}, "mse"));
}

// As predict does of one: y0 of inputs, results in the order of the outputs.
TEST(Outputs, TheStepNamesThemByPlace) {
  const Data data;
  Model model = three_heads();
  CompileOptions options = three_losses();
  options.loss = {"mse", std::nullopt, "sparse_categorical_crossentropy"};
  options.metrics = {};
  options.weighted_metrics = {{"kind", {"accuracy"}}};
  model.compile(options);
  model.fit(data.x, data.all(), {.sample_weight = data.weights});
  const std::string text = ir::print(model.module());
  const std::string step = text.substr(text.find("func @train_step"));
  EXPECT_EQ(step.substr(0, step.find('{')),
            "func @train_step(%x: f32[N,3], %y0: f32[N,1], %y2: i32[N], %weight0: f32[N], "
            "%weight2: f32[N], %index: i32[B]) -> (loss: f32[], price_loss: f32[], "
            "kind_loss: f32[], kind_accuracy: f32[2]) ");
}

TEST(Outputs, BatchesAreStepsOfFit) {
  const Data data;
  for (const RunOptions& run : backends()) {
    Model fitted = two_heads(), stepped = two_heads();
    fitted.compile(two_losses(run));
    stepped.compile(two_losses(run));
    std::vector<std::string> logs;
    const auto keep = [&](const BatchResult& b) { logs.push_back(b.logs.to_string()); };
    fitted.fit(data.x, data.two(),
               {.batch_size = 8,
                .shuffle = false,
                .sample_weight = {{"price", data.weights}},
                .on_batch_end = keep});
    for (int64_t step = 0; step < 3; ++step) {
      const int64_t begin = step * 8, end = std::min(kRows, begin + 8);
      const Logs batch = stepped.train_on_batch(
          rows(data.x, begin, end), {rows(data.price, begin, end), rows(data.rises, begin, end)},
          {.sample_weight = {rows(data.weights, begin, end), std::nullopt}});
      EXPECT_EQ(batch.to_string(), logs.at(static_cast<size_t>(step)));
    }
    EXPECT_EQ(stepped.weights_sha256(), fitted.weights_sha256());
    EXPECT_EQ(stepped.test_on_batch(data.x, data.two(), data.weights).to_string(),
              fitted.evaluate(data.x, data.two(), {.sample_weight = data.weights}).to_string());
  }
}

TEST(Outputs, AValidationSplitDividesAll) {
  const Data data;
  Model split = two_heads(), given = two_heads();
  split.compile(two_losses());
  given.compile(two_losses());
  const FitOptions options{.batch_size = 8, .epochs = 2};
  FitOptions by_share = options, by_hand = options;
  by_share.validation_split = 0.3;
  by_share.sample_weight = {{"price", data.weights}};
  const int64_t n = 16;
  by_hand.sample_weight = {{"price", rows(data.weights, 0, n)}};
  by_hand.validation_data = ValidationData{rows(data.x, n, kRows),
                                           {rows(data.price, n, kRows), rows(data.rises, n, kRows)},
                                           {{"price", rows(data.weights, n, kRows)}}};
  const History a = split.fit(data.x, {{"rises", data.rises}, {"price", data.price}}, by_share);
  const History b =
      given.fit(rows(data.x, 0, n), {rows(data.price, 0, n), rows(data.rises, 0, n)}, by_hand);
  EXPECT_EQ(a.last().logs.to_string(), b.last().logs.to_string());
  EXPECT_EQ(split.weights_sha256(), given.weights_sha256());
}

TEST(Outputs, EachIsMonitoredByItsName) {
  const Data data, unseen(40, 2);
  const auto fit = [&](CallbackHandle callback) {
    Model model = two_heads();
    model.compile(two_losses());
    return model.fit(data.x, data.two(),
                     {.epochs = 30,
                      .validation_data = ValidationData{unseen.x, unseen.two()},
                      .callbacks = {std::move(callback)}});
  };
  EarlyStopping less({.monitor = "val_rises_loss", .min_delta = 0.02, .patience = 2});
  const History h = fit(less);
  ASSERT_LT(h.epochs.size(), 30u);
  const std::vector<double> seen = h["val_rises_loss"];
  double best = seen[0];
  size_t waited = 0;
  for (size_t i = 1; i < seen.size(); ++i) {
    waited = seen[i] + 0.02 < best ? 0 : waited + 1;
    if (waited == 0) best = seen[i];
    EXPECT_EQ(waited == 2, i + 1 == seen.size());
  }
  EXPECT_EQ(less.best(), best);
  // More of it is better; of an accuracy that stays, the first epoch is the best.
  const History more = fit(EarlyStopping({.monitor = "val_rises_accuracy", .min_delta = 1}));
  EXPECT_EQ(more.epochs.size(), 2u);
  EXPECT_NE(error_of([&] {
              fit(EarlyStopping({.monitor = "val_rise_loss"}));
            }).find("did you mean 'val_rises_loss'?"),
            std::string::npos);
}

TEST(Outputs, OneThatBecomesInfiniteEndsTheTraining) {
  Data data;
  data.rises.data<float>()[4] = std::numeric_limits<float>::infinity();
  Model model = two_heads();
  model.compile({.loss = "mse", .run = interpreter()});
  const std::string before = model.weights_sha256();
  const std::string what = error_of([&] { model.fit(data.x, data.two()); });
  EXPECT_NE(what.find("loss became infinite"), std::string::npos) << what;
  EXPECT_NE(what.find("y of rises holds inf in row 4"), std::string::npos) << what;
  EXPECT_EQ(model.weights_sha256(), before);
}

class SavedOutputs : public ::testing::Test {
 protected:
  SavedOutputs()
      : path_(fs::temp_directory_path() /
              ("lathe-outputs-" + std::to_string(::getpid()) + "-" +
               ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".lathe")) {}
  ~SavedOutputs() override { fs::remove(path_); }
  fs::path path_;
};

TEST_F(SavedOutputs, TrainingGoesOnWithTheSameBits) {
  const Data data;
  for (const RunOptions& run : backends()) {
    Model whole = two_heads(), half = two_heads();
    whole.compile(two_losses(run));
    half.compile(two_losses(run));
    const FitOptions two{.batch_size = 8, .epochs = 2, .sample_weight = {{"rises", data.weights}}};
    whole.fit(data.x, data.two(), two);
    whole.fit(data.x, data.two(), two);
    half.fit(data.x, data.two(), two);
    half.save(path_);
    Model resumed = Model::load(path_, run);
    EXPECT_EQ(resumed.evaluate(data.x, data.two()).to_string(),
              half.evaluate(data.x, data.two()).to_string());
    resumed.fit(data.x, data.two(), two);
    EXPECT_EQ(resumed.weights_sha256(), whole.weights_sha256());
    EXPECT_EQ(resumed.history().back().logs.to_string(), whole.history().back().logs.to_string());
  }
}

TEST_F(SavedOutputs, ComeBackAsTheyWere) {
  const Data data;
  for (int rows_are = 0; rows_are < 3; ++rows_are) {
    Model model = three_heads();
    CompileOptions options = three_losses();
    if (rows_are == 1)
      options.loss = {{"price", "huber(delta=2)"}, {"rises", std::nullopt}, {"kind", "scce"}};
    if (rows_are == 2) options.loss_weights = {};
    model.compile(options);
    if (rows_are > 0) model.fit(data.x, data.all(), {.sample_weight = data.weights});
    model.save(path_);
    Model back = Model::load(path_, interpreter());
    EXPECT_EQ(back.weights_sha256(), model.weights_sha256());
    EXPECT_EQ(ir::print(back.module()), ir::print(model.module()));
    EXPECT_EQ(back.evaluate(data.x, data.all()).to_string(),
              model.evaluate(data.x, data.all()).to_string());
    std::vector<std::string> losses;
    for (const Losses::Entry& entry : back.compile_options().loss.entries())
      losses.push_back(entry.value ? entry.value->to_string() : "none");
    EXPECT_EQ(losses, rows_are == 1 ? (Names{"huber(delta=2)", "none", "scce"})
                                    : (Names{"mse", "binary_crossentropy",
                                             "sparse_categorical_crossentropy"}));
  }
}

TEST_F(SavedOutputs, AnEpochThatWasBrokenOffGoesOn) {
  const Data data;
  const fs::path folder = path_.string() + ".backup";
  const auto options = [&](std::vector<CallbackHandle> callbacks) {
    callbacks.emplace_back(BackupAndRestore(folder, {.save_freq = 1}));
    return FitOptions{.batch_size = 8, .epochs = 2, .callbacks = std::move(callbacks)};
  };
  Model whole = two_heads(), first = two_heads(), again = two_heads();
  for (Model* m : {&whole, &first, &again}) m->compile(two_losses());
  whole.fit(data.x, data.two(), {.batch_size = 8, .epochs = 2});
  const auto fail = [](FitContext& f, const BatchResult& b) {
    if (f.epoch == 2 && b.step == 2) throw Error("enough");
  };
  EXPECT_EQ(error_of([&] {
              first.fit(data.x, data.two(), options({LambdaCallback({.on_batch_end = fail})}));
            }),
            "enough");
  again.fit(data.x, data.two(), options({}));
  EXPECT_EQ(again.weights_sha256(), whole.weights_sha256());
  EXPECT_EQ(again.history().back().logs.to_string(), whole.history().back().logs.to_string());
  fs::remove_all(folder);
}

TEST(Outputs, ShardsTrainOne) {
  const Data data;
  const auto read = [&](size_t) {
    Shard shard;
    shard.x.push_back(data.x);
    shard.y = data.price;
    return shard;
  };
  const Shards shards({"prices"}, read);
  Model model = two_heads(), by_array = two_heads();
  CompileOptions options{.loss = {"mse", std::nullopt}, .run = interpreter()};
  model.compile(options);
  by_array.compile(options);
  model.fit(shards, {.batch_size = 8});
  by_array.fit(data.x, data.price, {.batch_size = 8});
  EXPECT_EQ(model.weights_sha256(), by_array.weights_sha256());
  model.compile(two_losses());
  EXPECT_EQ(error_of([&] { model.fit(shards); }),
            "shards have one y, but the model has targets for 2 outputs: give it arrays");
}

/// One statement that must fail, and a part of what is said of it.
#define EXPECT_ERROR(statement, part)                                 \
  do {                                                                \
    const std::string what = error_of([&] { statement; });            \
    EXPECT_NE(what.find(part), std::string::npos) << "got: " << what; \
  } while (false)

TEST(Outputs, WhatDoesNotFitIsNamedByCompile) {
  Model model = two_heads();
  const auto compile = [&](const Losses& loss, const Metrics& metrics = {},
                           const LossWeights& loss_weights = {}) {
    model.compile(
        {.loss = loss, .metrics = metrics, .loss_weights = loss_weights, .run = interpreter()});
  };
  EXPECT_ERROR(compile({}), "a loss is missing");
  EXPECT_ERROR(compile({"mse", "mse", "mse"}),
               "loss is given for 3 outputs, but there are 2: price, rises");
  EXPECT_ERROR(compile({{"price", "mse"}, {"rise", "mse"}}),
               "loss: unknown output 'rise'; did you mean 'rises'?");
  EXPECT_ERROR(compile({{"price", "mse"}, {"price", "mae"}}), "twice for output price");
  EXPECT_ERROR(compile({{"price", "mse"}}),
               "there is none for output rises; std::nullopt says that it is not trained");
  EXPECT_ERROR(compile({{"price", "mse"}, "mae"}), "some outputs by name and for others by place");
  EXPECT_ERROR(compile({std::nullopt, std::nullopt}), "no output has a loss");
  EXPECT_ERROR(compile({"mse", "msee"}), "did you mean 'mse'?");
  EXPECT_ERROR(compile({"mse", Loss("mse", {{"reduction", "none"}})}), "reduction none");
  EXPECT_ERROR(compile("mse", {"mae"}),
               "metrics is given for 1 output, but there are 2: price, rises");
  EXPECT_ERROR(compile("mse", {{"rise", {"mae"}}}), "metrics: unknown output 'rise'");
  EXPECT_ERROR(compile("mse", {{"mae", "mae"}, {}}), "two numbers of a step are named 'price_mae'");
  EXPECT_ERROR(compile("mse", {{"mae(name=loss)"}, {}}), "name 'loss' is taken");
  EXPECT_ERROR(compile("mse", {}, {1, 2, 3}), "loss_weights is given for 3 outputs");
  EXPECT_ERROR(compile("mse", {}, {1, std::nan("")}), "loss_weights: nan is not finite");
  EXPECT_FALSE(model.compiled());
  const Tensor x = Input({3});
  const Dense shared(2, {.name = "both"});
  const Tensor y = shared(x), half = Rescaling(0.5)(x);
  EXPECT_ERROR(Model({x}, {y, shared(half)}).compile({.loss = "mse"}),
               "two outputs are named 'both'");
  Model apart({x}, {y, Identity("other")(shared(half))});
  apart.compile({.loss = "mse", .run = interpreter()});
  EXPECT_EQ(apart.output_names(), (Names{"both", "other"}));
  EXPECT_ERROR(Model({x}, {y, Dense(1, {.name = "val_x"})(x)}).compile({.loss = "mse"}),
               "the output 'val_x' needs another name");
  // price_up_loss is the loss of one and a metric of the other.
  Model clash({x}, {Dense(1, {.name = "price"})(x), Dense(1, {.name = "price_up"})(x)});
  EXPECT_ERROR(clash.compile({.loss = "mse", .metrics = {{"mae(name=up_loss)"}, {}}}),
               "two numbers of a step are named 'price_up_loss'");
  Sequential open({Dense(1, {.name = "price"})});
  EXPECT_ERROR(open.compile({.loss = {{"price", "mse"}}}), "the model has no input shape yet");
  EXPECT_ERROR(open.compile({.loss = {"mse", "mse"}}),
               "loss is given for 2 outputs, but there is one");
}

TEST(Outputs, DataThatDoNotFitNameTheirOutput) {
  const Data data;
  Model model = three_heads();
  model.compile(three_losses());
  EXPECT_ERROR(model.fit(data.x, data.price),
               "y is given for 1 output, but there are 3: price, rises, kind");
  EXPECT_ERROR(model.fit(data.x, data.two()), "y is given for 2 outputs");
  EXPECT_ERROR(model.evaluate(data.x, {{"price", data.price}, {"kinds", data.kind}}),
               "y: unknown output 'kinds'; did you mean 'kind'?");
  EXPECT_ERROR(model.fit(data.x, {{"price", data.price}, {"kind", data.kind}}),
               "output rises: there is no y");
  EXPECT_ERROR(model.fit(data.x, {data.price, rows(data.rises, 0, 9), data.kind}),
               "output rises: x has 23 rows, but y is f32[9]");
  EXPECT_ERROR(model.fit(data.x, {data.x, data.rises, data.kind}),
               "output price: y is f32[23,3], but the model makes rows of [1]");
  EXPECT_ERROR(model.train_on_batch(data.x, {data.price, data.price, data.kind}),
               "output rises: target -");
  Array kinds = data.kind;
  kinds.data<int32_t>()[5] = 3;
  EXPECT_ERROR(model.fit(data.x, {data.price, data.rises, kinds}),
               "output kind: label 3 at position 5 is not a class of 0 to 2");
  EXPECT_ERROR(model.fit(data.x, data.all(), {.sample_weight = {data.weights, data.weights}}),
               "sample_weight is given for 2 outputs");
  EXPECT_ERROR(
      model.fit(data.x, data.all(), {.sample_weight = {{"price", rows(data.weights, 0, 5)}}}),
      "output price: sample_weight is f32[5], but there are 23 rows");
  EXPECT_ERROR(model.fit(data.x, data.all(), {.class_weight = {{1, 2.0}}}),
               "class_weight is for a model with one output");
  EXPECT_ERROR(model.fit(data.x, data.all(),
                         {.validation_data = ValidationData{data.x, {data.price, data.rises}}}),
               "validation_data: y is given for 2 outputs");
  model.compile({.loss = "mse", .run = interpreter()});
  EXPECT_ERROR(
      model.fit(data.x, data.all(),
                {.validation_data =
                     ValidationData{data.x, {data.price, data.rises, to_categorical(data.kind)}}}),
      "validation_data: output kind: targets are numbers, but those for training are classes");
  EXPECT_ERROR(model.predict(data.x), "predict_all");
}

}  // namespace
}  // namespace lathe
