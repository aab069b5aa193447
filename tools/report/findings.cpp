#include "tools/report/findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "ir/error.h"

namespace lathe::report {
namespace {

constexpr std::array kFindings = {Finding::Suspicious, Finding::Better, Finding::NoBetter,
                                  Finding::Worse, Finding::TooFewRows};

/// `3 no better, 1 worse`
std::string counted(std::span<const Finding> findings) {
  std::string text;
  for (const Finding f : kFindings) {
    const auto count = std::ranges::count(findings, f);
    if (count == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, finding_name(f));
  }
  return text;
}

}  // namespace

std::string findings_summary(std::span<const ForecastResult> results) {
  if (results.empty()) return "Nothing was forecast.";
  if (results.size() == 1) return verdict_texts(results[0]).front();
  std::vector<Finding> findings;
  for (const ForecastResult& r : results)
    findings.push_back(verdict(judged_seed(r).scores).finding);
  const std::string text = fmt::format("Of {} forecasts: {}.", results.size(), counted(findings));
  if (std::ranges::count(findings, Finding::Better) == 0) return text;
  return text + " Of 40 where nothing is to be found, chance makes one better.";
}

std::vector<std::string> verdict_texts(const ForecastResult& result) {
  std::vector<std::string> texts = {verdict(judged_seed(result).scores).text};
  if (result.model.size() < 2) return texts;
  std::vector<Finding> findings;
  for (const SeedForecast& m : result.model) findings.push_back(verdict(m.scores).finding);
  texts.push_back(fmt::format("That is seed {}, the one in the middle. Of {} seeds: {}.",
                              judged_seed(result).seed, result.model.size(), counted(findings)));
  return texts;
}

std::string leak_warning(const ForecastResult& result) {
  return fmt::format(
      "Warning: {} looks too good. {} Before it is believed, make sure that no input knows a price "
      "of the day that is forecast or later.{}",
      result_label(result),
      result.spec.target == ForecastTarget::Direction
          ? "So many hits hardly anyone gets one day ahead."
          : fmt::format("Below {} of naive's MAE hardly anyone gets one day ahead.", kLeakRatio),
      result.synthetic ? " Prices that were made with a signal in them may allow it." : "");
}

std::vector<std::string> leak_warnings(std::span<const ForecastResult> results) {
  constexpr size_t kFew = 3;
  std::vector<std::string> warnings, names;
  for (const ForecastResult& r : results) {
    if (!looks_like_a_leak(r)) continue;
    warnings.push_back(leak_warning(r));
    names.push_back(result_label(r));
  }
  if (names.size() <= kFew) return warnings;
  return {
      fmt::format("Warning: {} forecasts look too good, which hardly anyone gets one day ahead: "
                  "{}. Before they are believed, make sure that no input knows a price of the "
                  "day that is forecast or later.",
                  names.size(), fmt::join(names, "; "))};
}

std::vector<std::string> score_notes(const ForecastResult& result) {
  std::vector<std::string> notes;
  const SeedForecast& seed = judged_seed(result);
  const ForecastScores& s = seed.scores;
  if (s.errors) {
    const double naive = s.errors->mae_naive;
    notes.push_back(fmt::format("mae_naive, naive's MAE on these days: {:#.4g}", naive));
    if (s.errors->mape_left_out > 0)
      notes.push_back(
          fmt::format("MAPE leaves out {} days whose actual value is 0", s.errors->mape_left_out));
  }
  const std::string level =
      s.hit_interval ? fmt::format("; the interval is of {:.3g} %", 100 * s.hit_interval->level)
                     : "";
  notes.push_back(
      fmt::format("hits: {} days decided, {} without a direction forecast, {} with "
                  "prices unchanged{}",
                  s.hits.decided, s.hits.undecided, s.hits.unchanged, level));
  if (result.model.size() > 1)
    notes.push_back(
        fmt::format("the model's row is the mean over {} seeds; its interval, up days and "
                    "p are those of seed {}, the one in the middle",
                    result.model.size(), seed.seed));
  return notes;
}

TBrainSpread tbrain_spread(std::span<const TBrainScore> scores) {
  if (scores.empty()) throw Error("a row of T-Brain scores without a score");
  const auto column = [&](double TBrainScore::* member) {
    std::vector<double> values;
    for (const TBrainScore& s : scores) values.push_back(s.*member);
    return seed_spread(values);
  };
  const SeedSpread total = column(&TBrainScore::total);
  return {{total.mean, column(&TBrainScore::direction).mean, column(&TBrainScore::closeness).mean},
          total.deviation};
}

}  // namespace lathe::report
