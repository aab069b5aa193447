// Callbacks in real fits: when they are called, what they change, and what a killed training leaves.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>

#include "frontend/model/model_impl.h"
#include "tests/frontend/frontend_test_util.h"
#include "tests/temp_folder.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;
using test::backends;
using test::bunches;
using test::error_of;
using test::interpreter;
using test::small_model;

class FitCallbacks : public ::testing::Test {
 protected:
  /// Momentum, noise and a short last batch: everything that has to come back.
  static Sequential noisy_model(const Optimizer& optimizer = "adam(learning_rate=0.05)",
                                const RunOptions& run = interpreter()) {
    Sequential model({Input({2}), Dense(8, "tanh"), Dropout(0.3), Dense(3, "softmax")});
    model.compile({.loss = "sparse_categorical_crossentropy",
                   .optimizer = optimizer,
                   .metrics = {"accuracy"},
                   .seed = 3,
                   .run = run});
    return model;
  }
  ValidationData validation() const { return {unseen_.x, unseen_.y}; }

  test::TempFolder folder_;
  test::Points data_ = bunches(50), unseen_ = bunches(21, 2);
};

/// Writes down what is called.
class Recorder : public Callback {
 public:
  explicit Recorder(Steps steps = Steps::None) : steps_(steps) {}
  Steps steps() const override { return steps_; }
  void on_train_begin(FitContext& f) override { note("begin", f.epoch); }
  void on_train_end(FitContext& f) override { note(f.interrupted ? "cut" : "end", f.epoch); }
  void on_epoch_begin(FitContext& f) override { note("(", f.epoch); }
  void on_epoch_end(FitContext& f, EpochResult& r) override {
    EXPECT_EQ(f.epoch, r.epoch);
    EXPECT_EQ(f.epoch, f.model.epochs_trained());
    note(")", f.epoch);
  }
  void on_batch_end(FitContext&, const BatchResult& b) override { note(".", b.step); }
  void on_test_begin(FitContext& f) override { note("[", f.epoch); }
  void on_test_end(FitContext& f) override { note("]", f.epoch); }
  std::string text;

 private:
  void note(const std::string& what, int64_t n) { text += what + std::to_string(n) + " "; }
  Steps steps_;
};

TEST_F(FitCallbacks, AreCalledInKerassOrder) {
  Sequential model = noisy_model();
  Recorder all(Callback::Steps::All), epochs;
  FitOptions options{.batch_size = 25, .epochs = 2, .callbacks = {all, epochs}};
  model.fit(data_.x, data_.y, options);
  EXPECT_EQ(all.text, "begin0 (1 .1 .2 )1 (2 .1 .2 )2 end2 ");
  EXPECT_EQ(epochs.text, "begin0 (1 )1 (2 )2 end2 ");
  options.epochs = 1;
  options.validation_data = validation();
  epochs.text.clear();
  model.fit(data_.x, data_.y, options);
  EXPECT_EQ(epochs.text, "begin2 (3 [3 ]3 )3 end3 ");
}

TEST_F(FitCallbacks, OnlyThoseWhoHearStepsCostEntries) {
  Sequential model = noisy_model();
  model.fit(data_.x, data_.y,
            {.batch_size = 4,
             .epochs = 3,
             .callbacks = {Recorder(), TerminateOnNaN(), EarlyStopping({.monitor = "loss"}),
                           LambdaCallback({.on_epoch_end = [](FitContext&, EpochResult&) {}})}});
  EXPECT_EQ(model.impl().engine()->counts("train_step").entries, model.epochs_trained());
  Recorder all(Callback::Steps::All);
  Sequential heard = noisy_model();
  heard.fit(data_.x, data_.y, {.batch_size = 4, .callbacks = {all}});
  EXPECT_EQ(heard.impl().engine()->counts("train_step").entries, 13);
}

TEST_F(FitCallbacks, EndThenTrainingAndSeeItsEnd) {
  Sequential model = noisy_model();
  Recorder recorder;
  const auto stop = [](FitContext& fit, EpochResult&) { fit.stop_training = fit.epoch == 2; };
  const History h =
      model.fit(data_.x, data_.y,
                {.epochs = 9, .callbacks = {LambdaCallback({.on_epoch_end = stop}), recorder}});
  EXPECT_EQ(h.epochs.size(), 2u);
  EXPECT_FALSE(h.stopped);
  EXPECT_EQ(recorder.text, "begin0 (1 )1 (2 )2 end2 ");
}

