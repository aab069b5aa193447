// The terminal's form of a report (forecast_report.h).
#include <fmt/format.h>

#include <algorithm>

#include "tools/report/findings.h"
#include "tools/report/forecast_report.h"
#include "tools/report/score_table.h"
#include "tools/report/text_table.h"

namespace lathe::report {
namespace {

constexpr std::string_view kAbsent = "-";

std::string result_text(const ForecastResult& r) {
  const ScoreTable scores = score_table(r, kAbsent, "+- over seeds");
  std::vector<TextColumn> columns = {{"", false}};
  for (const ScoreColumn* c : scores.columns)
    columns.push_back({std::string(c->short_title), true, c->spare});
  std::vector<std::vector<std::string>> rows;
  for (const ScoreRow& row : scores.rows) {
    rows.push_back({row.name});
    rows.back().insert(rows.back().end(), row.cells.begin(), row.cells.end());
  }
  std::string text = wrapped(result_title(r));
  text += text_table(std::move(columns), std::move(rows));
  for (const std::string& line : verdict_texts(r)) text += wrapped(line);
  return text + '\n';
}

/// A line a result.
std::string overview_text(const ForecastReport& report) {
  std::vector<TextColumn> columns = {{"series", false}, {"forecast", false}, {"days"}};
  std::vector<const ScoreColumn*> shown;
  for (const ScoreColumn& c : score_columns()) {
    if (!is_comparable(c)) continue;
    shown.push_back(&c);
    columns.push_back({std::string(c.short_title), true, c.spare});
  }
  columns.push_back({"verdict", false});
  std::vector<std::vector<std::string>> rows;
  for (const ForecastResult& r : report.results) {
    rows.push_back({series_label(r.series, r.synthetic), target_label(r.spec),
                    fmt::format("{}", r.date.size())});
    for (const ScoreColumn* c : shown)
      rows.back().push_back(number_text(model_value(r, *c), c->kind, kAbsent));
    rows.back().emplace_back(finding_name(verdict(judged_seed(r).scores).finding));
  }
  return text_table(std::move(columns), std::move(rows)) + '\n';
}

std::string tbrain_text(const ForecastReport& report) {
  std::vector<std::vector<std::string>> rows;
  const auto text = [](std::optional<double> v) { return number_text(v, NumberKind::R2, kAbsent); };
  for (const TBrainRow& row : report.tbrain) {
    const TBrainSpread s = tbrain_spread(row.scores);
    rows.push_back({series_label(row.series, row.synthetic), row.forecast, text(s.mean.total),
                    text(s.mean.direction), text(s.mean.closeness), text(s.deviation)});
  }
  return text_table({{"T-Brain score", false},
                     {"forecast", false},
                     {"score"},
                     {"direction"},
                     {"closeness"},
                     {"+- over seeds"}},
                    std::move(rows)) +
         '\n';
}

}  // namespace

std::string to_text(const ForecastReport& report) {
  std::string text;
  if (any_synthetic(report))
    text += wrapped(
        "SYNTHETIC: these prices were made by rule. They are no market's, and say nothing about "
        "one.");
  const size_t count = report.results.size();
  const bool each = count <= kTextResults;
  if (each) {
    for (const ForecastResult& r : report.results) text += result_text(r);
  } else {
    text += overview_text(report);
  }
  if (!report.tbrain.empty()) text += tbrain_text(report);
  if (count != 1) text += wrapped(findings_summary(report.results));
  for (const std::string& warning : leak_warnings(report.results)) text += wrapped(warning);
  text += wrapped(
      "/naive: a ratio to naive's error, below 1 is better. naive: as the last known "
      "price. R2 rise: 0 is naive.");
  return text;
}

}  // namespace lathe::report
