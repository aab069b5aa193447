#include "frontend/prices/price_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "ir/error.h"

namespace lathe::prices {
namespace {

using enum PriceField;
using Kind = PriceProblemKind;

/// How far open and close may lie outside low to high, and still be taken for right. Prices of
/// sources that adjust for splits differ by their rounding; a slip of a digit by far more.
constexpr double kNarrow = 0.01;

/// How near open and close have to come to a split's ratio: about a day's ordinary move.
constexpr double kNearSplit = 0.05;

struct Split {
  int to, from;  ///< 2:1 makes two shares of one, so that the price halves
};
constexpr Split kSplits[] = {{3, 2},  {2, 1},  {3, 1},  {4, 1},  {5, 1},  {6, 1},
                             {7, 1},  {8, 1},  {10, 1}, {15, 1}, {20, 1}, {25, 1},
                             {30, 1}, {40, 1}, {50, 1}, {100, 1}};

/// The split, either way round, whose ratio both are near.
std::optional<Split> near_split(double open_ratio, double close_ratio) {
  for (const auto& [to, from] : kSplits) {
    for (const auto& [a, b] : {Split{to, from}, Split{from, to}}) {
      const double shares = static_cast<double>(a) / b;
      if (std::abs(open_ratio * shares - 1) <= kNearSplit &&
          std::abs(close_ratio * shares - 1) <= kNearSplit)
        return Split{a, b};
    }
  }
  return std::nullopt;
}

void note_move(const PriceRow& row, const PriceRow& before, double limit, PriceReport& report) {
  const double open = row[Open] / before[Close], close = row[Close] / before[Close];
  const auto far = [&](double ratio) { return std::abs(ratio - 1) > limit; };
  const auto jump = [&](std::string_view title, double price, double ratio) {
    return fmt::format("{} {} after a close of {}, {:+.1f} %", title, price, before[Close],
                       100 * (ratio - 1));
  };
  if (!far(open) && !far(close)) return;
  if (const auto split = near_split(open, close)) {
    report.add(Kind::PossibleSplit, row.line, row.date,
               fmt::format("close {} after {}, near a split of {}:{}", row[Close], before[Close],
                           split->to, split->from));
  } else {
    report.add(Kind::Jump, row.line, row.date,
               far(close) ? jump("close", row[Close], close) : jump("open", row[Open], open));
  }
}

void note_adjusted_move(const PriceRow& row, const PriceRow& before, double limit,
                        PriceReport& report) {
  const double close = row[Close] / before[Close], adjusted = row[AdjClose] / before[AdjClose];
  if (std::abs(adjusted / close - 1) <= limit) return;
  report.add(Kind::AdjustedJump, row.line, row.date,
             fmt::format("adj close {} after {}, {:+.1f} %, while the close moved {:+.1f} %",
                         row[AdjClose], before[AdjClose], 100 * (adjusted - 1), 100 * (close - 1)));
}

std::string_view difference(const PriceRow& a, const PriceRow& b) {
  for (const PriceFieldRow& field : price_fields())
    if (a[field.field] != b[field.field]) return field.title;
  return "";
}

}  // namespace

void PriceReport::add(PriceProblemKind kind, int64_t line, std::optional<Date> date,
                      std::string text) {
  if (strict_ && action_of(kind) != PriceAction::Noted)
    throw Error(fmt::format("{}: line {}{}: {}: would be {}, which strict reading refuses", name_,
                            line, date ? ", " + date->to_string() : "", text,
                            to_string(action_of(kind))));
  problems_.push_back({kind, line, date, std::move(text)});
}

std::vector<PriceProblem> PriceReport::take() {
  std::stable_sort(problems_.begin(), problems_.end(),
                   [](const PriceProblem& a, const PriceProblem& b) { return a.line < b.line; });
  return std::move(problems_);
}

void put_in_order(std::vector<PriceRow>& rows, PriceReport& report) {
  int direction = 0;
  for (size_t i = 1; i < rows.size(); ++i) {
    const PriceRow &before = rows[i - 1], &row = rows[i];
    const int step = row.date < before.date ? -1 : row.date > before.date ? 1 : 0;
    if (step != 0 && direction == 0) direction = step;
    if (step == -direction && step != 0)
      throw Error(
          fmt::format("{}: line {}: {} comes behind {} of line {}, expected dates that {} "
                      "throughout, as they began",
                      report.name(), row.line, row.date.to_string(), before.date.to_string(),
                      before.line, direction > 0 ? "ascend" : "descend"));
  }
  if (direction < 0) {
    report.add(Kind::Descending, rows[0].line, rows[0].date,
               fmt::format("dates descend, down to {}: the order of the {} rows is reversed",
                           rows.back().date.to_string(), rows.size()));
    std::reverse(rows.begin(), rows.end());
  }

  size_t kept = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (kept > 0 && rows[kept - 1].date == rows[i].date) {
      const auto [first, second] = std::minmax(rows[kept - 1].line, rows[i].line);
      const auto title = difference(rows[kept - 1], rows[i]);
      if (!title.empty())
        throw Error(fmt::format("{}: line {}: {} was on line {} already, with another {}",
                                report.name(), second, rows[i].date.to_string(), first, title));
      report.add(Kind::DuplicateRow, second, rows[i].date,
                 fmt::format("the same as line {}", first));
      rows[kept - 1].line = first;
      continue;
    }
    rows[kept++] = rows[i];
  }
  rows.resize(kept);
}

