// Metrics of several numbers, and tables: in logs, histories, files and monitors. Their figures
// against Keras's are in tests/keras.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "frontend/format/model_metadata.h"
#include "frontend/train/metrics.h"
#include "tests/frontend/frontend_test_util.h"
#include "tests/temp_folder.h"

namespace lathe {
namespace {

using test::error_of;

const std::vector<std::string> kSeveral = {"f1_score", "precision(thresholds=[0.25, 0.5])",
                                           "confusion_matrix", "mse"};

std::vector<std::string> names(const Logs& logs) {
  std::vector<std::string> all;
  for (const auto& [name, value] : logs) all.push_back(name);
  return all;
}

Sequential compiled(const std::vector<std::string>& metrics,
                    const RunOptions& run = test::interpreter()) {
  Sequential model = test::small_model();
  model.compile({.loss = "scce", .metrics = metrics, .run = run});
  return model;
}

TEST(MetricNumbers, HaveAnEntryEach) {
  const test::Points points = test::bunches(30);
  for (const RunOptions& run : test::backends()) {
    Sequential model = compiled(kSeveral, run);
    const Logs logs = model.evaluate(points.x, points.y, {.batch_size = 7});
    EXPECT_EQ(names(logs), (std::vector<std::string>{"loss", "f1_0", "f1_1", "f1_2",
                                                     "precision_0.25", "precision_0.5", "mse"}));
    EXPECT_EQ(logs.numbers("f1"), (std::vector<double>{logs["f1_0"], logs["f1_1"], logs["f1_2"]}));
    EXPECT_EQ(logs.numbers("mse"), std::vector<double>{logs["mse"]});
    const LogTable& table = logs.table("confusion_matrix");
    EXPECT_EQ(table.rows, 3);
    EXPECT_EQ(table.columns, 3);
    EXPECT_EQ(logs.numbers("confusion_matrix"), table.values);
    // Bunches of ten: a row of the table is a class, a column what its points were taken for.
    const std::vector<int64_t> taken = model.predict_classes(points.x);
    for (int64_t truth = 0; truth < 3; ++truth)
      for (int64_t guess = 0; guess < 3; ++guess) {
        double count = 0;
        for (int64_t i = 0; i < 30; ++i)
          count += points.y.data<int32_t>()[i] == truth && taken[static_cast<size_t>(i)] == guess;
        EXPECT_EQ(table.at(truth, guess), count) << truth << ", " << guess;
      }
  }
}

TEST(MetricNumbers, AreOneInALine) {
  Logs logs;
  logs.add("loss", 0.5);
  const std::vector<double> values = {0.75, 0.25, 0.5};
  logs.add_group("f1", {"f1_0", "f1_1", "f1_2"}, values);
  logs.add("mse", 2);
  logs.add_table({"counts", 1, 2, {3, 4}});
  EXPECT_EQ(logs.to_string(), "loss 0.5000  f1 0.2500..0.7500  mse 2.0000");
  Logs more;
  more.add("loss", 1);
  more.append(logs, "val_");
  EXPECT_EQ(more.to_string(),
            "loss 1.0000  val_loss 0.5000  val_f1 0.2500..0.7500  val_mse 2.0000");
  EXPECT_EQ(more.numbers("val_f1"), values);
  EXPECT_EQ(more.table("val_counts").at(0, 1), 4);
  logs.set("f1_1", std::nan(""));
  EXPECT_EQ(logs.to_string(), "loss 0.5000  f1 nan..nan  mse 2.0000");
  EXPECT_EQ(error_of([&] { logs["f1"]; }), "'f1' is 3 numbers, f1_0 to f1_2: name one of them");
  EXPECT_EQ(error_of([&] { logs["counts"]; }),
            "'counts' is a table, not one number: table(\"counts\") has it");
  EXPECT_EQ(error_of([&] { logs.table("cuonts"); }),
            "unknown table 'cuonts'; did you mean 'counts'?");
  EXPECT_EQ(error_of([] { Logs().table("counts"); }), "there is no table 'counts', nor any other");
}

// What was one number stays one: by its options, or where the output has one unit.
TEST(MetricNumbers, AreOneNumberWhereThereIsOne) {
  const test::Points points = test::bunches(12);
  const Logs logs = compiled({"f1", "precision(thresholds=[0.5])",
                              "r2(name=r, class_aggregation="
                              "uniform_average)",
                              "f1_score(name=micro, average=micro)"})
                        .evaluate(points.x, points.y);
  EXPECT_EQ(names(logs), (std::vector<std::string>{"loss", "f1", "precision", "r", "micro"}));
  EXPECT_TRUE(logs.groups().empty());
  Sequential one({Input({2}), Dense(1)});
  one.compile({.loss = "mse",
               .metrics = {"r2_score(class_aggregation=None)", "confusion_matrix(threshold=0.2)"},
               .run = test::interpreter()});
  const Logs of_one = one.evaluate(points.x, points.y);
  EXPECT_EQ(names(of_one), (std::vector<std::string>{"loss", "r2"}));
  EXPECT_EQ(of_one.table("confusion_matrix").rows, 2);
}

TEST(MetricNumbers, TheHistoryOfATrainingKeepsThem) {
  const test::Points points = test::bunches(30);
  Sequential model = compiled(kSeveral);
  const test::TempFolder folder;
  const auto log = folder / "log.csv", path = folder / "model.lathe";
  const History history = model.fit(points.x, points.y,
                                    {.batch_size = 7,
                                     .epochs = 2,
                                     .validation_data = ValidationData{points.x, points.y},
                                     .callbacks = {CSVLogger(log)}});
  EXPECT_EQ(history["val_f1_2"].size(), 2u);
  EXPECT_EQ(error_of([&] { history["val_f1"]; }),
            "'val_f1' is 3 numbers, val_f1_0 to val_f1_2: name one of them");
  const Logs& last = history.last().logs;
  EXPECT_EQ(last["val_precision_0.5"],
            model.evaluate(points.x, points.y, {.batch_size = 7})["precision_0.5"]);
  double rows = 0;
  for (double count : last.table("confusion_matrix").values) rows += count;
  EXPECT_EQ(rows, 30);
  EXPECT_EQ(last.table("val_confusion_matrix").values,
            model.evaluate(points.x, points.y).table("confusion_matrix").values);

  std::ifstream in(log);
  std::string head;
  std::getline(in, head);
  EXPECT_EQ(head,
            "epoch,f1_0,f1_1,f1_2,loss,mse,precision_0.25,precision_0.5,val_f1_0,val_f1_1,val_f1_2,"
            "val_loss,val_mse,val_precision_0.25,val_precision_0.5");

  model.save(path);
  const Model back = Model::load(path, test::interpreter());
  ASSERT_EQ(back.history().size(), 2u);
  const Logs& read = back.history()[1].logs;
  EXPECT_EQ(read.to_string(), last.to_string());
  EXPECT_EQ(read.numbers("val_f1"), last.numbers("val_f1"));
  EXPECT_EQ(read.table("val_confusion_matrix").values, last.table("val_confusion_matrix").values);
}

// As a damaged file could say them.
TEST(MetricNumbers, AHistoryThatContradictsItselfIsRefused) {
  const test::Points points = test::bunches(12);
  Sequential model = compiled(kSeveral);
  model.fit(points.x, points.y, {.epochs = 1});
  const std::string good = detail::metadata_to_json(model.impl());
  const auto read = [&](const std::string& what, const std::string& instead) {
    std::string text = good;
    const size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    if (at != std::string::npos) text.replace(at, what.size(), instead);
    return error_of([&] { detail::model_from_metadata(text, "file"); });
  };
  EXPECT_EQ(read(R"("f1":[1,3])", R"("f1":[1,3])"), "");
  EXPECT_EQ(read(R"("f1":[1,3])", R"("f1":[1,9])"),
            "file: history: group f1 has more numbers than there are");
  EXPECT_EQ(read(R"("f1":[1,3])", R"("f1":[2,3])"),
            "file: history: a group begins within another one, or nowhere");
  EXPECT_EQ(read(R"("f1":[1,3])", R"("f1":[99,3])"),
            "file: history: a group begins within another one, or nowhere");
  EXPECT_EQ(read(R"("f1":[1,3])", R"("f1":[1,0])"),
            "file: history: group f1 has more numbers than there are");
  EXPECT_EQ(
      read(R"("rows":3)", R"("rows":2)"),
      "file: history: table confusion_matrix has another number of values than rows and columns");
  EXPECT_EQ(
      read(R"("rows":3)", R"("rows":0)"),
      "file: history: table confusion_matrix has another number of values than rows and columns");
}

TEST(MetricNumbers, AreMonitoredByTheirOwnNames) {
  const test::Points points = test::bunches(30);
  const auto fit = [&](const std::string& monitor, const std::string& mode = "auto") {
    Sequential model = compiled(kSeveral);
    return error_of([&] {
      model.fit(points.x, points.y,
                {.epochs = 3,
                 .validation_data = ValidationData{points.x, points.y},
                 .callbacks = {EarlyStopping({.monitor = monitor, .patience = 1, .mode = mode})}});
    });
  };
  EXPECT_EQ(fit("val_f1_2"), "");
  EXPECT_EQ(fit("precision_0.25"), "");
  EXPECT_EQ(fit("val_f1"),
            "EarlyStopping: 'val_f1' is several numbers, of which one must be named, such as "
            "'val_f1_2'");
  EXPECT_EQ(fit("confusion_matrix"),
            "EarlyStopping: 'confusion_matrix' is a table, of which no number can be monitored");
  const std::string near = fit("val_precision_0.2");
  EXPECT_NE(near.find("'val_precision_0.2'; did you mean 'val_precision_0.25'?"), std::string::npos)
      << near;
  EXPECT_EQ(fit("val_f1", "max"),
            "EarlyStopping: monitor: 'val_f1' is 3 numbers, val_f1_0 to "
            "val_f1_2: name one of them");
}

TEST(MetricNumbers, AreCalledAsNothingElseIs) {
  const test::Points points = test::bunches(30);
  const auto evaluate = [&](const std::vector<std::string>& metrics) {
    return error_of([&] { compiled(metrics).evaluate(points.x, points.y); });
  };
  EXPECT_EQ(evaluate({"f1_score", "mse(name=f1_1)"}),
            "two numbers of a step are named 'f1_1'; a metric takes a name of its own by name=...");
  EXPECT_EQ(evaluate({"f1_score", "mse(name=f1_3)"}), "");
}

TEST(MetricNumbers, OptionsAreChecked) {
  const auto compile = [](const std::string& metric) {
    return error_of([&] { compiled({metric}); });
  };
  const auto evaluate = [](const std::string& metric) {
    const test::Points points = test::bunches(6);
    return error_of([&] { compiled({metric}).evaluate(points.x, points.y); });
  };
  for (const auto& [metric, error] : std::vector<std::pair<std::string, std::string>>{
           {"precision(thresholds=[0.5, 0.2, 0.5])",
            "metric 'precision': thresholds names 0.5 twice"},
           {"precision(thresholds=[a, b])",
            "metric 'precision': option 'thresholds' must be of type reals, not words: expected a "
            "number, or a list of numbers, found a list"},
           {"recall(top_k=-1)", "metric 'recall': top_k must be 1 to 100, or 0 for all"},
           {"fbeta_score(beta=0)", "metric 'fbeta_score': beta must be above 0"},
           {"auc(num_labels=2)", "metric 'auc': num_labels is of multi_label=true only"},
           {"auc(thresholds=[0.5, 2])", "metric 'auc': thresholds must be 0 to 1"},
           {"auc(label_weights=[1, -1])", "metric 'auc': label_weights must be finite, 0 or more"},
           {"precision_at_recall",
            "metric 'precision_at_recall': option 'recall' is missing, "
            "expected a number"},
           {"recall_at_precision(precision=2)",
            "metric 'recall_at_precision': precision must be 0 to 1"},
           {"confusion_matrix(threshold=nan)",
            "metric 'confusion_matrix': threshold must be finite"},
       })
    EXPECT_EQ(compile(metric), error) << metric;
  EXPECT_EQ(evaluate("auc(multi_label=true, num_labels=2)"),
            "metric 'auc': num_labels is 2, but the output has 3 units");
  EXPECT_EQ(evaluate("auc(label_weights=[1, 2])"),
            "metric 'auc': label_weights are 2, but the output has 3 units");
  EXPECT_EQ(evaluate("precision(top_k=2, class_id=3)"),
            "metric 'precision': class_id must be 0 to 2, not 3");
  // Python's None is as if it were not said.
  EXPECT_EQ(evaluate("precision(thresholds=None, top_k=None, class_id=None)"), "");
  EXPECT_EQ(evaluate("f1_score(average=None, threshold=None)"), "");
}

// Whatever the batch, with weights and without; and alone, from arrays.
TEST(MetricNumbers, AreTheSameAtAnyBatchSize) {
  constexpr int64_t kRows = 23;
  Array p(DType::F32, {kRows, 3}), y(DType::F32, {kRows, 3}), weights(DType::F32, {kRows});
  for (int64_t i = 0; i < kRows; ++i) {
    const auto row = static_cast<float>(i);
    weights.data<float>()[i] = 0.25f * static_cast<float>(i % 5);
    for (int64_t k = 0; k < 3; ++k) {
      p.data<float>()[3 * i + k] =
          0.5f + 0.45f * std::sin(1.7f * row + 2.3f * static_cast<float>(k));
      y.data<float>()[3 * i + k] = i % 3 == k || (i % 4 == 0 && k == 1) ? 1.0f : 0.0f;
    }
  }
  for (const detail::MetricRow& row : detail::metric_table()) {
    const std::string text = test::metric_text(row.name, "m");
    SCOPED_TRACE(text);
    Sequential model({Input({3}), Activation("linear")});
    model.compile({.loss = "mse",
                   .metrics = {text},
                   .weighted_metrics = {test::metric_text(row.name, "w")},
                   .run = test::interpreter()});
    const auto numbers = [&](const std::string& metric, int64_t batch) {
      return model.evaluate(p, y, {.batch_size = batch, .sample_weight = weights.view()})
          .numbers(metric);
    };
    const std::vector<double> whole = numbers("m", kRows), weighed = numbers("w", kRows);
    const auto near = [&](const std::vector<double>& got, const std::vector<double>& want) {
      ASSERT_EQ(got.size(), want.size());
      for (size_t i = 0; i < got.size(); ++i) {
        EXPECT_TRUE(std::isfinite(want[i]));
        EXPECT_NEAR(got[i], want[i], 1e-5 * std::max(1.0, std::fabs(want[i])));
      }
    };
    for (int64_t batch : {1, 5, 22}) {
      near(numbers("m", batch), whole);
      near(numbers("w", batch), weighed);
    }
    const auto alone = [&](const std::optional<ArrayView>& sample_weight) {
      const Array a = compute_metric(text, y, p, sample_weight);
      return std::vector<double>(a.data<float>().begin(), a.data<float>().end());
    };
    near(alone(std::nullopt), whole);
    near(alone(weights.view()), weighed);
  }
}

// keras.metrics of Keras 3.15.1, but Sum and those of intersection over union.
TEST(MetricNumbers, KerasNamesAreKnown) {
  for (const char* name : {"accuracy",
                           "acc",
                           "binary_accuracy",
                           "BinaryAccuracy",
                           "categorical_accuracy",
                           "CategoricalAccuracy",
                           "sparse_categorical_accuracy",
                           "SparseCategoricalAccuracy",
                           "top_k_categorical_accuracy",
                           "TopKCategoricalAccuracy",
                           "sparse_top_k_categorical_accuracy",
                           "SparseTopKCategoricalAccuracy",
                           "precision",
                           "Precision",
                           "recall",
                           "Recall",
                           "f1_score",
                           "F1Score",
                           "fbeta_score",
                           "FBetaScore",
                           "auc",
                           "AUC",
                           "confusion_matrix",
                           "mse",
                           "MeanSquaredError",
                           "mean_squared_error",
                           "rmse",
                           "RootMeanSquaredError",
                           "root_mean_squared_error",
                           "mae",
                           "MeanAbsoluteError",
                           "mape",
                           "MeanAbsolutePercentageError",
                           "msle",
                           "MeanSquaredLogarithmicError",
                           "r2_score",
                           "R2Score",
                           "cosine_similarity",
                           "CosineSimilarity",
                           "log_cosh",
                           "logcosh",
                           "LogCoshError",
                           "log_cosh_error",
                           "hinge",
                           "Hinge",
                           "SquaredHinge",
                           "CategoricalHinge",
                           "kl_divergence",
                           "KLDivergence",
                           "kld",
                           "poisson",
                           "Poisson",
                           "BinaryCrossentropy",
                           "CategoricalCrossentropy",
                           "SparseCategoricalCrossentropy",
                           "TruePositives",
                           "TrueNegatives",
                           "FalsePositives",
                           "FalseNegatives",
                           "sensitivity_at_specificity(specificity"
                           "=0.5)",
                           "SpecificityAtSensitivity(sensitivity=0.5)",
                           "PrecisionAtRecall(recall=0.5)",
                           "RecallAtPrecision(precision=0.5)",
                           "PearsonCorrelation",
                           "ConcordanceCorrelation",
                           "mean",
                           "Mean"})
    EXPECT_EQ(error_of([&] { detail::Metric{name}; }), "") << name;
}

}  // namespace
}  // namespace lathe
