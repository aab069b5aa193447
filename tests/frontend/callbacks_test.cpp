// Callbacks that are fed with made-up logs: what Keras's rules come to, worked out by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/frontend/frontend_test_util.h"
#include "tests/temp_folder.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using test::interpreter;
using test::small_model;

/// A fit in which nothing is trained.
class Script {
 public:
  explicit Script(const Optimizer& optimizer = SGD(1.0)) : model_(small_model()) {
    model_.compile({.loss = "sparse_categorical_crossentropy",
                    .optimizer = optimizer,
                    .metrics = {"accuracy", "mae", "false_positives", "auc(name=area)"},
                    .run = interpreter()});
    fit_.validates = true;
  }
  void begin(Callback& callback) { callback.on_train_begin(fit_); }
  /// An epoch that came to these values.
  Logs epoch(Callback& callback, const std::vector<Logs::Entry>& values) {
    ++fit_.epoch;
    callback.on_epoch_begin(fit_);
    EpochResult result;
    result.epoch = fit_.epoch;
    for (const auto& [name, value] : values) result.logs.add(name, value);
    callback.on_epoch_end(fit_, result);
    return result.logs;
  }
  Sequential& model() { return model_; }
  FitContext& fit() { return fit_; }

 private:
  Sequential model_;
  FitContext fit_{model_};
};

class EarlyStop : public ::testing::Test {
 protected:
  /// The epochs that it stops after and finds best; 0: none.
  static std::pair<int64_t, int64_t> stop(const EarlyStoppingOptions& options,
                                          const std::vector<double>& values) {
    Script script;
    EarlyStopping callback(options);
    script.begin(callback);
    for (double v : values) {
      script.epoch(callback, {{"loss", 9}, {"accuracy", 0}, {options.monitor, v}});
      if (script.fit().stop_training) break;
    }
    EXPECT_EQ(callback.stopped_epoch(), script.fit().stop_training ? script.fit().epoch : 0);
    return {callback.stopped_epoch(), callback.best_epoch()};
  }
  using Epochs = std::pair<int64_t, int64_t>;
};

TEST_F(EarlyStop, WaitsAsLongAsItIsPatient) {
  EXPECT_EQ(stop({}, {1, 0.9, 0.95, 0.5}), Epochs(3, 2));
  EXPECT_EQ(stop({.patience = 2}, {1, 0.9, 0.95, 0.85, 0.9, 0.9, 0}), Epochs(6, 4));
  EXPECT_EQ(stop({.patience = 3}, {1, 2, 2}), Epochs(0, 1));
  EXPECT_EQ(stop({.patience = 1}, {1, 1}), Epochs(2, 1));
}

TEST_F(EarlyStop, MinDeltaMustBeExceeded) {
  EXPECT_EQ(stop({.min_delta = 0.1, .patience = 1}, {1, 0.95, 0}), Epochs(2, 1));
  EXPECT_EQ(stop({.min_delta = -0.1, .patience = 1}, {1, 0.95, 0}), Epochs(2, 1));
  EXPECT_EQ(stop({.min_delta = 0.1, .patience = 1}, {1, 0.8, 0.6}), Epochs(0, 3));
  // Small steps do not add up while they are each too small; the best stays where it is.
  EXPECT_EQ(stop({.min_delta = 0.1, .patience = 2}, {1, 0.95, 0.85}), Epochs(0, 3));
}

TEST_F(EarlyStop, AutoFollowsTheMetric) {
  EXPECT_EQ(stop({.monitor = "val_accuracy", .patience = 1}, {0.5, 0.6, 0.55}), Epochs(3, 2));
  EXPECT_EQ(stop({.monitor = "val_area", .patience = 1}, {0.5, 0.6, 0.55}), Epochs(3, 2));
  EXPECT_EQ(stop({.monitor = "val_mae", .patience = 1}, {0.5, 0.6}), Epochs(2, 1));
  EXPECT_EQ(stop({.monitor = "val_mae", .patience = 1, .mode = "max"}, {0.5, 0.6}), Epochs(0, 2));
  EXPECT_EQ(stop({.monitor = "mine", .patience = 1, .mode = "min"}, {0.5, 0.6}), Epochs(2, 1));
}

