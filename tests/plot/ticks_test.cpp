// Where axes have their numbers.
#include "tools/plot/ticks.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "tools/plot/axis_range.h"

namespace lathe::plot {
namespace {

std::string labels(const std::vector<Tick>& ticks) {
  std::string all;
  for (const Tick& t : ticks) all += (all.empty() ? "" : " ") + t.label;
  return all;
}

TEST(Ticks, AreRoundNumbersWithinTheRange) {
  struct Row {
    double low, high;
    bool whole;
    const char* labels;
  };
  const Row rows[] = {
      {0, 1, false, "0.0 0.2 0.4 0.6 0.8 1.0"},
      {0.87, 0.99, false, "0.88 0.90 0.92 0.94 0.96 0.98"},
      {-3.1, 3.1, false, "-3 -2 -1 0 1 2 3"},
      {1, 20, true, "5 10 15 20"},
      {1, 3, true, "1 2 3"},
      {0.5, 1.5, true, "1"},
      {0, 1e-5, false, "0 2e-6 4e-6 6e-6 8e-6 1e-5"},
      {0, 3e6, false, "0 5e5 1e6 1.5e6 2e6 2.5e6 3e6"},
      {-1e300, 1e300, false, "-1e300 -5e299 0 5e299 1e300"},
      {1000000, 1000001, false, "1e6 1.0000002e6 1.0000004e6 1.0000006e6 1.0000008e6 1.000001e6"},
  };
  for (const Row& row : rows) {
    const auto ticks = linear_ticks(row.low, row.high, row.whole ? 5 : 7, row.whole);
    EXPECT_EQ(labels(ticks), row.labels) << row.low << " to " << row.high;
    for (const Tick& t : ticks) {
      EXPECT_GE(t.at, row.low - 1e-9 * (row.high - row.low));
      EXPECT_LE(t.at, row.high + 1e-9 * (row.high - row.low));
    }
  }
}

TEST(Ticks, OfALogarithmicAxis) {
  EXPECT_EQ(labels(log_ticks(0.003, 200, 7)), "0.01 0.1 1 10 100");
  EXPECT_EQ(labels(log_ticks(0.15, 0.6, 7)), "0.2 0.5");
  EXPECT_EQ(labels(log_ticks(0.31, 0.39, 5)), "0.32 0.34 0.36 0.38");
  EXPECT_EQ(labels(log_ticks(1e-12, 1, 4)), "1e-12 1e-8 0.0001 1");
}

int day(int year, unsigned month, unsigned day) {
  return std::chrono::sys_days(std::chrono::year(year) / month / day).time_since_epoch().count();
}

TEST(Ticks, OfDaysAreDatesOfTheCalendar) {
  struct Row {
    int low, high, most;
    const char* labels;
  };
  const Row rows[] = {
      {day(2020, 2, 27), day(2020, 3, 1), 5, "2020-02-27 2020-02-28 2020-02-29 2020-03-01"},
      {day(2020, 3, 1), day(2020, 3, 31), 5,
       "2020-03-02 2020-03-09 2020-03-16 2020-03-23 2020-03-30"},
      {day(1969, 12, 1), day(1970, 1, 20), 4, "1969-12-01 1969-12-15 1969-12-29 1970-01-12"},
      {day(2019, 10, 15), day(2020, 2, 2), 5, "2019-11 2019-12 2020-01 2020-02"},
      {day(2019, 11, 15), day(2020, 11, 2), 5, "2020-01 2020-04 2020-07 2020-10"},
      {day(2018, 3, 1), day(2020, 2, 1), 4, "2018-07 2019-01 2019-07 2020-01"},
      {day(2018, 1, 1), day(2023, 2, 27), 6, "2018 2019 2020 2021 2022 2023"},
      {day(1993, 1, 29), day(2023, 2, 27), 8, "1995 2000 2005 2010 2015 2020"},
      {day(1899, 5, 1), day(2023, 2, 27), 8, "1900 1920 1940 1960 1980 2000 2020"},
      {day(1, 1, 1), day(9999, 12, 31), 6, "2000 4000 6000 8000"},
      // All that two labels leave: not one alone.
      {day(2020, 1, 2), day(2020, 2, 10), 2, "2020-01-06 2020-02-03"},
      {day(2020, 3, 5), day(2020, 3, 5), 5, "2020-03-05"},
  };
  for (const Row& row : rows) {
    const auto ticks = time_ticks(row.low, row.high, row.most);
    EXPECT_EQ(labels(ticks), row.labels) << day_label(row.low) << " to " << day_label(row.high);
    for (const Tick& t : ticks) EXPECT_TRUE(t.at >= row.low && t.at <= row.high) << t.label;
  }
}

TEST(Ticks, OfDaysAreNeverTooManyNorOneAlone) {
  for (int range = 8; range < 40000; range += 1 + range / 7) {
    for (const int from : {-20000, -1, 0, 11017, 19000}) {
      for (int most = 2; most < 12; ++most) {
        const auto ticks = time_ticks(from + 0.25, from + range + 0.75, most);
        EXPECT_LE(ticks.size(), static_cast<size_t>(most)) << from << " + " << range;
        EXPECT_GE(ticks.size(), 2u) << from << " + " << range << ", most " << most;
      }
    }
  }
}

TEST(Ticks, NumbersAreShort) {
  for (const auto& [value, text] :
       std::initializer_list<std::pair<double, const char*>>{{0, "0"},
                                                             {1, "1"},
                                                             {0.5, "0.5"},
                                                             {-0.25, "-0.25"},
                                                             {20000, "20000"},
                                                             {1e-5, "1e-5"},
                                                             {3e8, "3e8"},
                                                             {1.25e-7, "1.25e-7"},
                                                             {123456.7, "123457"}}) {
    EXPECT_EQ(short_number(value), text);
  }
}

TEST(AxisRange, HoldsWhatCanBeDrawn) {
  const double inf = std::numeric_limits<double>::infinity();
  for (const Scale scale : {Scale::Linear, Scale::Log, Scale::Whole, Scale::Time}) {
    const AxisRange range(scale);
    EXPECT_FALSE(range.holds(inf));
    EXPECT_FALSE(range.holds(-inf));
    EXPECT_FALSE(range.holds(std::nan("")));
    EXPECT_TRUE(range.holds(1e308));
    EXPECT_EQ(range.holds(0), scale != Scale::Log);
    EXPECT_EQ(range.holds(-1), scale != Scale::Log);
  }
}

TEST(AxisRange, OfOneValueIsARangeAroundIt) {
  for (const Scale scale : {Scale::Linear, Scale::Log, Scale::Whole, Scale::Time}) {
    for (const double value : {1e-30, 0.5, 1.0, 7.0, 1e30, 1e308}) {
      AxisRange range(scale);
      range.add(value);
      range.widen(0.05);
      EXPECT_NEAR(range.place(value), 0.5, 1e-6) << value;
      EXPECT_LE(range.ticks(6, {}).size(), 7u);
    }
  }
}

TEST(AxisRange, OfOneDayIsAWeek) {
  AxisRange range(Scale::Time);
  range.add(day(2020, 3, 5));
  range.widen(0.05);
  EXPECT_EQ(labels(range.ticks(7, {})),
            "2020-03-02 2020-03-03 2020-03-04 2020-03-05 2020-03-06 2020-03-07 2020-03-08");
  const std::vector<double> wanted = {static_cast<double>(day(2020, 3, 6)), 1e9};
  EXPECT_EQ(labels(range.ticks(7, wanted)), "2020-03-06");
}

}  // namespace
}  // namespace lathe::plot
