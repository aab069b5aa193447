#include "tools/cli/etf/results.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>

#include "tools/cli/training_texts.h"

namespace lathe::cli {
namespace {

using report::BaselineForecast;
using report::DataUsed;
using report::ForecastReport;
using report::SeedForecast;

/// Of one series among `days`: their places there, and the days.
struct Part {
  std::vector<size_t> places;
  std::vector<int64_t> days;
  std::vector<PriceDay> examples;
};

Part part_of(const std::vector<PriceDay>& all, int32_t series) {
  Part part;
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].series != series) continue;
    part.places.push_back(i);
    part.days.push_back(all[i].day);
    part.examples.push_back(all[i]);
  }
  return part;
}

std::string now_text() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm local{};
  localtime_r(&now, &local);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &local);
  return text;
}

std::string columns_text(const std::vector<PriceField>& fields) {
  std::vector<std::string_view> names;
  for (const PriceField field : fields) names.push_back(to_string(field));
  return fmt::format("{}", fmt::join(names, ", "));
}

/// One row a day: all windows of all inputs, one behind the other.
std::vector<double> flat_features(const PriceExamples& examples,
                                  const std::vector<PriceDay>& days) {
  std::vector<Array> inputs;
  for (size_t i = 0; i <= examples.task().companions.size(); ++i)
    inputs.push_back(examples.features(days, i));
  std::vector<double> flat;
  for (size_t row = 0; row < days.size(); ++row)
    for (const Array& input : inputs) {
      const size_t width = static_cast<size_t>(input.elements()) / days.size();
      const auto values = input.data<float>().subspan(row * width, width);
      flat.insert(flat.end(), values.begin(), values.end());
    }
  return flat;
}

/// Both less the training rows' mean and over their deviation, column by column, as the model has
/// them: only then a rounding of the features shows as what it is.
void standardize(std::vector<double>& train, std::vector<double>& test, size_t columns) {
  const auto rows = static_cast<double>(train.size() / columns);
  for (size_t c = 0; c < columns; ++c) {
    double mean = 0, square = 0;
    for (size_t i = c; i < train.size(); i += columns) mean += train[i] / rows;
    for (size_t i = c; i < train.size(); i += columns)
      square += (train[i] - mean) * (train[i] - mean) / rows;
    const double unit = square > 1e-14 ? std::sqrt(square) : 1;
    for (std::vector<double>* all : {&train, &test})
      for (size_t i = c; i < all->size(); i += columns) (*all)[i] = ((*all)[i] - mean) / unit;
  }
}

/// A regression on what the model is shown, of all that the model learns: for each test day each
/// target's days ahead, one target behind the other. Empty where there is no training day.
std::vector<double> linear_outputs(const PriceExamples& examples, const Part& train,
                                   const Part& test) {
  if (train.days.empty()) return {};
  std::vector<double> x = flat_features(examples, train.examples);
  std::vector<double> test_x = flat_features(examples, test.examples);
  const size_t inputs = test_x.size() / test.days.size();
  standardize(x, test_x, inputs);
  const auto horizon = static_cast<size_t>(examples.task().horizon);
  const std::vector<Array> learned = examples.targets(train.examples);
  std::vector<double> y;
  for (size_t row = 0; row < train.days.size(); ++row)
    for (const Array& target : learned) {
      const auto values = target.data<float>().subspan(row * horizon, horizon);
      y.insert(y.end(), values.begin(), values.end());
    }
  const auto outputs = static_cast<int64_t>(learned.size() * horizon);
  const auto columns = static_cast<int64_t>(inputs);
  return fit_linear({x, columns}, {y, outputs}, 0x1p-24).predict({test_x, columns});
}

/// In the target's units.
std::vector<double> linear_forecast(const PriceExamples& examples, const Part& test,
                                    const std::vector<double>& outputs, size_t target,
                                    int64_t ahead) {
  const PriceTask& task = examples.task();
  const auto horizon = static_cast<size_t>(task.horizon);
  const size_t column = target * horizon + static_cast<size_t>(ahead - 1);
  std::vector<double> said;
  for (size_t row = 0; row < test.days.size(); ++row) {
    const double output = outputs[row * task.targets.size() * horizon + column];
    said.push_back(task.learns_rise(target)
                       ? from_rise(examples.prices(test.examples[row].series),
                                   task.spec(target, ahead), test.days[row], output)
                       : output);
  }
  return said;
}