TEST_F(EarlyStop, ABaselineMustBeBeatenInTime) {
  EXPECT_EQ(stop({.patience = 2, .baseline = 0.5}, {0.9, 0.95}), Epochs(2, 1));
  // An improvement is no end, though it does not reach the baseline.
  EXPECT_EQ(stop({.patience = 2, .baseline = 0.5}, {0.9, 0.8, 0.7, 0.75}), Epochs(4, 3));
  EXPECT_EQ(stop({.patience = 2, .baseline = 0.5}, {0.4, 0.45}), Epochs(0, 1));
}

TEST_F(EarlyStop, MayPassOverTheFirstEpochs) {
  EXPECT_EQ(stop({.patience = 1, .start_from_epoch = 3}, {1, 2, 3, 4, 5}), Epochs(5, 4));
}

TEST_F(EarlyStop, NothingIsBetterThanNaN) {
  EXPECT_EQ(stop({}, {NAN, 0.5}), Epochs(2, 1));
  EXPECT_EQ(stop({.patience = 2}, {1, NAN, NAN}), Epochs(3, 1));
}

TEST_F(EarlyStop, PassesOverEpochsWithoutValidation) {
  Script script;
  EarlyStopping callback({.patience = 1});
  script.begin(callback);
  script.epoch(callback, {{"loss", 1}, {"val_loss", 1}});
  for (int i = 0; i < 3; ++i) script.epoch(callback, {{"loss", 1}});
  EXPECT_FALSE(script.fit().stop_training);
  script.epoch(callback, {{"loss", 1}, {"val_loss", 1}});
  EXPECT_TRUE(script.fit().stop_training);
}

TEST_F(EarlyStop, RestoresTheBestWeights) {
  for (const bool interrupted : {false, true}) {
    Script script;
    EarlyStopping callback({.patience = 2, .restore_best_weights = true});
    script.begin(callback);
    script.epoch(callback, {{"val_loss", 2}});
    const std::string best = script.model().weights_sha256();
    script.epoch(callback, {{"val_loss", 3}});
    std::vector<Array> others = script.model().get_weights();
    for (Array& w : others) w.fill(1.0f);
    script.model().set_weights(others);
    script.fit().interrupted = interrupted;
    callback.on_train_end(script.fit());
    EXPECT_EQ(script.model().weights_sha256() == best, !interrupted);
  }
}

TEST_F(EarlyStop, SaysWhatIsWrong) {
  const auto begin = [](const EarlyStoppingOptions& options, bool validates = true) {
    return error_of([&] {
      Script script;
      script.fit().validates = validates;
      EarlyStopping callback(options);
      script.begin(callback);
      script.epoch(callback, {{"loss", 1}, {"accuracy", 1}});
    });
  };
  EXPECT_EQ(begin({.mode = "mni"}), "EarlyStopping: unknown mode 'mni'; did you mean 'min'?");
  EXPECT_EQ(begin({}, false), "EarlyStopping monitors val_loss, but there are no validation data");
  const std::string slip = begin({.monitor = "val_acuracy"});
  EXPECT_EQ(slip,
            "EarlyStopping: unknown value to monitor 'val_acuracy'; did you mean 'val_accuracy'? "
            "(Of a value that callbacks add, mode must say which is better: min or max)");
  for (const std::string monitor : {"val_los", "valloss", "vall_loss"}) {
    const std::string of_loss = begin({.monitor = monitor});
    EXPECT_NE(of_loss.find("'" + monitor + "'; did you mean 'val_loss'?"), std::string::npos)
        << of_loss;
  }
  const std::string alone = begin({.monitor = "los"}, false);
  EXPECT_NE(alone.find("'los'; did you mean 'loss'?"), std::string::npos) << alone;
  const std::string other = begin({.monitor = "temperature"}, false);
  EXPECT_NE(other.find("known are loss, "), std::string::npos) << other;
  EXPECT_EQ(other.find("val_"), std::string::npos) << other;
  const std::string counts = begin({.monitor = "false_positives"});
  EXPECT_NE(counts.find("mode must say: min or max"), std::string::npos) << counts;
  const std::string missing = begin({.monitor = "acuracy", .mode = "max"});
  EXPECT_NE(missing.find("did you mean 'accuracy'?"), std::string::npos) << missing;
  EXPECT_NE(begin({.patience = -1}), "");
}

