// What scores mean, in a sentence (lathe/forecast_scores.h).
#include <fmt/format.h>

#include <algorithm>

#include "lathe/forecast_scores.h"

namespace lathe {

namespace {

constexpr double kSignificance = 0.05;

std::string days_ahead(int64_t horizon) {
  return horizon == 1 ? "one day ahead" : fmt::format("{} days ahead", horizon);
}

/// `p = 0.41`, `p < 0.001`
std::string p_text(double p) {
  return p < 0.001 ? "p < 0.001" : fmt::format("p = {:.2g}", p);
}

/// `MAE is 1.003 times naive's one day ahead (95 % interval …, Diebold-Mariano p = 0.41)`.
std::string error_text(const ForecastScores& s) {
  const Interval interval = s.mae_ratio_interval.value();
  return fmt::format(
      "MAE is {:.3f} times naive's {} ({:.3g} % interval {:.3f} to {:.3f}, "
      "Diebold-Mariano {}, {} days)",
      s.errors->mae_ratio.value(), days_ahead(s.horizon), 100 * interval.level, interval.low,
      interval.high, p_text(s.test.value().p_value), s.rows);
}

bool is_better(const DieboldMariano& test) {
  return test.mean_difference < 0 && test.p_value < kSignificance;
}

Verdict verdict_of_errors(const ForecastScores& s) {
  if (!s.errors.value().mae_ratio)
    return {Finding::NoBetter,
            "No better than naive, which makes no error on these days: nothing can beat that."};
  const double ratio = *s.errors->mae_ratio;
  const std::string text = error_text(s);
  if (s.horizon == 1 && ratio < kLeakRatio)
    return {Finding::Suspicious,
            fmt::format("Suspicious: {}; below {} hardly anyone gets without prices of the future, "
                        "so look for a leak among the inputs.",
                        text, kLeakRatio)};
  const bool by_test = s.test->p_value < kSignificance;
  const bool better = by_test && s.mae_ratio_interval->high < 1;
  if (better && s.drift_test && !is_better(*s.drift_test))
    return {
        Finding::NoBetter,
        fmt::format("No better than drift: {}; but against drift, the mean rise of the training "
                    "part, {}: it knows little more than that prices rise.",
                    text, p_text(s.drift_test->p_value))};
  if (better) return {Finding::Better, fmt::format("Better than naive beyond chance: {}.", text)};
  if (by_test && s.mae_ratio_interval->low > 1)
    return {Finding::Worse, fmt::format("Worse than naive beyond chance: {}.", text)};
  return {Finding::NoBetter, fmt::format("No better than naive: {}, which chance explains.", text)};
}

Verdict verdict_of_hits(const ForecastScores& s) {
  const double up = s.hits.up_share.value(), rate = s.hits.rate.value(), bar = std::max(0.5, up);
  const Interval interval = s.hit_interval.value();
  const char* simple = up > 0.5 ? "always up" : "a coin";
  const std::string text = fmt::format(
      "the direction {} is right on {:.1f} % of {} days ({:.3g} % interval {:.1f} to {:.1f} %), "
      "of which {:.1f} % are up",
      days_ahead(s.horizon), 100 * rate, s.hits.decided, 100 * interval.level, 100 * interval.low,
      100 * interval.high, 100 * up);
  if (s.horizon == 1 && rate > bar + kLeakHits && interval.low > bar)
    return {Finding::Suspicious,
            fmt::format("Suspicious: {}; so many hardly anyone gets without prices of the future, "
                        "so look for a leak among the inputs.",
                        text)};
  if (interval.low > bar)
    return {Finding::Better, fmt::format("Better than {} beyond chance: {}.", simple, text)};
  if (interval.high < bar)
    return {Finding::Worse, fmt::format("Worse than {} beyond chance: {}.", simple, text)};
  return {Finding::NoBetter,
          fmt::format("No better than {}: {}, which chance explains.", simple, text)};
}

}  // namespace

Verdict verdict(const ForecastScores& s) {
  const bool priced = s.target != ForecastTarget::Direction;
  const int64_t needed = kFewestJudgedRows * s.horizon;
  if (!priced && s.hits.undecided >= needed && s.hits.decided == 0)
    return {Finding::NoBetter, "No better than a coin: it never says a direction."};
  const int64_t rows = priced ? s.rows : s.hits.decided;
  if (rows < needed)
    return {Finding::TooFewRows,
            fmt::format("Too few days to tell a forecast {} from chance: {}, and it takes {}.",
                        days_ahead(s.horizon), rows, needed)};
  return priced ? verdict_of_errors(s) : verdict_of_hits(s);
}

}  // namespace lathe