TEST_F(FitCallbacks, WhatEndsAnEpochEarlyKeepsIt) {
  Sequential model = noisy_model(), alone = noisy_model();
  const auto stop = [](FitContext& fit, const BatchResult& b) { fit.stop_training = b.step == 3; };
  const History h = model.fit(data_.x, data_.y,
                              {.batch_size = 5,
                               .epochs = 4,
                               .shuffle = false,
                               .callbacks = {LambdaCallback({.on_batch_end = stop})}});
  EXPECT_EQ(h.epochs.size(), 1u);
  EXPECT_EQ(model.epochs_trained(), 1);
  alone.fit(rows(data_.x, 0, 15), rows(data_.y, 0, 15), {.batch_size = 5, .shuffle = false});
  EXPECT_EQ(model.weights_sha256(), alone.weights_sha256());
  EXPECT_EQ(h.last().logs.loss(), alone.history()[0].logs.loss());
}

TEST_F(FitCallbacks, ErrorsAndInterruptionsEndThemToo) {
  Sequential model = noisy_model();
  const std::string before = model.weights_sha256();
  Recorder recorder;
  const auto fail = [](FitContext&, const BatchResult& b) {
    if (b.step == 2) throw Error("enough");
  };
  const FitOptions options{.batch_size = 5,
                           .callbacks = {recorder, LambdaCallback({.on_batch_end = fail})}};
  EXPECT_EQ(error_of([&] { model.fit(data_.x, data_.y, options); }), "enough");
  EXPECT_EQ(recorder.text, "begin0 (1 cut1 ");
  EXPECT_EQ(model.weights_sha256(), before);
  recorder.text.clear();
  std::atomic<int32_t> stop = 1;
  EXPECT_TRUE(model.fit(data_.x, data_.y, {.callbacks = {recorder}, .stop = &stop}).stopped);
  EXPECT_EQ(recorder.text, "begin0 cut1 ");
}

TEST_F(FitCallbacks, LogsThatAreAddedStandInTheHistory) {
  Sequential model = noisy_model();
  const auto halve = [](int64_t epoch, double rate) { return epoch == 0 ? rate : rate / 2; };
  const History h =
      model.fit(data_.x, data_.y, {.epochs = 3, .callbacks = {LearningRateScheduler(halve)}});
  const float first = 0.05f;
  EXPECT_EQ(h["learning_rate"], (std::vector<double>{first, first / 2, first / 4}));
  EXPECT_EQ(model.history()[2].logs["learning_rate"], first / 4);
  EXPECT_EQ(model.learning_rate(), first / 4);
}

TEST_F(FitCallbacks, WhatAnEpochsBeginChangedIsUndoneWithIt) {
  // Otherwise the rate of the second epoch would be halved twice.
  const auto halve = [](int64_t, double rate) { return rate / 2; };
  for (const RunOptions& run : backends()) {
    Sequential whole = noisy_model("sgd(learning_rate=0.5)", run);
    whole.fit(data_.x, data_.y, {.epochs = 3, .callbacks = {LearningRateScheduler(halve)}});
    Sequential model = noisy_model("sgd(learning_rate=0.5)", run);
    std::atomic<int32_t> stop = 0;
    const auto interrupt = [&](FitContext& f, const BatchResult& b) {
      stop = f.epoch == 2 && b.step == 1;
    };
    model.fit(
        data_.x, data_.y,
        {.epochs = 3,
         .callbacks = {LearningRateScheduler(halve), LambdaCallback({.on_batch_end = interrupt})},
         .stop = &stop});
    EXPECT_EQ(model.epochs_trained(), 1);
    EXPECT_EQ(model.learning_rate(), 0.25);
    model.fit(data_.x, data_.y, {.epochs = 2, .callbacks = {LearningRateScheduler(halve)}});
    EXPECT_EQ(model.weights_sha256(), whole.weights_sha256());
  }
}

