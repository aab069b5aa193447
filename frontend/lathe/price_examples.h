// Examples of a task of prices (price_task.h): days on which a forecast can be made.
//
//   const PriceExamples spy(task, {read_prices(find_prices("SPY")).series});
//   const PriceSplit split = split_by_date(spy, {.train = 0.7, .validation = 0.15, .test = 0.15});
//
// With the model of price_model.h, an output for each target; here of target 0, a day ahead:
//
//   model.fit(spy.inputs(split.train), spy.targets(split.train), {.epochs = 10});
//   const std::vector<Array> outputs = model.predict_all(spy.inputs(split.test));
//   const std::vector<double> opens = spy.forecasts(split.test, outputs, 0, 1);
//
// What is known on day t decides the input of an example of day t: no price after it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lathe/array.h"
#include "lathe/price_task.h"
#include "lathe/prices.h"
#include "lathe/split.h"

namespace lathe {

class Model;

/// Day `day`, from 0, of series number `series`.
struct PriceDay {
  int32_t series = 0, day = 0;
  friend bool operator==(const PriceDay&, const PriceDay&) = default;
};

class PriceExamples {
 public:
  /// `series` are those of task.series, in that order, `companions` those of task.companions; with
  /// companions only the days that all have. A series may be without days. Error for others, a
  /// column that one lacks or that is not as long as the dates, days that do not ascend, and for
  /// companions without a day in common.
  PriceExamples(PriceTask task, std::vector<PriceSeries> series,
                std::vector<PriceSeries> companions = {});

  const PriceTask& task() const { return task_; }
  const std::vector<PriceSeries>& series() const { return series_; }
  /// What forecast.h works with; valid as long as the examples.
  PriceColumns prices(int32_t series) const;
  Date date(PriceDay day) const { return series_[day.series].date[day.day]; }
  /// The date that the farthest target is of. Of days whose targets are known.
  Date target_date(PriceDay day) const;

  /// The days with a whole window before them and all targets behind them, series by series, each
  /// in the order of time.
  const std::vector<PriceDay>& days() const { return days_; }
  /// The days whose targets are not known yet, the last of each series.
  std::vector<PriceDay> open_days() const;

  /// Windows f32[n, rows, columns] of the series, of each companion likewise, and of pooled series
  /// which one it is, from 0, f32[n, 1, 1]. Nothing is copied: valid as long as the examples.
  Inputs inputs(std::span<const PriceDay> days) const;
  /// What PriceFeatures makes of the windows, f32[n, window, features], of the series (input 0) or
  /// of companion number input - 1.
  Array features(std::span<const PriceDay> days, size_t input = 0) const;
  /// As the model learns them: f32[n, horizon] for each target.
  std::vector<Array> targets(std::span<const PriceDay> days) const;
  /// What the model says, f32[n, horizon] for each target, in the target's units: of target number
  /// `target`, `ahead` days ahead. Error for numbers that are not finite.
  std::vector<double> forecasts(std::span<const PriceDay> days, const std::vector<Array>& outputs,
                                size_t target, int64_t ahead) const;

 private:
  Windows windows(std::span<const PriceDay> days, const Array& rows, int64_t length) const;
  int32_t row(PriceDay day) const { return static_cast<int32_t>(begins_[day.series]) + day.day; }
  /// The columns of `all`, one series behind the other, f32[rows, columns].
  Array table(const std::vector<PriceSeries>& all) const;

  PriceTask task_;
  std::vector<PriceSeries> series_;
  std::vector<int64_t> begins_;      ///< the first row of each series in tables_[0]
  std::vector<Array> tables_;        ///< of the series, then of each companion
  Array which_{DType::F32, {0, 1}};  ///< which series a row of tables_[0] is of
  std::vector<PriceDay> days_;
  mutable std::shared_ptr<Model> features_;  ///< of one layer; made when it is needed
};

/// Which days train, validate and test, each part in the order of days().
struct PriceSplit {
  std::vector<PriceDay> train, validation, test;
  Date train_until, validation_until;  ///< the last days whose prices these parts know
};

/// By date, all series at the same ones, so that no part knows a price of the next one's targets:
/// of all examples, ordered by their farthest target's date, the fraction `train` has targets up to
/// train_until. Validation begins with the forecasts made on that day, and so on. SplitOptions'
/// order and seed mean nothing here. Error for fractions as in split_rows, and where a part of a
/// fraction above 0 gets no day.
PriceSplit split_by_date(const PriceExamples& examples, const SplitOptions& fractions);

struct WalkForwardOptions {
  int64_t every = 20;      ///< trading days between two trainings
  int64_t train_days = 0;  ///< how many days before it a training learns from; 0: all
};
/// Each test day of `split` forecast by a model trained on what was known by then: one split a
/// training, in the order of time, without validation, whose test days are the `every` days that
/// follow. The days are those of the calendar that all series have together. Error for less than 1
/// day, and where a training would have no example.
std::vector<PriceSplit> walk_forward(const PriceExamples& examples, const PriceSplit& split,
                                     const WalkForwardOptions& options);

}  // namespace lathe