/// `linear`: linear_outputs().
std::vector<BaselineForecast> baselines_of(const PriceExamples& examples, const Part& train,
                                           const Part& test, const std::vector<double>& linear,
                                           size_t target, int64_t ahead) {
  const TargetSpec spec = examples.task().spec(target, ahead);
  std::vector<BaselineForecast> all;
  const BaselineRows rows{.train = train.days,
                          .test = test.days,
                          .window = examples.task().window,
                          .train_inputs = {},
                          .test_inputs = {}};
  const PriceColumns prices = examples.prices(test.examples[0].series);
  for (const ForecastBaselineText& row : forecast_baselines()) {
    if (!applies_to(row.baseline, spec.target)) continue;
    if (learns(row.baseline) && train.days.empty()) continue;
    all.push_back({std::string(row.name),
                   row.baseline == ForecastBaseline::Linear
                       ? linear_forecast(examples, test, linear, target, ahead)
                       : baseline_forecast(row.baseline, prices, spec, rows),
                   {}});
  }
  return all;
}

/// What was read, without parts and picture.
DataUsed data_read(const EtfSeries& one) {
  const PriceSeries& prices = one.prices.series;
  DataUsed used;
  used.series = prices.name;
  used.source = one.source;
  used.days = prices.rows();
  used.first = prices.date.front();
  used.last = prices.date.back();
  used.problems = problem_summary(one.prices);
  used.synthetic = prices.synthetic;
  return used;
}

DataUsed data_used(const EtfSeries& one, const PriceExamples& examples, const PriceSplit& split,
                   int32_t series) {
  DataUsed used = data_read(one);
  const std::pair<const char*, const std::vector<PriceDay>*> parts[] = {
      {"training", &split.train}, {"validation", &split.validation}, {"test", &split.test}};
  for (const auto& [name, days] : parts) {
    const Part part = part_of(*days, series);
    if (part.days.empty()) continue;
    used.parts.push_back({name, examples.date(part.examples.front()),
                          examples.date(part.examples.back()),
                          static_cast<int64_t>(part.days.size())});
  }
  const int64_t lost = used.days - examples.series()[static_cast<size_t>(series)].rows();
  if (lost > 0) used.note = fmt::format("{} days that other inputs lack are left out", lost);
  used.date = one.prices.series.date;
  used.close = one.prices.series.close;
  return used;
}

std::vector<double> values_of(const std::vector<EpochResult>& history, const char* name) {
  std::vector<double> values;
  for (const EpochResult& epoch : history)
    if (epoch.logs.has(name)) values.push_back(epoch.logs[name]);
  return values;
}

std::vector<double> picked(const std::vector<double>& all, const std::vector<size_t>& places) {
  std::vector<double> some;
  for (const size_t place : places) some.push_back(all[place]);
  return some;
}

/// Five closes ahead, where they are forecast: the score of the T-Brain competition.
void add_tbrain(ForecastReport& report, const PriceExamples& examples,
                const EtfForecasts& forecasts, const Part& test) {
  const PriceTask& task = examples.task();
  const auto target = std::find(task.targets.begin(), task.targets.end(), ForecastTarget::Close);
  if (target == task.targets.end() || task.horizon != kLongestHorizon) return;
  const auto number = static_cast<size_t>(target - task.targets.begin());
  const PriceSeries& prices = examples.series()[static_cast<size_t>(test.examples[0].series)];
  std::vector<double> last, actual, naive;
  for (const int64_t day : test.days) {
    last.push_back(prices.close[static_cast<size_t>(day)]);
    for (int64_t ahead = 1; ahead <= task.horizon; ++ahead) {
      actual.push_back(prices.close[static_cast<size_t>(day + ahead)]);
      naive.push_back(last.back());
    }
  }
  report::TBrainRow model{prices.name, prices.synthetic, "model", {}};
  for (const std::vector<Array>& outputs : forecasts.outputs) {
    std::vector<double> said(actual.size());
    for (int64_t ahead = 1; ahead <= task.horizon; ++ahead) {
      const std::vector<double> all = examples.forecasts(forecasts.days, outputs, number, ahead);
      for (size_t row = 0; row < test.places.size(); ++row)
        said[row * static_cast<size_t>(task.horizon) + static_cast<size_t>(ahead - 1)] =
            all[test.places[row]];
    }
    model.scores.push_back(tbrain_score(last, actual, said));
  }
  report.tbrain.push_back(std::move(model));
  report.tbrain.push_back(
      {prices.name, prices.synthetic, "naive", {tbrain_score(last, actual, naive)}});
}

