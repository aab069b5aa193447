#include "tools/report/score_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ir/error.h"

namespace lathe::report {
namespace {

using Scores = const ForecastScores&;
using Value = std::optional<double>;

constexpr bool kErrors = true, kOneSeed = true;

const ScoreColumn kColumns[] = {
    {"MAE", "MAE", "mean absolute error, in the target's units", NumberKind::Units, kErrors, false,
     0, [](Scores s) { return s.errors ? Value(s.errors->mae) : std::nullopt; }},
    {"MAE/naive", "/naive", "MAE as a ratio to naive's: below 1 is better than naive",
     NumberKind::Ratio, kErrors, false, 0,
     [](Scores s) { return s.errors ? s.errors->mae_ratio : std::nullopt; }},
    {"RMSE", "RMSE",
     "root of the mean squared error, in the target's units: large errors count more",
     NumberKind::Units, kErrors, false, 1,
     [](Scores s) { return s.errors ? Value(s.errors->rmse) : std::nullopt; }},
    {"RMSE/naive", "/naive", "RMSE as a ratio to naive's: below 1 is better", NumberKind::Ratio,
     kErrors, false, 1, [](Scores s) { return s.errors ? s.errors->rmse_ratio : std::nullopt; }},
    {"MAPE, %", "MAPE%",
     "mean of |error / actual value|; says little of a rise, which may be near 0",
     NumberKind::Units, kErrors, false, 2,
     [](Scores s) { return s.errors ? s.errors->mape : std::nullopt; }},
    {"MAPE/naive", "/naive", "MAPE as a ratio to naive's: below 1 is better", NumberKind::Ratio,
     kErrors, false, 2, [](Scores s) { return s.errors ? s.errors->mape_ratio : std::nullopt; }},
    {"R\xc2\xb2 of the rise", "R2 rise",
     "share of the rise over the last known price that is explained; 0 is naive, below 0 is worse",
     NumberKind::R2, kErrors, false, 0, [](Scores s) { return s.rise_r2; }},
    {"Hits, %", "hits%", "days of which the direction was right, of those decided",
     NumberKind::Rate, false, false, 0, [](Scores s) { return s.hits.rate; }},
    {"Hits from, %", "from",
     "low end of the hits' interval (block bootstrap): chance leaves it open", NumberKind::Rate,
     false, kOneSeed, 0,
     [](Scores s) { return s.hit_interval ? Value(s.hit_interval->low) : std::nullopt; }},
    {"Hits to, %", "to",
     "its high end; where the share of up days, or half, lies within, no skill is shown",
     NumberKind::Rate, false, kOneSeed, 0,
     [](Scores s) { return s.hit_interval ? Value(s.hit_interval->high) : std::nullopt; }},
    {"Up days, %", "up%", "the share of these days that went up: what always saying up would hit",
     NumberKind::Rate, false, kOneSeed, 0, [](Scores s) { return s.hits.up_share; }},
    {"p", "p",
     "Diebold-Mariano: the chance of so large a difference to naive's absolute errors where there "
     "is none",
     NumberKind::P, kErrors, kOneSeed, 0,
     [](Scores s) { return s.test ? Value(s.test->p_value) : std::nullopt; }},
};

int decimals_of(NumberKind kind, int unit_decimals) {
  switch (kind) {
    case NumberKind::Units:
      return unit_decimals;
    case NumberKind::Ratio:
    case NumberKind::P:
      return 3;
    case NumberKind::Rate:
      return 1;
    case NumberKind::R2:
      return 4;
  }
  internal_error(__FILE__, __LINE__, "a kind of numbers that is none");
}

/// For four digits of the smallest, of those that are not 0.
int unit_decimals_of(const std::vector<Value>& values) {
  double least = INFINITY;
  for (const Value& v : values) {
    const double size = std::fabs(v.value_or(0));
    if (size > 0) least = std::min(least, size);
  }
  if (!std::isfinite(least)) return 3;
  return std::clamp(3 - static_cast<int>(std::floor(std::log10(least))), 0, 9);
}

Value spread_of(const ForecastResult& result, const ScoreColumn& column) {
  const auto all = column.of_one_seed ? std::nullopt : over_seeds(result, column.value);
  return all ? all->deviation : std::nullopt;
}

}  // namespace

std::span<const ScoreColumn> score_columns() {
  return kColumns;
}

bool is_comparable(const ScoreColumn& column) {
  return column.kind != NumberKind::Units;
}

std::string number_text(Value value, NumberKind kind, std::string_view absent, int unit_decimals) {
  if (!value || !std::isfinite(*value)) return std::string(absent);
  const int decimals = decimals_of(kind, unit_decimals);
  const double shown = kind == NumberKind::Rate ? 100 * *value : *value;
  std::string text = fmt::format("{:.{}f}", shown, decimals);
  const bool zero = text.find_first_of("123456789") == std::string::npos;
  if (zero && kind == NumberKind::P) return "<0.001";
  if (zero && text.starts_with('-')) text.erase(0, 1);
  return text;
}

std::optional<SeedSpread> over_seeds(const ForecastResult& result,
                                     const std::function<Value(Scores)>& number) {
  std::vector<double> all;
  for (const SeedForecast& m : result.model)
    if (const Value v = number(m.scores)) all.push_back(*v);
  if (all.empty()) return std::nullopt;
  return seed_spread(all);
}

Value model_value(const ForecastResult& result, const ScoreColumn& column) {
  if (column.of_one_seed) return column.value(judged_seed(result).scores);
  const auto all = over_seeds(result, column.value);
  return all ? Value(all->mean) : std::nullopt;
}

ScoreTable score_table(const ForecastResult& result, std::string_view absent,
                       std::string_view spread) {
  ScoreTable table;
  const size_t seeds = result.model.size();
  table.rows.push_back({seeds > 1 ? fmt::format("model, {} seeds", seeds) : "model", {}});
  if (seeds > 1) table.rows.push_back({std::string(spread), {}});
  for (const BaselineForecast& b : result.baselines) table.rows.push_back({b.name, {}});
  for (const ScoreColumn& column : score_columns()) {
    if (column.of_errors && result.spec.target == ForecastTarget::Direction) continue;
    table.columns.push_back(&column);
    std::vector<Value> values = {model_value(result, column)};
    for (const BaselineForecast& b : result.baselines) values.push_back(column.value(b.scores));
    const int decimals = unit_decimals_of(values);
    if (seeds > 1) values.insert(values.begin() + 1, spread_of(result, column));
    for (size_t i = 0; i < values.size(); ++i)
      table.rows[i].cells.push_back(number_text(values[i], column.kind, absent, decimals));
  }
  return table;
}

}  // namespace lathe::report
