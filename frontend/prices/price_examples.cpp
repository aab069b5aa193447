// Days of prices as inputs and targets of a model.
#include "lathe/price_examples.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "ir/error.h"
#include "ir/text_number.h"
#include "lathe/model.h"

namespace lathe {

namespace {

/// `columns`: what each must have.
void check_series(const std::vector<PriceSeries>& series, const std::vector<std::string>& names,
                  const std::vector<PriceField>& columns) {
  if (series.size() != names.size())
    throw Error("the task is of " + std::to_string(names.size()) + " series, but there are " +
                std::to_string(series.size()));
  for (size_t i = 0; i < series.size(); ++i) {
    if (series[i].name != names[i])
      throw Error("the task's series number " + std::to_string(i + 1) + " is " + names[i] +
                  ", not " + series[i].name);
    for (PriceField field : columns)
      if (series[i].rows() > 0 && !series[i].has(field))
        throw Error(series[i].name + ": there is no " + std::string(to_string(field)) +
                    ", which the task needs");
    for (const PriceFieldRow& field : price_fields())
      if (const auto have = static_cast<int64_t>(series[i][field.field].size());
          have > 0 && have != series[i].rows())
        throw Error(series[i].name + ": there are " + std::to_string(series[i].rows()) +
                    " days, but " + std::to_string(have) + " numbers of " +
                    std::string(field.name));
    const std::vector<Date>& date = series[i].date;
    if (std::adjacent_find(date.begin(), date.end(), std::greater_equal()) != date.end())
      throw Error(series[i].name + ": the days do not ascend");
  }
}

/// The rows whose dates are in `dates`.
PriceSeries of_dates(const PriceSeries& all, const std::set<Date>& dates) {
  PriceSeries some;
  some.name = all.name;
  some.synthetic = all.synthetic;
  for (int64_t row = 0; row < all.rows(); ++row) {
    const auto at = static_cast<size_t>(row);
    if (!dates.contains(all.date[at])) continue;
    some.date.push_back(all.date[at]);
    for (const PriceFieldRow& field : price_fields())
      if (all.has(field.field)) some[field.field].push_back(all[field.field][at]);
  }
  return some;
}

/// Leaves the days that all have.
void join_by_date(PriceSeries& series, std::vector<PriceSeries>& companions) {
  std::set<Date> dates(series.date.begin(), series.date.end());
  for (const PriceSeries& other : companions) {
    const std::set<Date> have(other.date.begin(), other.date.end());
    std::erase_if(dates, [&](Date d) { return !have.contains(d); });
    if (dates.empty()) throw Error(series.name + " and " + other.name + " have no day in common");
  }
  series = of_dates(series, dates);
  for (PriceSeries& other : companions) other = of_dates(other, dates);
}

}  // namespace

PriceExamples::PriceExamples(PriceTask task, std::vector<PriceSeries> series,
                             std::vector<PriceSeries> companions)
    : task_(std::move(task)), series_(std::move(series)) {
  task_.check();
  std::vector<PriceField> columns = task_.columns();
  if (std::find(task_.targets.begin(), task_.targets.end(), ForecastTarget::AdjClose) !=
      task_.targets.end())
    columns.push_back(PriceField::AdjClose);
  check_series(series_, task_.series, columns);
  check_series(companions, task_.companions, task_.columns());
  if (!companions.empty()) join_by_date(series_[0], companions);
  int64_t rows = 0;
  for (const PriceSeries& one : series_) {
    begins_.push_back(rows);
    rows += one.rows();
  }
  if (rows > INT32_MAX) throw Error("there are more than 2^31 - 1 days");
  tables_.push_back(table(series_));
  which_ = Array(DType::F32, {rows, 1});
  for (size_t s = 0; s < series_.size(); ++s)
    std::fill_n(which_.data<float>().data() + begins_[s], series_[s].rows(), static_cast<float>(s));
  for (const PriceSeries& one : companions) tables_.push_back(table({one}));
  for (int32_t s = 0; s < static_cast<int32_t>(series_.size()); ++s)
    for (int64_t day = task_.rows() - 1; day < series_[s].rows() - task_.horizon; ++day)
      days_.push_back({s, static_cast<int32_t>(day)});
}

Array PriceExamples::table(const std::vector<PriceSeries>& all) const {
  const std::vector<PriceField> columns = task_.columns();
  int64_t rows = 0;
  for (const PriceSeries& one : all) rows += one.rows();
  Array table(DType::F32, {rows, static_cast<int64_t>(columns.size())});
  float* to = table.data<float>().data();
  for (const PriceSeries& one : all)
    for (size_t row = 0; row < one.date.size(); ++row)
      for (PriceField field : columns) *to++ = static_cast<float>(one[field][row]);
  return table;
}

PriceColumns PriceExamples::prices(int32_t series) const {
  const PriceSeries& one = series_[series];
  return {one.open, one.close, one.adj_close};
}

Date PriceExamples::target_date(PriceDay day) const {
  return series_[day.series].date.at(static_cast<size_t>(day.day + task_.horizon));
}

std::vector<PriceDay> PriceExamples::open_days() const {
  std::vector<PriceDay> open;
  for (int32_t s = 0; s < static_cast<int32_t>(series_.size()); ++s) {
    const int64_t rows = series_[s].rows();
    for (int64_t day = std::max(task_.rows() - 1, rows - task_.horizon); day < rows; ++day)
      open.push_back({s, static_cast<int32_t>(day)});
  }
  return open;
}

Inputs PriceExamples::inputs(std::span<const PriceDay> days) const {
  std::vector<Inputs::Entry> all;
  for (const Array& table : tables_) all.emplace_back(windows(days, table, task_.rows()));
  if (task_.pooled()) all.emplace_back(windows(days, which_, 1));
  return all;
}

Windows PriceExamples::windows(std::span<const PriceDay> days, const Array& rows,
                               int64_t length) const {
  Windows all{rows.view(), length, {}};
  for (const PriceDay& day : days) all.last.push_back(row(day));
  return all;
}

Array PriceExamples::features(std::span<const PriceDay> days, size_t input) const {
  if (!features_)
    features_ = std::make_shared<Sequential>(std::vector<Layer>{
        Input({task_.rows(), static_cast<int64_t>(task_.columns().size())}),
        PriceFeatures(
            {.columns = task_.columns(), .features = task_.features, .form = task_.form})});
  return features_->predict(windows(days, tables_.at(input), task_.rows()));
}

std::vector<Array> PriceExamples::targets(std::span<const PriceDay> days) const {
  std::vector<Array> all;
  for (size_t target = 0; target < task_.targets.size(); ++target) {
    Array values(DType::F32, {static_cast<int64_t>(days.size()), task_.horizon});
    float* to = values.data<float>().data();
    for (const PriceDay& day : days)
      for (int64_t ahead = 1; ahead <= task_.horizon; ++ahead) {
        const TargetSpec spec = task_.spec(target, ahead);
        const PriceColumns columns = prices(day.series);
        *to++ =
            static_cast<float>(task_.learns_rise(target) ? actual_rise(columns, spec, day.day)
                                                         : target_value(columns, spec, day.day));
      }
    all.push_back(std::move(values));
  }
  return all;
}

std::vector<double> PriceExamples::forecasts(std::span<const PriceDay> days,
                                             const std::vector<Array>& outputs, size_t target,
                                             int64_t ahead) const {
  const auto n = static_cast<int64_t>(days.size());
  const Array& said = outputs.at(target);
  if (said.shape() != std::vector<int64_t>{n, task_.horizon} || ahead < 1 || ahead > task_.horizon)
    throw Error("forecasts are f32[days, horizon], " + std::to_string(n) +
                " days and a horizon of " + std::to_string(task_.horizon) + ", not " +
                said.view().type().to_string());
  std::vector<double> values;
  for (size_t i = 0; i < days.size(); ++i) {
    double value =
        said.data<float>()[i * static_cast<size_t>(task_.horizon) + static_cast<size_t>(ahead - 1)];
    if (task_.learns_rise(target) && std::isfinite(value))
      value = from_rise(prices(days[i].series), task_.spec(target, ahead), days[i].day, value);
    if (!std::isfinite(value))
      throw Error("the model forecasts " + ir::number_to_text(value, false) + " on " +
                  date(days[i]).to_string());
    values.push_back(value);
  }
  return values;
}

}  // namespace lathe
