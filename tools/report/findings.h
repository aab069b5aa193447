// What the numbers of a report mean, in sentences: the same on the page and in the terminal.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lathe/forecast_scores.h"
#include "tools/report/forecast_result.h"

namespace lathe::report {

/// Of the only result its verdict, of several how many came to what.
std::string findings_summary(std::span<const ForecastResult> results);

/// The verdict of the judged seed and, where there are several, what the others came to.
std::vector<std::string> verdict_texts(const ForecastResult& result);

/// What to say of a result that looks_like_a_leak(); and of all of them, of many in one.
std::string leak_warning(const ForecastResult& result);
std::vector<std::string> leak_warnings(std::span<const ForecastResult> results);

/// Naive's MAE, which days count, and what of the table stands for one seed.
std::vector<std::string> score_notes(const ForecastResult& result);

struct TBrainSpread {
  TBrainScore mean;
  std::optional<double> deviation;  ///< of the total; absent for one seed
};
/// Error for no score.
TBrainSpread tbrain_spread(std::span<const TBrainScore> scores);

}  // namespace lathe::report