TEST_F(FitCallbacks, TheBestWeightsComeBack) {
  Sequential model = noisy_model();
  std::vector<std::string> hashes;
  EarlyStopping early({.patience = 4, .restore_best_weights = true});
  const auto keep = [&](FitContext& fit, EpochResult&) {
    hashes.push_back(fit.model.weights_sha256());
    // From the second epoch on nothing good is learned.
    fit.model.set_learning_rate(fit.epoch == 2 ? 30 : fit.model.learning_rate());
  };
  model.fit(data_.x, data_.y,
            {.epochs = 40,
             .validation_data = validation(),
             .callbacks = {LambdaCallback({.on_epoch_end = keep}), early}});
  ASSERT_GT(early.stopped_epoch(), 0);
  EXPECT_EQ(early.stopped_epoch(), early.best_epoch() + 4);
  EXPECT_EQ(model.weights_sha256(), hashes[static_cast<size_t>(early.best_epoch() - 1)]);
  EXPECT_EQ(model.evaluate(unseen_.x, unseen_.y).loss(),
            model.history()[static_cast<size_t>(early.best_epoch() - 1)].logs["val_loss"]);
}

TEST_F(FitCallbacks, CheckpointsAreModelsOfTheirEpoch) {
  Sequential model = noisy_model();
  const std::string pattern = (folder_ / "of" / "m-{epoch:02d}-{loss:.2f}.lathe").string();
  const History h =
      model.fit(data_.x, data_.y, {.epochs = 2, .callbacks = {ModelCheckpoint(pattern)}});
  char name[64];
  std::snprintf(name, sizeof name, "m-01-%.2f.lathe", h.epochs[0].logs.loss());
  Model back = Model::load(folder_ / "of" / name, interpreter());
  EXPECT_EQ(back.epochs_trained(), 1);
  back.fit(data_.x, data_.y);
  EXPECT_EQ(back.weights_sha256(), model.weights_sha256());
  const std::string what = error_of(
      [&] { model.fit(data_.x, data_.y, {.callbacks = {ModelCheckpoint("{lss:.2f}.lathe")}}); });
  EXPECT_NE(what.find("there are epoch, loss, accuracy"), std::string::npos) << what;
}

TEST_F(FitCallbacks, WeightsAloneAreSavedAsKerasDoes) {
  Sequential model = noisy_model();
  std::vector<std::string> hashes;
  const auto keep = [&](FitContext& fit, EpochResult&) {
    hashes.push_back(fit.model.weights_sha256());
  };
  for (const char* end : {".weights.h5", ".h5"}) {
    hashes.clear();
    const std::string pattern = (folder_ / "of" / "m-{epoch}").string() + end;
    model.compile(model.compile_options());
    model.fit(data_.x, data_.y,
              {.epochs = 2,
               .callbacks = {LambdaCallback({.on_epoch_end = keep}),
                             ModelCheckpoint(pattern, {.save_weights_only = true})}});
    for (int epoch = 1; epoch <= 2; ++epoch) {
      Sequential back = noisy_model();
      back.load_weights(folder_ / "of" / ("m-" + std::to_string(epoch) + end));
      EXPECT_EQ(back.weights_sha256(), hashes[static_cast<size_t>(epoch - 1)]) << end;
    }
  }
  for (const char* path : {"m.lathe", "m.keras", "m.hdf5", "m"})
    EXPECT_EQ(error_of([&] { ModelCheckpoint(path, {.save_weights_only = true}); }),
              std::string("ModelCheckpoint: ") + path +
                  ": expected a name that ends in .weights.h5 (as of Keras 3) or .h5");
  for (const char* path : {"best.keras", "best.weights.h5", "{epoch}.h5", "m.hdf5"}) {
    const std::string what = error_of([&] { ModelCheckpoint{path}; });
    EXPECT_TRUE(what.starts_with(std::string("ModelCheckpoint: ") + path)) << what;
    EXPECT_NE(what.find("save_weights"), std::string::npos) << what;
  }
}

TEST_F(FitCallbacks, TheBestAloneIsSaved) {
  Sequential model = noisy_model();
  const std::vector<double> made_up = {3, 4, 2, 5};
  const auto script = [&](FitContext& fit, EpochResult& result) {
    result.logs.set("val_loss", made_up[static_cast<size_t>(fit.epoch - 1)]);
  };
  const std::string pattern = (folder_ / "{epoch}-{val_loss}.lathe").string();
  ModelCheckpoint best(pattern, {.save_best_only = true});
  model.fit(data_.x, data_.y,
            {.epochs = 4,
             .validation_data = validation(),
             .callbacks = {LambdaCallback({.on_epoch_end = script}), best}});
  EXPECT_EQ(folder_.files(), (std::set<std::string>{"1-3.lathe", "3-2.lathe"}));
  EXPECT_EQ(best.best(), 2);

  Sequential other = noisy_model();
  ModelCheckpoint low(pattern, {.save_best_only = true, .initial_value_threshold = 1.5});
  other.fit(data_.x, data_.y,
            {.epochs = 4,
             .validation_data = validation(),
             .callbacks = {LambdaCallback({.on_epoch_end = script}), low}});
  EXPECT_EQ(folder_.files().size(), 2u);
}

