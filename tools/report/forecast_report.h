// What a run that forecasts prices tells: a page, and a short form for the terminal.
//
//   ForecastReport report{.title = "Next open of SPY", .made = "2024-05-01 10:00", …};
//   report.results.push_back(forecast_result(prices, spec, test_days, models, baselines));
//   write_file_atomically("report.html", to_html(report));
//
// Any text may hold any character. What there is nothing of is said to be absent; no section is left
// out. Series made by rule are marked as SYNTHETIC wherever they are shown.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lathe/date.h"
#include "lathe/forecast_scores.h"
#include "tools/report/forecast_result.h"

namespace lathe::report {

/// Training, validation or test, of one series.
struct DataPart {
  std::string name;
  Date first, last;
  int64_t days = 0;
};

struct DataUsed {
  std::string series;
  std::string source;  ///< the file, or by which rule it was made
  int64_t days = 0;
  Date first, last;
  std::string problems;  ///< problem_summary()
  std::string note;      ///< what else there is to say: that it is an input and not forecast
  bool synthetic = false;
  std::vector<DataPart> parts;  ///< in the order of time; empty for one that is left out
  /// For a picture of the parts, as many of each; or both empty.
  std::vector<Date> date;
  std::vector<double> close;
};

struct ModelUsed {
  std::string layers;  ///< lines of text
  int64_t parameters = 0;
  std::vector<uint64_t> seeds;
  std::string loss, optimizer;
  int64_t epochs = 0;
  /// More of it as name and text: window, features, preparation, …
  std::vector<std::pair<std::string, std::string>> more;
};

/// A number an epoch.
struct LearningCurve {
  std::string name;                    ///< `seed 3`
  std::vector<double> loss, val_loss;  ///< val_loss may be empty
};

/// The T-Brain score of one series' five closes.
struct TBrainRow {
  std::string series;
  bool synthetic = false;
  std::string forecast;             ///< `model`, `naive`
  std::vector<TBrainScore> scores;  ///< one a seed
};

struct ForecastReport {
  std::string title;
  std::string made;     ///< when, and by which version
  std::string command;  ///< that makes it again
  std::vector<DataUsed> data;
  std::string split;  ///< how the parts were cut, in words
  ModelUsed model;
  std::vector<LearningCurve> curves;
  std::vector<ForecastResult> results;  ///< a series' targets and horizons behind each other
  std::vector<TBrainRow> tbrain;        ///< empty where it does not apply
  std::vector<std::string> notes;       ///< what a reader should know besides, a sentence each
};

/// Whether anything in it was made by rule.
bool any_synthetic(const ForecastReport& report);

struct PageOptions {
  size_t drawn = 12;  ///< results, and series of data, that get pictures; tables have all of them
};

/// One HTML file that asks nothing of a network, light or dark as the reader's screen is. It is
/// well-formed XML too.
std::string to_html(const ForecastReport& report, const PageOptions& options = {});

/// The tables of scores and what they mean, up to 100 columns wide; a line for each result where
/// there are more than kTextResults. Ends with a line end.
std::string to_text(const ForecastReport& report);
inline constexpr size_t kTextResults = 3;

}  // namespace lathe::report
