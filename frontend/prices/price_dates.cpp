#include "frontend/prices/price_dates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "frontend/base/in_quotes.h"
#include "ir/error.h"

namespace lathe::prices {
namespace {

constexpr int kFirstYear = 1800, kLastYear = 2199;

/// Three numbers in the order of the text; the year is the first or the last of them.
struct DateParts {
  std::array<int, 3> part{};
  bool year_last = false;
};

/// Takes digits, at least `least` and at most `most`, from the front of `text`.
std::optional<int> take_digits(std::string_view& text, size_t least, size_t most) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits < least || digits > most) return std::nullopt;
  int value = 0;
  for (char c : text.substr(0, digits)) value = value * 10 + (c - '0');
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

/// `:59`
bool take_sixtieth(std::string_view& text) {
  if (!take(text, ':')) return false;
  const auto value = take_digits(text, 2, 2);
  return value && *value < 60;
}

/// What may follow a date: ` 00:00`, `T16:00:00.000Z`, ` 00:00:00-05:00`. It is a day's price
/// anyway.
bool is_time(std::string_view text) {
  if (text.empty()) return true;
  if (!take(text, ' ') && !take(text, 'T')) return false;
  const auto hour = take_digits(text, 2, 2);
  if (!hour || *hour > 23 || !take_sixtieth(text)) return false;
  if (text.starts_with(':') && !take_sixtieth(text)) return false;
  if (take(text, '.') && !take_digits(text, 1, 9)) return false;
  if (text.empty() || text == "Z") return true;
  if (!take(text, '+') && !take(text, '-')) return false;
  const auto offset = take_digits(text, 2, 2);
  return offset && *offset < 24 && take_sixtieth(text) && text.empty();
}

std::optional<DateParts> split_date(std::string_view text) {
  DateParts date;
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 8) {
    const int all = *take_digits(text, 8, 8);
    date.part = {all / 10000, all / 100 % 100, all % 100};
    return is_time(text) ? std::optional(date) : std::nullopt;
  }
  date.year_last = digits != 4;
  const auto first = date.year_last ? take_digits(text, 1, 2) : take_digits(text, 4, 4);
  if (!first || text.empty()) return std::nullopt;
  const char separator = text[0];
  if (separator != '-' && separator != '/' && separator != '.') return std::nullopt;
  take(text, separator);
  const auto second = take_digits(text, 1, 2);
  if (!second || !take(text, separator)) return std::nullopt;
  const auto third = date.year_last ? take_digits(text, 4, 4) : take_digits(text, 1, 2);
  if (!third || !is_time(text)) return std::nullopt;
  date.part = {*first, *second, *third};
  return date;
}

class DateReader {
 public:
  DateReader(std::span<const DateCell> cells, const std::string& name, const std::string& column)
      : cells_(cells), name_(name), column_(column) {}

  std::vector<Date> read() {
    std::vector<DateParts> parts;
    for (size_t i = 0; i < cells_.size(); ++i) {
      const auto date = split_date(cells_[i].text);
      if (!date) fail(i, "is no date, expected one such as 2020-01-31");
      parts.push_back(*date);
      if (date->year_last) look_at_order(i, *date);
    }
    if (ambiguous_ && !day_first_ && !month_first_)
      fail(*ambiguous_,
           "may be month/day/year or day/month/year, and no date of the file tells which: write "
           "them as 2020-01-31");
    std::vector<Date> dates;
    for (size_t i = 0; i < cells_.size(); ++i) dates.push_back(day(i, parts[i]));
    return dates;
  }

 private:
  void look_at_order(size_t cell, const DateParts& date) {
    const auto [a, b, year] = date.part;
    if (a > 12 && b <= 12 && !day_first_) day_first_ = cell;
    if (b > 12 && a <= 12 && !month_first_) month_first_ = cell;
    if (a <= 12 && b <= 12 && a != b && !ambiguous_) ambiguous_ = cell;
    if (day_first_ && month_first_)
      fail(cell, fmt::format("and {} on line {} do not have the same order of day and month",
                             in_quotes(cells_[other(cell)].text), cells_[other(cell)].line));
  }

  size_t other(size_t cell) const { return *day_first_ == cell ? *month_first_ : *day_first_; }

  Date day(size_t cell, const DateParts& date) const {
    auto [year, month, day] = date.part;
    if (date.year_last) {
      year = date.part[2];
      month = date.part[day_first_ ? 1 : 0];
      day = date.part[day_first_ ? 0 : 1];
    }
    const auto found = Date::if_valid(year, month, day);
    if (!found) fail(cell, "is no day of the calendar");
    if (year < kFirstYear || year > kLastYear)
      fail(cell, fmt::format("is outside the years {} to {}", kFirstYear, kLastYear));
    return *found;
  }

  [[noreturn]] void fail(size_t cell, std::string_view what) const {
    throw Error(fmt::format("{}: line {}, column {}: {} {}", name_, cells_[cell].line, column_,
                            in_quotes(cells_[cell].text), what));
  }

  std::span<const DateCell> cells_;
  const std::string& name_;
  const std::string& column_;
  std::optional<size_t> day_first_, month_first_, ambiguous_;  ///< the first cell that is so
};

}  // namespace

std::vector<Date> read_price_dates(std::span<const DateCell> cells, const std::string& name,
                                   const std::string& column) {
  return DateReader(cells, name, column).read();
}

}  // namespace lathe::prices