TEST_F(FitCallbacks, ANaNEndsTheTrainingWithoutAnError) {
  Sequential model({Input({1}), Dense(1)});
  model.compile({.loss = "mse", .optimizer = SGD(1e30), .run = interpreter()});
  const Array x = Array::from<float>({1, 2, 3, 4}, {4, 1});
  const Array y = Array::from<float>({2, 4, 6, 8}, {4});
  FitOptions options{.batch_size = 1,
                     .epochs = 5,
                     .validation_data = ValidationData{x, y},
                     .callbacks = {TerminateOnNaN()}};
  const History h = model.fit(x, y, options);
  EXPECT_EQ(h.epochs.size(), 1u);
  EXPECT_FALSE(std::isfinite(h.last().logs.loss()));
  EXPECT_LT(model.impl().engine()->counts("train_step").steps, 4);

  Sequential other({Input({1}), Dense(1)});
  other.compile({.loss = "mse", .optimizer = SGD(1e30), .run = interpreter()});
  const std::string before = other.weights_sha256();
  options.callbacks = {TerminateOnNaN({.raise_error = true})};
  const std::string what = error_of([&] { other.fit(x, y, options); });
  EXPECT_NE(what.find("TerminateOnNaN: the loss became"), std::string::npos) << what;
  EXPECT_EQ(other.weights_sha256(), before);
}

TEST_F(FitCallbacks, AveragesTakeTheWeightsPlace) {
  const Optimizer optimizer = "sgd(learning_rate=0.5, use_ema=true, ema_momentum=0.9)";
  for (const RunOptions& run : backends()) {
    Sequential expected = noisy_model(optimizer, run);
    std::string own;
    std::vector<Array> averages;
    const auto keep = [&](FitContext& f, EpochResult&) {
      own = f.model.weights_sha256();
      averages.clear();
      for (const std::string& name : f.model.weight_names())
        averages.push_back(f.model.impl().state(name + ".average"));
    };
    expected.fit(data_.x, data_.y,
                 {.epochs = 3, .callbacks = {LambdaCallback({.on_epoch_end = keep})}});
    Sequential averaged = noisy_model(optimizer, run);
    averaged.set_weights(averages);
    ASSERT_EQ(expected.weights_sha256(), averaged.weights_sha256());
    ASSERT_NE(expected.weights_sha256(), own);

    for (const bool on_epoch : {false, true}) {
      Sequential model = noisy_model(optimizer, run);
      std::vector<std::string> seen;
      const auto look = [&](FitContext& f, EpochResult&) {
        seen.push_back(f.model.weights_sha256());
      };
      const History h = model.fit(data_.x, data_.y,
                                  {.epochs = 3,
                                   .validation_data = validation(),
                                   .callbacks = {SwapEMAWeights({.swap_on_epoch = on_epoch}),
                                                 LambdaCallback({.on_epoch_end = look})}});
      EXPECT_EQ(model.weights_sha256(), expected.weights_sha256());
      EXPECT_EQ(h.last().logs["val_loss"], expected.evaluate(unseen_.x, unseen_.y).loss());
      EXPECT_EQ(seen[2], on_epoch ? expected.weights_sha256() : own);
    }
  }
  Sequential none = noisy_model();
  EXPECT_NE(error_of([&] {
              none.fit(data_.x, data_.y, {.callbacks = {SwapEMAWeights()}});
            }).find("needs an optimizer with use_ema = true"),
            std::string::npos);
}

