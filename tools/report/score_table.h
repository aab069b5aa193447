// The numbers that a report shows of forecasts, before they are written in one form or another.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/report/forecast_result.h"

namespace lathe::report {

enum class NumberKind : uint8_t {
  Units,  ///< of the series or the target: decimals for four digits of the column's smallest
  Ratio,  ///< 1.003
  Rate,   ///< 51.2: a fraction, in percent
  R2,     ///< -0.0012
  P,      ///< 0.413, <0.001
};

struct ScoreColumn {
  std::string_view title;
  std::string_view short_title;  ///< in the terminal
  std::string_view text;         ///< what it says, one line
  NumberKind kind = NumberKind::Units;
  bool of_errors = false;    ///< not there for direction
  bool of_one_seed = false;  ///< a mean over seeds would say nothing: the judged seed's
  /// Left out first where a terminal has no room, those of a higher number before others; 0: never.
  int spare = 0;
  std::optional<double> (*value)(const ForecastScores&) = nullptr;
};

std::span<const ScoreColumn> score_columns();
/// Whether its numbers may stand below those of another series: not where the units are each one's.
bool is_comparable(const ScoreColumn& column);

/// A dash, `absent`, for what is not there.
std::string number_text(std::optional<double> value, NumberKind kind, std::string_view absent,
                        int unit_decimals = 4);

struct ScoreRow {
  std::string name;
  std::vector<std::string> cells;  ///< one a column
};

struct ScoreTable {
  std::vector<const ScoreColumn*> columns;
  std::vector<ScoreRow> rows;  ///< the model, with several seeds their spread, the baselines
};

/// `spread`: what the row of the spread over seeds is called.
ScoreTable score_table(const ForecastResult& result, std::string_view absent,
                       std::string_view spread);

/// Of a number over the seeds that have it; absent where none has.
std::optional<SeedSpread> over_seeds(
    const ForecastResult& result,
    const std::function<std::optional<double>(const ForecastScores&)>& number);

/// The mean over the seeds, or of the judged one.
std::optional<double> model_value(const ForecastResult& result, const ScoreColumn& column);

}  // namespace lathe::report
