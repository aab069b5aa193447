#include "tools/cli/etf/predict_prices.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "frontend/base/csv_cell.h"
#include "lathe/price_model.h"
#include "tools/cli/command.h"
#include "tools/cli/etf/data.h"
#include "tools/cli/json_line.h"

namespace lathe::cli {
namespace {

/// One forecast.
struct Line {
  std::string series;
  ForecastTarget target = ForecastTarget::Open;
  int64_t ahead = 1;
  Date made, of;  ///< behind the prices the calendar's next weekdays
  std::optional<double> actual, naive;
  double forecast = 0;
};

/// On standard error, which a table on standard output does not mix with.
template <class... T>
void note(fmt::format_string<T...> format, T&&... values) {
  fmt::print(stderr, "note: {}\n", fmt::format(format, std::forward<T>(values)...));
}

/// The given series in the places of their names; empty where none was given.
std::vector<PriceSeries> placed(const std::vector<std::string>& names,
                                std::vector<PriceSeries> given) {
  std::vector<PriceSeries> all(names.size());
  for (size_t i = 0; i < names.size(); ++i) all[i].name = names[i];
  for (PriceSeries& one : given) {
    const auto at = std::find(names.begin(), names.end(), one.name);
    if (at == names.end())
      throw Error(fmt::format("the model knows no series {}: it takes {}", one.name,
                              fmt::join(names, ", ")));
    PriceSeries& place = all[static_cast<size_t>(at - names.begin())];
    if (place.rows() > 0) throw Error(fmt::format("there are two files of {}", one.name));
    place = std::move(one);
  }
  return all;
}

struct GivenPrices {
  PriceExamples examples;
  std::vector<std::string> called;  ///< what each series is called by its file
};

GivenPrices given_prices(const Model& model, const PricePrediction& what) {
  const PriceTask task = price_task_of(model);
  PriceReadOptions read;
  read.fill_adj_from_close = model.notes().contains("fill_adj");
  std::vector<PriceSeries> given;
  for (EtfSeries& one : read_etfs(what.files, what.data, read)) {
    if (one.prices.count(PriceAction::Dropped) + one.prices.count(PriceAction::Repaired) > 0)
      note("{}: {}", one.prices.series.name, problem_summary(one.prices));
    if (const std::string warning = split_warning(one.prices); !warning.empty())
      note("{}", warning);
    given.push_back(std::move(one.prices.series));
  }
  std::vector<std::string> names = task.series;
  names.insert(names.end(), task.companions.begin(), task.companions.end());
  std::vector<std::string> called = task.series;
  if (names.size() == 1 && given.size() == 1 && given[0].name != names[0]) {
    note("the model was trained on {}, the prices are called {}", names[0], given[0].name);
    called[0] = std::exchange(given[0].name, names[0]);
  }
  std::vector<PriceSeries> all = placed(names, std::move(given));
  const auto behind = static_cast<std::ptrdiff_t>(task.series.size());
  for (size_t i = task.series.size(); i < all.size(); ++i)
    if (all[i].rows() == 0)
      throw Error(fmt::format("the model needs the prices of {} too", all[i].name));
  PriceExamples examples(task, {all.begin(), all.begin() + behind},
                         {all.begin() + behind, all.end()});
  if (!task.companions.empty() && examples.series()[0].date.back() < all[0].date.back())
    note("the prices of all end on {}, those of {} on {}",
         examples.series()[0].date.back().to_string(), all[0].name, all[0].date.back().to_string());
  for (size_t i = 0; i < called.size(); ++i) {
    const int64_t rows = examples.series()[i].rows();
    if (rows > 0 && rows < task.rows())
      throw Error(
          fmt::format("{} has {} days, too few for a window of {}", called[i], rows, task.rows()));
  }
  return {std::move(examples), std::move(called)};
}

std::vector<PriceDay> last_days(const PriceExamples& examples) {
  std::vector<PriceDay> last;
  for (const PriceDay& day : examples.open_days())
    if (day.day + 1 == examples.series()[static_cast<size_t>(day.series)].rows())
      last.push_back(day);
  return last;
}

Line line_of(const GivenPrices& given, PriceDay day, size_t target, int64_t ahead,
             double forecast) {
  const PriceExamples& examples = given.examples;
  const PriceTask& task = examples.task();
  const PriceSeries& series = examples.series()[static_cast<size_t>(day.series)];
  const TargetSpec spec = task.spec(target, ahead);
  const PriceColumns prices = examples.prices(day.series);
  Line line;
  line.series = given.called[static_cast<size_t>(day.series)];
  line.target = spec.target;
  line.ahead = ahead;
  line.made = line.of = examples.date(day);
  line.forecast = forecast;
  if (has_target(prices, spec, day.day)) {
    line.of = series.date[static_cast<size_t>(day.day + ahead)];
    line.actual = target_value(prices, spec, day.day);
  } else {
    const auto known = series.rows() - 1 - day.day;
    line.of = series.date.back();
    for (int64_t i = known; i < ahead; ++i) line.of = line.of.next_weekday();
  }
  if (applies_to(ForecastBaseline::Naive, spec.target))
    line.naive = naive_forecast(prices, spec, day.day);
  return line;
}

std::vector<Line> lines_of(Model& model, const GivenPrices& given,
                           const std::vector<PriceDay>& days) {
  const PriceExamples& examples = given.examples;
  const std::vector<Array> outputs = model.predict_all(examples.inputs(days));
  const PriceTask& task = examples.task();
  std::vector<std::vector<std::vector<double>>> said(task.targets.size());
  for (size_t target = 0; target < task.targets.size(); ++target)
    for (int64_t ahead = 1; ahead <= task.horizon; ++ahead)
      said[target].push_back(examples.forecasts(days, outputs, target, ahead));
  std::vector<Line> lines;
  for (size_t i = 0; i < days.size(); ++i)
    for (size_t target = 0; target < task.targets.size(); ++target)
      for (int64_t ahead = 1; ahead <= task.horizon; ++ahead)
        lines.push_back(line_of(given, days[i], target, ahead,
                                said[target][static_cast<size_t>(ahead - 1)][i]));
  return lines;
}

std::string number(const std::optional<double>& value) {
  return value ? fmt::format("{:.9g}", *value) : "";
}

void print_csv(const std::vector<Line>& lines, Terminal& terminal) {
  terminal.write("series,target,ahead,made,date,actual,forecast,naive\n");
  for (const Line& l : lines)
    terminal.write(fmt::format("{},{},{},{},{},{},{:.9g},{}\n", csv_cell(l.series),
                               to_string(l.target), l.ahead, l.made.to_string(), l.of.to_string(),
                               number(l.actual), l.forecast, number(l.naive)));
}

/// `-0.420 %`, `398.1`, `up 52.1 %, down 47.9 %`
std::string shown(ForecastTarget target, double value) {
  switch (target) {
    case ForecastTarget::Rise:
      return fmt::format("{:+.3f} %", value);
    case ForecastTarget::Return:
      return fmt::format("{:+.6f} (log)", value);
    case ForecastTarget::Direction:
      return fmt::format("up {:.1f} %, down {:.1f} %", 100 * value, 100 * (1 - value));
    case ForecastTarget::Open:
    case ForecastTarget::Close:
    case ForecastTarget::AdjClose:
      return fmt::format("{:.6g}", value);
  }
  internal_error(__FILE__, __LINE__, "a target that is none");
}

void print_lines(const std::vector<Line>& lines, Terminal& terminal) {
  for (const Line& l : lines) {
    terminal.write(fmt::format("{}  {} of {}: {}", l.series, to_string(l.target), l.of.to_string(),
                               shown(l.target, l.forecast)));
    if (l.naive)
      terminal.write(fmt::format("  (if the price stays as on {}: {})", l.made.to_string(),
                                 shown(l.target, *l.naive)));
    terminal.write("\n");
  }
}

nlohmann::ordered_json json_of(const Line& l) {
  nlohmann::ordered_json out = {{"series", l.series},       {"target", to_string(l.target)},
                                {"ahead", l.ahead},         {"made", l.made.to_string()},
                                {"date", l.of.to_string()}, {"forecast", l.forecast}};
  out["naive"] = l.naive ? nlohmann::ordered_json(*l.naive) : nullptr;
  out["actual"] = l.actual ? nlohmann::ordered_json(*l.actual) : nullptr;
  return out;
}

}  // namespace

int predict_prices(Model& model, const std::string& name, const PricePrediction& what,
                   Terminal& terminal) {
  const GivenPrices given = given_prices(model, what);
  const PriceExamples& examples = given.examples;
  std::vector<PriceDay> days = last_days(examples);
  if (what.all) {
    days = examples.days();
    const std::vector<PriceDay> open = examples.open_days();
    days.insert(days.end(), open.begin(), open.end());
    std::stable_sort(days.begin(), days.end(), [](PriceDay a, PriceDay b) {
      return a.series != b.series ? a.series < b.series : a.day < b.day;
    });
  }
  const std::vector<Line> lines = lines_of(model, given, days);
  if (what.json) {
    nlohmann::ordered_json out;
    out["model"] = name;
    out["predictions"] = nlohmann::ordered_json::array();
    for (const Line& line : lines) out["predictions"].push_back(json_of(line));
    print_json_line(out);
  } else if (what.all) {
    print_csv(lines, terminal);
  } else {
    print_lines(lines, terminal);
  }
  return kDone;
}

}  // namespace lathe::cli