TEST_F(FitCallbacks, AnInterruptedTrainingHasItsOwnWeightsNotTheAverages) {
  const Optimizer optimizer = "sgd(learning_rate=0.5, use_ema=true, ema_momentum=0.9)";
  Sequential model = noisy_model(optimizer);
  std::string own;
  const auto keep = [&](FitContext& f, EpochResult&) { own = f.model.weights_sha256(); };
  std::atomic<int32_t> stop = 0;
  const auto interrupt = [&](FitContext& f, const BatchResult& b) {
    stop = f.epoch == 3 && b.step == 1;
  };
  model.fit(data_.x, data_.y,
            {.batch_size = 32,
             .epochs = 9,
             .callbacks = {LambdaCallback({.on_epoch_end = keep, .on_batch_end = interrupt}),
                           SwapEMAWeights({.swap_on_epoch = true})},
             .stop = &stop});
  EXPECT_EQ(model.epochs_trained(), 2);
  EXPECT_EQ(model.weights_sha256(), own);
}

TEST_F(FitCallbacks, ContinuingAnInterruptedTrainingEndsWithTheSameAverages) {
  const Optimizer optimizer = "adam(use_ema=true, ema_overwrite_frequency=7)";
  for (const RunOptions& run : backends()) {
    Sequential whole = noisy_model(optimizer, run), parts = noisy_model(optimizer, run);
    whole.fit(data_.x, data_.y, {.batch_size = 8, .epochs = 4});
    std::atomic<int32_t> stop = 0;
    const auto interrupt = [&](FitContext& f, const BatchResult& b) {
      stop = f.epoch == 3 && b.step == 2;
    };
    parts.fit(data_.x, data_.y,
              {.batch_size = 8,
               .epochs = 4,
               .callbacks = {LambdaCallback({.on_batch_end = interrupt})},
               .stop = &stop});
    const fs::path file = folder_ / "interrupted.lathe";
    parts.save(file);
    Model back = Model::load(file, run);
    back.fit(data_.x, data_.y, {.batch_size = 8, .epochs = 2});
    EXPECT_EQ(back.weights_sha256(), whole.weights_sha256());
  }
}

TEST_F(FitCallbacks, AveragesNeedASteppedModel) {
  Sequential model = noisy_model("sgd(use_ema=true)");
  const std::string before = model.weights_sha256();
  model.fit(data_.x, data_.y, {.epochs = 0});
  EXPECT_EQ(model.weights_sha256(), before);
  // The best weights are what EarlyStopping puts back, not averages.
  EarlyStopping early({.monitor = "loss", .patience = 1, .restore_best_weights = true});
  std::vector<std::string> own;
  const auto keep = [&](FitContext& f, EpochResult& r) {
    own.push_back(f.model.weights_sha256());
    r.logs.set("loss", static_cast<double>(f.epoch));
  };
  model.fit(data_.x, data_.y,
            {.epochs = 5, .callbacks = {LambdaCallback({.on_epoch_end = keep}), early}});
  EXPECT_EQ(own.size(), 2u);
  EXPECT_EQ(model.weights_sha256(), own[0]);
}

/// The results of epochs, as text.
std::string logs_of(const std::vector<EpochResult>& epochs) {
  std::string text;
  for (const EpochResult& e : epochs) {
    text += std::to_string(e.epoch);
    for (const auto& [name, value] : e.logs) {
      char number[40];
      std::snprintf(number, sizeof number, " %a", value);
      text += " " + name + number;
    }
    text += "\n";
  }
  return text;
}