void check_ranges(std::vector<PriceRow>& rows, PriceReport& report) {
  const auto wrong = [&](PriceRow& row) {
    const auto [least, most] = std::minmax(row[Open], row[Close]);
    if (row[High] >= most && row[Low] <= least) return false;
    const bool narrow = row[High] >= most * (1 - kNarrow) && row[Low] <= least * (1 + kNarrow);
    std::string text;
    if (row[High] < most) text = fmt::format("high {} is below {}", row[High], most);
    if (row[Low] > least)
      text += fmt::format("{}low {} is above {}", text.empty() ? "" : ", ", row[Low], least);
    report.add(narrow ? Kind::NarrowRange : Kind::BadRange, row.line, row.date, text);
    row[High] = std::max(row[High], most);
    row[Low] = std::min(row[Low], least);
    return !narrow;
  };
  size_t kept = 0;
  for (PriceRow& row : rows)
    if (!wrong(row)) rows[kept++] = row;
  rows.resize(kept);
}

void note_oddities(const std::vector<PriceRow>& rows, const FileColumns& columns,
                   const PriceReadOptions& options, PriceReport& report) {
  for (size_t i = 0; i < rows.size(); ++i) {
    const PriceRow& row = rows[i];
    const auto note = [&](Kind kind, std::string text) {
      report.add(kind, row.line, row.date, std::move(text));
    };
    if (row.date.is_weekend())
      note(Kind::Weekend, row.date.weekday() == 5 ? "a Saturday" : "a Sunday");
    if (columns.of(Volume) && row[Volume] == 0) note(Kind::ZeroVolume, "volume is 0");
    if (row[Volume] != std::floor(row[Volume]))
      note(Kind::FractionalVolume, fmt::format("volume {} is no whole number", row[Volume]));
    if (row[High] == row[Low])
      note(Kind::Flat, fmt::format("open, high, low and close are {}", row[Close]));
    if (i == 0) continue;
    note_move(row, rows[i - 1], options.jump_limit, report);
    if (columns.of(AdjClose)) note_adjusted_move(row, rows[i - 1], options.jump_limit, report);
    const int32_t missing = weekdays_between(rows[i - 1].date, row.date);
    if (missing > options.gap_weekdays)
      note(Kind::Gap, fmt::format("{} weekdays without a row since {}", missing,
                                  rows[i - 1].date.to_string()));
  }
}

}  // namespace lathe::prices
