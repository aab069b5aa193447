// A day of the calendar, without a time or a time zone.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lathe {

/// A day of the Gregorian calendar (before 1582 too), as the number of days since 1970-01-01.
class Date {
 public:
  constexpr Date() = default;
  constexpr explicit Date(int32_t days) : days_(days) {}
  /// Error for a day that there is not (2023-02-29), and for years outside 1 to 9999.
  static Date of(int year, int month, int day);
  /// The same without an Error.
  static std::optional<Date> if_valid(int year, int month, int day);
  /// `2020-01-31`, exactly ten characters. Error for all else.
  static Date parse(std::string_view text);

  constexpr int32_t days() const { return days_; }
  int year() const;
  int month() const;  ///< 1 to 12
  int day() const;    ///< 1 to 31
  /// 0, Monday, to 6, Sunday.
  constexpr int weekday() const { return (days_ % 7 + 10) % 7; }  // 1970-01-01 was a Thursday
  constexpr bool is_weekend() const { return weekday() >= 5; }
  /// The first day after this one that is no Saturday or Sunday; no holidays are known.
  constexpr Date next_weekday() const {
    Date next(days_ + 1);
    while (next.is_weekend()) next.days_ += 1;
    return next;
  }
  std::string to_string() const;  ///< 2020-01-31

  friend constexpr auto operator<=>(const Date&, const Date&) = default;
  friend constexpr Date operator+(Date date, int32_t days) { return Date(date.days_ + days); }
  friend constexpr int32_t operator-(Date a, Date b) { return a.days_ - b.days_; }

 private:
  int32_t days_ = 0;
};

/// How many Mondays to Fridays lie after `a` and before `b`; 0 unless a < b.
int32_t weekdays_between(Date a, Date b);

}  // namespace lathe