class Plateau : public ::testing::Test {
 protected:
  /// The rates after each epoch.
  static std::vector<float> rates(const ReduceLROnPlateauOptions& options,
                                  const std::vector<double>& values) {
    Script script;
    ReduceLROnPlateau callback(options);
    script.begin(callback);
    std::vector<float> all;
    for (double v : values) {
      const double before = script.model().learning_rate();
      const Logs logs = script.epoch(callback, {{"loss", 9}, {"val_loss", v}});
      EXPECT_EQ(logs["learning_rate"], before);
      all.push_back(static_cast<float>(script.model().learning_rate()));
    }
    return all;
  }
  using Rates = std::vector<float>;
};

TEST_F(Plateau, LowersTheRate) {
  const std::vector<double> flat(6, 1.0);
  EXPECT_EQ(rates({.factor = 0.5, .patience = 2}, flat), Rates({1, 1, 0.5, 0.5, 0.25, 0.25}));
  EXPECT_EQ(rates({.factor = 0.5, .patience = 2, .cooldown = 2}, flat),
            Rates({1, 1, 0.5, 0.5, 0.5, 0.25}));
  EXPECT_EQ(rates({.factor = 0.5, .patience = 2, .min_lr = 0.4}, flat),
            Rates({1, 1, 0.5, 0.5, 0.4f, 0.4f}));
  EXPECT_EQ(rates({.factor = 0.5, .patience = 0}, {1, 1, 0.5, 0.5}), Rates({1, 0.5, 0.5, 0.25}));
  EXPECT_EQ(rates({}, flat), Rates({1, 1, 1, 1, 1, 1}));
}

TEST_F(Plateau, ImprovementsMustExceedMinDelta) {
  EXPECT_EQ(rates({.factor = 0.5, .patience = 1, .min_delta = 0.1}, {1, 0.95, 0.8, 0.75}),
            Rates({1, 0.5, 0.5, 0.25}));
  EXPECT_EQ(rates({.factor = 0.5, .patience = 1, .mode = "max"}, {1, 2, 1.5}), Rates({1, 1, 0.5}));
}

TEST_F(Plateau, SaysWhatIsWrong) {
  EXPECT_NE(error_of([] { ReduceLROnPlateau({.factor = 1}); }).find("factor"), std::string::npos);
  EXPECT_NE(error_of([] { ReduceLROnPlateau({.factor = NAN}); }), "");
}

TEST(LearningRates, FollowAFunctionOfEpochsFromZero) {
  Script script;
  LearningRateScheduler callback([](int64_t epoch, double rate) {
    return epoch == 0 ? rate : rate / static_cast<double>(2 * epoch);
  });
  script.begin(callback);
  EXPECT_EQ(script.epoch(callback, {{"loss", 1}})["learning_rate"], 1);
  EXPECT_EQ(script.epoch(callback, {{"loss", 1}})["learning_rate"], 0.5);
  EXPECT_EQ(script.epoch(callback, {{"loss", 1}})["learning_rate"], 0.125);
}

TEST(LearningRates, CantBeSetWhereAScheduleSetsThem) {
  Optimizer optimizer = "sgd(learning_rate=exponential_decay(0.1, decay_steps=10, decay_rate=0.5))";
  Script script(optimizer);
  LearningRateScheduler scheduler([](int64_t, double rate) { return rate; });
  ReduceLROnPlateau reduce;
  for (Callback* callback : {static_cast<Callback*>(&scheduler), static_cast<Callback*>(&reduce)}) {
    const std::string what = error_of([&] { script.begin(*callback); });
    EXPECT_NE(what.find("follows the schedule exponential_decay: it can't be set"),
              std::string::npos)
        << what;
  }
  Script plain;
  LearningRateScheduler bad([](int64_t, double) { return -1.0; });
  plain.begin(bad);
  EXPECT_NE(
      error_of([&] { plain.epoch(bad, {}); }).find("LearningRateScheduler: the learning rate"),
      std::string::npos);
  EXPECT_NE(error_of([] { LearningRateScheduler(nullptr); }), "");
}