/// Results of one series, each target and each day ahead.
void add_series(ForecastReport& report, const EtfOptions& options, const PriceExamples& examples,
                const PriceSplit& split, const EtfForecasts& forecasts, int32_t series) {
  const PriceTask& task = examples.task();
  const Part test = part_of(forecasts.days, series);
  const PriceSeries& prices = examples.series()[static_cast<size_t>(series)];
  // A walk trains on what would validate too.
  std::vector<PriceDay> known = split.train;
  if (options.walk_forward > 0)
    known.insert(known.end(), split.validation.begin(), split.validation.end());
  const Part train = part_of(known, series);
  if (part_of(examples.days(), series).days.empty()) {
    report.notes.push_back(
        fmt::format("{} is left out: its {} days are too few for a window of {}.", prices.name,
                    prices.rows(), task.rows()));
    return;
  }
  if (train.days.empty())
    report.notes.push_back(
        fmt::format("{} has no training day: its prices are scaled by the figures of the others.",
                    prices.name));
  if (test.days.empty()) {
    report.notes.push_back(
        fmt::format("{} has no test day: its prices end on {}, before the test part.", prices.name,
                    prices.date.back().to_string()));
    return;
  }
  add_tbrain(report, examples, forecasts, test);
  BootstrapOptions bootstrap;
  bootstrap.seed = static_cast<uint64_t>(options.seed);
  const std::vector<double> linear = linear_outputs(examples, train, test);
  for (size_t target = 0; target < task.targets.size(); ++target)
    for (int64_t ahead = 1; ahead <= task.horizon; ++ahead) {
      const TargetSpec spec = task.spec(target, ahead);
      std::vector<SeedForecast> model;
      for (size_t i = 0; i < forecasts.outputs.size(); ++i)
        model.push_back(
            {forecasts.seeds[i],
             picked(examples.forecasts(forecasts.days, forecasts.outputs[i], target, ahead),
                    test.places),
             {},
             {}});
      report.results.push_back(report::forecast_result(
          prices, spec, test.days, std::move(model),
          baselines_of(examples, train, test, linear, target, ahead), bootstrap));
    }
}

}  // namespace

ForecastReport begin_report(const EtfOptions& options, const EtfData& data,
                            const std::string& command, Model& model, const PriceTask& task) {
  ForecastReport report;
  report.title = fmt::format("{} of {}", options.target,
                             data.companions.empty() ? data.name() : task.series[0]);
  report.made = fmt::format("{}, lathe {}", now_text(), LATHE_VERSION);
  report.command = command;
  report.split =
      fmt::format("by date, {} percent of the examples to train, validate and test", options.split);
  if (options.walk_forward > 0) report.split += "; " + options.walk_text();
  report.model.layers = model.summary();
  report.model.parameters = model.parameter_count();
  for (int64_t i = 0; i < options.seeds; ++i)
    report.model.seeds.push_back(static_cast<uint64_t>(options.seed + i));
  const TrainingTexts texts = training_texts(model);
  report.model.loss = texts.loss();
  report.model.optimizer =
      fmt::format("{}, learning rate {:.6g}", texts.optimizer, model.learning_rate());
  report.model.epochs = options.epochs;
  report.model.more = {{"Window", fmt::format("{} days", task.window)},
                       {"Features", columns_text(task.features)},
                       {"Prices", std::string(to_string(task.form))}};
  if (!task.companions.empty())
    report.model.more.emplace_back("Other inputs",
                                   fmt::format("{}", fmt::join(task.companions, ", ")));
  return report;
}

void add_results(ForecastReport& report, const EtfOptions& options, const EtfData& data,
                 const PriceExamples& examples, const PriceSplit& split,
                 const EtfForecasts& forecasts) {
  const auto count = static_cast<int32_t>(data.series.size());
  for (int32_t series = 0; series < count; ++series)
    report.data.push_back(
        data_used(data.series[static_cast<size_t>(series)], examples, split, series));
  for (const EtfSeries& one : data.companions) {
    report.data.push_back(data_read(one));
    report.data.back().note = "an input, not forecast";
  }
  for (size_t i = 0; i < forecasts.histories.size(); ++i) {
    std::string name = fmt::format("seed {}", forecasts.seeds[i]);
    if (options.apart) name = examples.task().series[0] + ", " + name;
    report.curves.push_back({name, values_of(forecasts.histories[i], "loss"),
                             values_of(forecasts.histories[i], "val_loss")});
  }
  if (forecasts.outputs.empty()) return;
  if (split.test.empty()) {
    report.notes.push_back("There is no test part: how good the model is nobody knows.");
    return;
  }
  for (int32_t series = 0; series < count; ++series)
    add_series(report, options, examples, split, forecasts, series);
}

}  // namespace lathe::cli
