// Callbacks that save within an epoch, and trainings that go on in the middle of one.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <set>

#include "frontend/model/model_impl.h"
#include "tests/frontend/frontend_test_util.h"
#include "tests/temp_folder.h"

namespace lathe {
namespace {

using test::backends;
using test::bunches;
using test::error_of;
using test::interpreter;

class WithinEpoch : public ::testing::Test {
 protected:
  /// Noise, slots, averages, a metric whose parts are many numbers, and a statistic of the batches.
  static Sequential model(const RunOptions& run = interpreter()) {
    Sequential m(
        {Input({2}), Dense(8, "tanh"), BatchNormalization(), Dropout(0.3), Dense(3, "softmax")});
    m.compile({.loss = "sparse_categorical_crossentropy",
               .optimizer = Adam({.learning_rate = CosineDecay(0.05, 100), .use_ema = true}),
               .metrics = {"accuracy", "auc"},
               .seed = 3,
               .run = run});
    return m;
  }

  test::TempFolder folder_;
  test::Points data_ = bunches(50);
};

TEST_F(WithinEpoch, ModelsAreSavedEverySoManySteps) {
  Sequential m = model();
  std::vector<std::string> seen;
  std::vector<double> so_far;
  const auto look = [&](FitContext& f, const BatchResult& b) {
    if ((7 * (f.epoch - 1) + b.step) % 5 != 0) return;
    seen.push_back(f.model.weights_sha256());
    so_far.push_back(b.epoch_logs.loss());
  };
  const std::string pattern = (folder_ / "{epoch}-{batch:02d}-{loss:.6f}.lathe").string();
  m.fit(data_.x, data_.y,
        {.batch_size = 8,
         .epochs = 2,
         .callbacks = {ModelCheckpoint(pattern, {.save_freq = 5}),
                       LambdaCallback({.on_batch_end = look})}});
  // Steps 5 and 10: none is saved at an epoch's end.
  ASSERT_EQ(seen.size(), 2u);
  char first[64], second[64];
  std::snprintf(first, sizeof first, "1-05-%.6f.lathe", so_far[0]);
  std::snprintf(second, sizeof second, "2-03-%.6f.lathe", so_far[1]);
  EXPECT_EQ(folder_.files(), (std::set<std::string>{first, second}));
  Model back = Model::load(folder_ / second, interpreter());
  EXPECT_EQ(back.weights_sha256(), seen[1]);
  EXPECT_EQ(back.epochs_trained(), 1);
  // Whoever trains it further may do so with other rows.
  EXPECT_EQ(back.fit(rows(data_.x, 0, 11), rows(data_.y, 0, 11)).last().epoch, 2);
}

TEST_F(WithinEpoch, WeightsAloneAreSavedToo) {
  for (const RunOptions& run : backends()) {
    Sequential m = model(run);
    std::map<std::string, std::string> seen;
    const auto look = [&](FitContext& f, const BatchResult& b) {
      seen[std::to_string(f.epoch) + "-" + std::to_string(b.step) + ".weights.h5"] =
          f.model.weights_sha256();
    };
    test::TempFolder folder;
    const std::string pattern = (folder / "{epoch}-{batch}.weights.h5").string();
    m.fit(data_.x, data_.y,
          {.batch_size = 8,
           .epochs = 2,
           .callbacks = {ModelCheckpoint(pattern, {.save_weights_only = true, .save_freq = 5}),
                         LambdaCallback({.on_batch_end = look})}});
    EXPECT_EQ(folder.files(), (std::set<std::string>{"1-5.weights.h5", "2-3.weights.h5"}));
    for (const std::string& file : folder.files()) {
      Sequential back = model(run);
      back.load_weights(folder / file);
      EXPECT_EQ(back.weights_sha256(), seen.at(file)) << file;
    }
  }
}

// Compiled code is left where somebody must hear of a step, and at the ends of epochs.
TEST_F(WithinEpoch, StepsInBetweenCostNoEntries) {
  const auto entries = [&](std::vector<CallbackHandle> callbacks) {
    Sequential m = model();
    m.fit(data_.x, data_.y, {.batch_size = 8, .epochs = 2, .callbacks = std::move(callbacks)});
    return m.impl().engine()->counts("train_step").entries;
  };
  const std::string file = (folder_ / "m.lathe").string();
  // Steps 1 to 7 and 8 to 14, in which 5 and 10 are saved, or 4, 8 and 12 too.
  EXPECT_EQ(entries({ModelCheckpoint(file, {.save_freq = 5})}), 4);
  EXPECT_EQ(entries({ModelCheckpoint(file, {.save_freq = 5}),
                     BackupAndRestore(folder_ / "backup", {.save_freq = 4})}),
            7);
  EXPECT_EQ(entries({ModelCheckpoint(file, {.save_freq = 5}),
                     LambdaCallback({.on_batch_end = [](FitContext&, const BatchResult&) {}})}),
            14);
}

TEST_F(WithinEpoch, LogsAreThoseOfTheRowsSoFar) {
  Sequential m = model();
  double rows_done = 0, sum = 0;
  const auto check = [&](FitContext&, const BatchResult& b) {
    rows_done += static_cast<double>(b.rows);
    sum += static_cast<double>(b.rows) * b.logs.loss();
    EXPECT_DOUBLE_EQ(b.epoch_logs.loss(), sum / rows_done);
    EXPECT_TRUE(b.epoch_logs.has("accuracy"));
  };
  const History h = m.fit(
      data_.x, data_.y, {.batch_size = 8, .callbacks = {LambdaCallback({.on_batch_end = check})}});
  EXPECT_DOUBLE_EQ(h.last().logs.loss(), sum / rows_done);
}

TEST_F(WithinEpoch, TheBestSoFarAloneIsSaved) {
  Sequential m = model();
  std::vector<double> losses;
  const auto keep = [&](FitContext&, const BatchResult& b) {
    losses.push_back(b.epoch_logs.loss());
  };
  ModelCheckpoint best((folder_ / "best.lathe").string(),
                       {.monitor = "loss", .save_best_only = true, .save_freq = 1});
  m.fit(
      data_.x, data_.y,
      {.batch_size = 8, .epochs = 3, .callbacks = {best, LambdaCallback({.on_batch_end = keep})}});
  EXPECT_EQ(best.best(), *std::min_element(losses.begin(), losses.end()));
  EXPECT_EQ(folder_.files(), std::set<std::string>{"best.lathe"});
}

// However often it is disturbed, and where: within the epoch that was gone on with too.
TEST_F(WithinEpoch, ADisturbedTrainingEndsWithTheSameBits) {
  for (const RunOptions& run : backends()) {
    const auto options = [&](std::vector<CallbackHandle> callbacks) {
      callbacks.emplace_back(BackupAndRestore(folder_ / "backup", {.save_freq = 3}));
      return FitOptions{.batch_size = 8, .epochs = 3, .callbacks = std::move(callbacks)};
    };
    Sequential whole = model(run);
    whole.fit(data_.x, data_.y, options({}));
    const auto train = [&](int64_t fails_at) {
      Sequential m = model(run);
      const auto fail = [&](FitContext& f, const BatchResult& b) {
        if (7 * (f.epoch - 1) + b.step == fails_at) throw Error("enough");
      };
      const std::string what = error_of(
          [&] { m.fit(data_.x, data_.y, options({LambdaCallback({.on_batch_end = fail})})); });
      EXPECT_EQ(what, fails_at == 0 ? "" : "enough");
      return m.weights_sha256();
    };
    train(5), train(11), train(13), train(14), train(20);
    EXPECT_EQ(train(0), whole.weights_sha256());
  }
}

// An interrupted epoch is undone to where it was gone on with, and goes on from there.
TEST_F(WithinEpoch, AnInterruptedContinuationContinues) {
  Sequential whole = model();
  whole.fit(data_.x, data_.y, {.batch_size = 8, .epochs = 3});
  const BackupAndRestoreOptions every_3{.save_freq = 3, .delete_checkpoint = false};
  Sequential first = model(), second = model();
  const auto fail = [](FitContext&, const BatchResult& b) {
    if (b.step == 5) throw Error("enough");
  };
  error_of([&] {
    first.fit(data_.x, data_.y,
              {.batch_size = 8,
               .epochs = 3,
               .callbacks = {BackupAndRestore(folder_.path(), every_3),
                             LambdaCallback({.on_batch_end = fail})}});
  });
  std::atomic<int32_t> stop = 0;
  int64_t first_step = 0;
  const auto interrupt = [&](FitContext&, const BatchResult& b) {
    first_step = first_step == 0 ? b.step : first_step;
    stop = 1;
  };
  EXPECT_TRUE(second
                  .fit(data_.x, data_.y,
                       {.batch_size = 8,
                        .epochs = 3,
                        .callbacks = {BackupAndRestore(folder_.path(), every_3),
                                      LambdaCallback({.on_batch_end = interrupt})},
                        .stop = &stop})
                  .stopped);
  EXPECT_EQ(first_step, 4);
  EXPECT_NE(
      error_of([&] {
        second.fit(data_.x, data_.y, {.batch_size = 10});
      }).find("the epoch to go on with has 50 rows in batches of 8, not 50 rows in batches of 10"),
      std::string::npos);
  second.fit(data_.x, data_.y, {.batch_size = 8, .epochs = 3});
  EXPECT_EQ(second.weights_sha256(), whole.weights_sha256());
}

// The begin of an epoch that is gone on with was before: a rate is not halved twice for it.
TEST_F(WithinEpoch, TheBeginOfTheEpochIsNotDoneTwice) {
  const auto train = [&](int64_t fails_at) {
    Sequential m({Input({2}), Dense(3, "softmax")});
    m.compile(
        {.loss = "sparse_categorical_crossentropy", .optimizer = SGD(0.5), .run = interpreter()});
    const auto halve = [](int64_t, double rate) { return rate / 2; };
    const auto fail = [&](FitContext& f, const BatchResult& b) {
      if (7 * (f.epoch - 1) + b.step == fails_at) throw Error("enough");
    };
    error_of([&] {
      m.fit(data_.x, data_.y,
            {.batch_size = 8,
             .epochs = 3,
             .callbacks = {LearningRateScheduler(halve),
                           BackupAndRestore(folder_.path(), {.save_freq = 3}),
                           LambdaCallback({.on_batch_end = fail})}});
    });
    return std::pair(m.learning_rate(), m.weights_sha256());
  };
  const auto undisturbed = train(0);
  EXPECT_EQ(undisturbed.first, 0.0625);
  train(10);
  EXPECT_EQ(train(0), undisturbed);
}

TEST_F(WithinEpoch, WhatMakesNoSense) {
  EXPECT_EQ(error_of([] { BackupAndRestore("backup", {.save_freq = 0}); }),
            "BackupAndRestore: save_freq must be 1 or more, not 0");
  EXPECT_EQ(error_of([] { ModelCheckpoint("m.lathe", {.save_freq = -1}); }),
            "ModelCheckpoint: save_freq must be 1 or more, not -1");
  EXPECT_EQ(error_of([] { ModelCheckpoint("m.lathe", {.save_best_only = true, .save_freq = 2}); }),
            "ModelCheckpoint: val_loss is not known within an epoch, where save_freq saves: give "
            "monitor another value");
  Sequential m = model();
  const FitOptions unknown{.callbacks = {ModelCheckpoint("{bach}.lathe", {.save_freq = 1})}};
  EXPECT_NE(error_of([&] {
              m.fit(data_.x, data_.y, unknown);
            }).find("there are epoch, batch, loss, accuracy"),
            std::string::npos);
}

}  // namespace
}  // namespace lathe
