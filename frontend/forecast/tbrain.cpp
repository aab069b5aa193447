// The score of the T-Brain competition (lathe/forecast_scores.h).
#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "frontend/forecast/scored_rows.h"
#include "ir/error.h"
#include "lathe/forecast_scores.h"

namespace lathe {

namespace {

constexpr double kDayWeights[] = {0.1, 0.15, 0.2, 0.25, 0.3};
constexpr size_t kDays = std::size(kDayWeights);

int direction(double before, double after) {
  return (after > before) - (after < before);
}

}  // namespace

TBrainScore tbrain_score(std::span<const double> last_close, std::span<const double> actual,
                         std::span<const double> forecast) {
  const size_t rows = last_close.size();
  if (rows == 0) throw Error("there are no rows to score");
  detail::check_rows(last_close, rows, "last closes");
  detail::check_rows(actual, kDays * rows, "closes, five a row,");
  detail::check_rows(forecast, kDays * rows, "forecasts, five a row,");
  TBrainScore score;
  for (size_t r = 0; r < rows; ++r) {
    double actual_before = last_close[r], forecast_before = last_close[r];
    for (size_t d = 0; d < kDays; ++d) {
      const double close = actual[kDays * r + d], said = forecast[kDays * r + d];
      if (!(close > 0))
        throw Error(fmt::format("row {} has a close of {}, not a price above 0", r, close));
      const double half = 0.5 * kDayWeights[d] / static_cast<double>(rows);
      if (direction(actual_before, close) == direction(forecast_before, said))
        score.direction += half;
      score.closeness += half * (close - std::abs(said - close)) / close;
      actual_before = close;
      forecast_before = said;
    }
  }
  score.total = score.direction + score.closeness;
  return score;
}

}  // namespace lathe
