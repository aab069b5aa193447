// Where an axis of days has its dates (ticks.h).
#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "tools/plot/ticks.h"

namespace lathe::plot {
namespace {

/// Either days or months.
struct CalendarStep {
  int days = 0, months = 0;
};

/// Finer ones first. Weeks begin on a Monday, months on the first, quarters in January, April, July
/// and October.
constexpr CalendarStep kSteps[] = {{1, 0},    {2, 0},     {7, 0},     {14, 0},    {0, 1},
                                   {0, 3},    {0, 6},     {0, 12},    {0, 24},    {0, 60},
                                   {0, 120},  {0, 240},   {0, 600},   {0, 1200},  {0, 2400},
                                   {0, 6000}, {0, 12000}, {0, 24000}, {0, 60000}, {0, 120000}};
constexpr double kDaysOfAMonth = 365.2425 / 12;
constexpr int kAMonday = -3;  // 1969-12-29

std::chrono::year_month_day civil(int day) {
  return std::chrono::sys_days(std::chrono::days(day));
}

int day_of(const std::chrono::year_month_day& date) {
  return std::chrono::sys_days(date).time_since_epoch().count();
}

/// How many multiples of `step` there are up to `value`, below 0 for one before 0.
int whole_steps(int value, int step) {
  return value / step - (value % step < 0 ? 1 : 0);
}

std::string label_of(int day, const CalendarStep& step) {
  const auto date = civil(day);
  const int year = static_cast<int>(date.year());
  if (step.months % 12 == 0 && step.months > 0) return fmt::format("{}", year);
  const auto month = static_cast<unsigned>(date.month());
  return step.months > 0 ? fmt::format("{}-{:02}", year, month) : day_label(day);
}

std::vector<Tick> ticks_by(const CalendarStep& step, int low, int high) {
  std::vector<Tick> ticks;
  const auto add = [&](int day) {
    if (day >= low && day <= high) ticks.push_back({static_cast<double>(day), label_of(day, step)});
  };
  if (step.days > 0) {
    int day = kAMonday + step.days * whole_steps(low - kAMonday, step.days);
    for (; day <= high; day += step.days) add(day);
    return ticks;
  }
  const auto first = civil(low);
  const int month = 12 * static_cast<int>(first.year()) + static_cast<int>(unsigned(first.month()));
  for (int m = step.months * whole_steps(month - 1, step.months);; m += step.months) {
    const int year = whole_steps(m, 12);
    const int day = day_of(std::chrono::year(year) / (m - 12 * year + 1) / 1);
    if (day > high) return ticks;
    add(day);
  }
}

/// `most` of them at most, each as far from the next.
std::vector<Tick> some_of(const std::vector<Tick>& ticks, size_t most) {
  std::vector<Tick> some;
  const size_t every = (ticks.size() + most - 1) / most;
  for (size_t i = 0; i < ticks.size(); i += every) some.push_back(ticks[i]);
  return some;
}

}  // namespace

std::vector<Tick> time_ticks(double low, double high, int most) {
  const int first = static_cast<int>(std::ceil(low)), last = static_cast<int>(std::floor(high));
  std::vector<Tick> finer;
  for (const CalendarStep& step : kSteps) {
    const double length = step.days > 0 ? step.days : step.months * kDaysOfAMonth;
    // A step is less than four of the one before: that one is all that may be needed.
    if ((high - low) / length > 4 * most + 1) continue;
    std::vector<Tick> ticks = ticks_by(step, first, last);
    if (ticks.size() <= static_cast<size_t>(most)) {
      // One date alone says little of where the others are.
      if (ticks.size() > 1 || finer.empty()) return ticks;
      break;
    }
    finer = std::move(ticks);
  }
  return some_of(finer, static_cast<size_t>(most));
}

std::string day_label(double day) {
  const auto date = civil(static_cast<int>(std::floor(day)));
  return fmt::format("{}-{:02}-{:02}", static_cast<int>(date.year()), unsigned(date.month()),
                     unsigned(date.day()));
}

}  // namespace lathe::plot