class Csv : public ::testing::Test {
 protected:
  std::string text() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  test::TempFolder folder_;
  const fs::path path_ = folder_ / "log.csv";
};

TEST_F(Csv, HasARowAnEpoch) {
  Script script;
  CSVLogger callback(path_);
  script.begin(callback);
  script.epoch(callback, {{"loss", 0.5}, {"accuracy", 1}, {"val_loss", NAN}});
  EXPECT_EQ(text(), "epoch,accuracy,loss,val_loss\n0,1.0,0.5,nan\n");  // before the fit ends
  script.epoch(callback, {{"loss", 1e-30}, {"accuracy", 0.1}});
  callback.on_train_end(script.fit());
  EXPECT_EQ(text(), "epoch,accuracy,loss,val_loss\n0,1.0,0.5,nan\n1,0.1,1e-30,NA\n");
}

TEST_F(Csv, MayBeContinued) {
  Script script;
  for (const bool append : {false, true}) {
    CSVLogger callback(path_, {.separator = ";", .append = append});
    script.begin(callback);
    script.epoch(callback, {{"loss", 2}});
    callback.on_train_end(script.fit());
  }
  EXPECT_EQ(text(), "epoch;loss;val_loss\n0;2.0;NA\n1;2.0;NA\n");
  CSVLogger anew(path_);
  script.begin(anew);
  EXPECT_EQ(text(), "");
  script.epoch(anew, {{"a,b", 1}, {"val_c", 2}});
  EXPECT_EQ(text(), "epoch,\"a,b\",val_c\n2,1.0,2.0\n");
}

TEST_F(Csv, SaysWhatIsWrong) {
  Script script;
  CSVLogger nowhere(path_ / "no" / "folder.csv");
  EXPECT_NE(error_of([&] { script.begin(nowhere); }).find("No such file"), std::string::npos);
  EXPECT_NE(error_of([] { CSVLogger("x", {.separator = ""}); }), "");
}

TEST(ProgressBars, DrawOverTheirLine) {
  Script script;
  std::ostringstream stream;
  ProgressBar callback(stream, {.width = 4});
  callback.on_progress(script.fit(), {1, 2, 5, 10, 0.25, {}});
  EXPECT_EQ(stream.str(), "epoch 1/2 [==..] 0.2 s  ");
  stream.str("");
  callback.on_progress(script.fit(), {1, 2, 5, 0, 0.25, {}});  // of files that were not read yet
  EXPECT_EQ(stream.str(), "\repoch 1/2 5 rows 0.2 s  ");
  stream.str("");
  script.epoch(callback, {{"loss", 1}});
  EXPECT_EQ(stream.str().front(), '\r');
  EXPECT_EQ(stream.str().back(), '\n');
  EXPECT_EQ(ProgressBar(stream, {.live = false}).steps(), Callback::Steps::None);
}

TEST(CallbackList, ShowsOptionsAndDefaults) {
  std::vector<std::string> names;
  for (const CatalogEntry& e : catalog("callbacks")) {
    names.push_back(e.name);
    EXPECT_FALSE(e.text.empty()) << e.name;
    if (e.name == "ReduceLROnPlateau") {
      EXPECT_NE(e.text.find("; monitor = val_loss; factor = 0.1; patience = 10"), std::string::npos)
          << e.text;
    }
    if (e.name == "EarlyStopping") {
      EXPECT_NE(e.text.find("baseline = none"), std::string::npos) << e.text;
    }
  }
  EXPECT_EQ(names.size(), 10u);
}

}  // namespace
}  // namespace lathe