TEST_F(FitCallbacks, AKilledTrainingEndsWithTheSameBits) {
  Sequential undisturbed = noisy_model();
  undisturbed.fit(data_.x, data_.y, {.batch_size = 8, .epochs = 5});

  const fs::path backup = folder_ / "backup";
  // After epochs; and in the middle of the one, of 7 steps, in which it dies.
  for (const BackupAndRestoreOptions& options :
       {BackupAndRestoreOptions{}, BackupAndRestoreOptions{.save_freq = 1},
        BackupAndRestoreOptions{.save_freq = 8}}) {
    SCOPED_TRACE(options.save_freq.value_or(0));
    std::vector<int64_t> steps;  // of the first epoch that runs
    const auto train = [&](std::vector<CallbackHandle> callbacks) {
      Sequential model = noisy_model();
      callbacks.emplace_back(BackupAndRestore(backup, options));
      const History h = model.fit(
          data_.x, data_.y, {.batch_size = 8, .epochs = 5, .callbacks = std::move(callbacks)});
      EXPECT_EQ(logs_of(model.history()), logs_of(undisturbed.history()));
      return std::pair(model.weights_sha256(), h.epochs.size());
    };
    // The interpreter needs no threads, so there is none that the child would lack.
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto die = [](FitContext& fit, const BatchResult& b) {
        if (fit.epoch == 3 && b.step == 4) ::kill(::getpid(), SIGKILL);
      };
      train({LambdaCallback({.on_batch_end = die})});
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    EXPECT_TRUE(fs::exists(backup / "backup.lathe"));
    std::ofstream(backup / "backup.lathe.tmp-1-0") << "half a file, from a death while writing";

    const auto note = [&](FitContext& fit, const BatchResult& b) {
      if (fit.epoch == 3) steps.push_back(b.step);
    };
    const auto [hash, epochs] = train({LambdaCallback({.on_batch_end = note})});
    EXPECT_EQ(hash, undisturbed.weights_sha256());
    EXPECT_EQ(epochs, 3u);
    // Of 17 steps the last one saved is 14, 17 or 16.
    EXPECT_EQ(steps.front(), options.save_freq == 1 ? 4 : options.save_freq == 8 ? 3 : 1);
    EXPECT_EQ(steps.back(), 7);
    EXPECT_FALSE(fs::exists(backup));
  }
}

TEST_F(FitCallbacks, AFailedTrainingGoesOnOnEveryBackend) {
  for (const RunOptions& run : backends()) {
    const auto train = [&](int64_t fails_in) {
      Sequential model = noisy_model("adam(use_ema=true)", run);
      const auto fail = [&](FitContext& fit, const BatchResult& b) {
        if (fit.epoch == fails_in && b.step == 2) throw Error("a disk is full");
      };
      const std::string what = error_of([&] {
        model.fit(data_.x, data_.y,
                  {.batch_size = 8,
                   .epochs = 4,
                   .validation_data = validation(),
                   .callbacks = {BackupAndRestore(folder_ / "backup"), SwapEMAWeights(),
                                 LambdaCallback({.on_batch_end = fail})}});
      });
      EXPECT_EQ(what.empty(), fails_in == 0);
      return model.weights_sha256();
    };
    const std::string undisturbed = train(0);
    train(2), train(4);
    EXPECT_EQ(train(0), undisturbed);
  }
}

TEST_F(FitCallbacks, BackupsAreKeptAndCheckedAsAsked) {
  const BackupAndRestoreOptions keep{.every_epochs = 2, .delete_checkpoint = false};
  std::ofstream(folder_ / "other.txt") << "not ours";
  Sequential model = noisy_model();
  model.fit(data_.x, data_.y, {.epochs = 3, .callbacks = {BackupAndRestore(folder_.path(), keep)}});
  EXPECT_EQ(Model::load(folder_ / "backup.lathe").epochs_trained(), 2);

  const auto resume = [&](Sequential other, int64_t epochs = 0) {
    return error_of([&] {
      other.fit(data_.x, data_.y, {.epochs = epochs});
      other.fit(data_.x, data_.y, {.callbacks = {BackupAndRestore(folder_.path(), keep)}});
    });
  };
  EXPECT_EQ(resume(noisy_model()), "");
  EXPECT_NE(resume(noisy_model("sgd")).find("other loss, optimizer, metrics or seed"),
            std::string::npos);
  Sequential wide({Input({2}), Dense(9, "tanh"), Dense(3, "softmax")});
  wide.compile({.loss = "sparse_categorical_crossentropy", .run = interpreter()});
  EXPECT_NE(resume(std::move(wide)).find("other layers"), std::string::npos);
  EXPECT_NE(resume(noisy_model(), 3).find("of epoch 2, but the model is trained for 3"),
            std::string::npos);

  Sequential last = noisy_model();
  last.fit(data_.x, data_.y, {.epochs = 3, .callbacks = {BackupAndRestore(folder_.path())}});
  EXPECT_EQ(last.weights_sha256(), model.weights_sha256());
  EXPECT_EQ(folder_.files(), std::set<std::string>{"other.txt"});
  std::ofstream(folder_ / "backup.lathe") << "no model";
  EXPECT_NE(error_of([&] {
              last.fit(data_.x, data_.y, {.callbacks = {BackupAndRestore(folder_.path())}});
            }).find("backup.lathe"),
            std::string::npos);
}

}  // namespace
}  // namespace lathe
