// The functions of lathe/date.h.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "frontend/base/in_quotes.h"
#include "ir/error.h"
#include "lathe/date.h"

namespace lathe {

namespace {

std::chrono::year_month_day calendar(Date date) {
  return std::chrono::sys_days(std::chrono::days(date.days()));
}

/// Mondays to Fridays from some Monday long ago to the end of that day.
int64_t weekdays_until(Date date) {
  const int64_t since_monday = int64_t{date.days()} + 3 + 7 * int64_t{200'000};
  const int64_t weeks = since_monday / 7, rest = since_monday % 7;
  return 5 * weeks + std::min<int64_t>(rest + 1, 5);
}

}  // namespace

std::optional<Date> Date::if_valid(int year, int month, int day) {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31)
    return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return std::nullopt;
  return Date(static_cast<int32_t>(std::chrono::sys_days(date).time_since_epoch().count()));
}

Date Date::of(int year, int month, int day) {
  if (auto date = if_valid(year, month, day)) return *date;
  throw Error(fmt::format("there is no day {:04}-{:02}-{:02}", year, month, day));
}

Date Date::parse(std::string_view text) {
  int part[3] = {0, 0, 0};
  bool form = text.size() == 10 && text[4] == '-' && text[7] == '-';
  for (size_t i = 0, at = 0; form && i < text.size(); ++i) {
    if (i == 4 || i == 7) {
      at += 1;
    } else {
      form = text[i] >= '0' && text[i] <= '9';
      part[at] = part[at] * 10 + (text[i] - '0');
    }
  }
  if (!form) throw Error(in_quotes(text) + " is no date, expected one such as 2020-01-31");
  return of(part[0], part[1], part[2]);
}

int Date::year() const {
  return static_cast<int>(calendar(*this).year());
}

int Date::month() const {
  return static_cast<int>(static_cast<unsigned>(calendar(*this).month()));
}

int Date::day() const {
  return static_cast<int>(static_cast<unsigned>(calendar(*this).day()));
}

std::string Date::to_string() const {
  return fmt::format("{:04}-{:02}-{:02}", year(), month(), day());
}

int32_t weekdays_between(Date a, Date b) {
  if (!(a < b)) return 0;
  return static_cast<int32_t>(weekdays_until(b + -1) - weekdays_until(a));
}

}  // namespace lathe
