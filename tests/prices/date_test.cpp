// Days of the calendar.
#include "lathe/date.h"

#include "tests/data/data_test_util.h"

namespace lathe {
namespace {

using data::error_of;
using data::has;

TEST(Date, KnowsDays) {
  EXPECT_EQ(Date().to_string(), "1970-01-01");
  EXPECT_EQ(Date().weekday(), 3);
  const Date leap = Date::of(2020, 2, 29);
  EXPECT_EQ(leap.days(), 18321);  // date -d 2020-02-29 +%s, by 86400
  EXPECT_EQ(leap.year(), 2020);
  EXPECT_EQ(leap.month(), 2);
  EXPECT_EQ(leap.day(), 29);
  EXPECT_EQ(leap.weekday(), 5);
  EXPECT_TRUE(leap.is_weekend());
  EXPECT_EQ(leap.next_weekday(), Date::of(2020, 3, 2));
  EXPECT_EQ(Date::of(2020, 3, 2).next_weekday(), Date::of(2020, 3, 3));
  EXPECT_EQ(Date::of(2020, 3, 6).next_weekday(), Date::of(2020, 3, 9));
  EXPECT_EQ(Date::parse("1969-12-31"), Date(-1));
  EXPECT_EQ(Date(-1).weekday(), 2);
  EXPECT_EQ(Date::parse("0001-01-01").to_string(), "0001-01-01");
  EXPECT_EQ(Date::parse("9999-12-31").to_string(), "9999-12-31");
  EXPECT_LT(Date::of(2019, 12, 31), Date::of(2020, 1, 1));
  EXPECT_EQ(Date::of(2021, 1, 1) - Date::of(2020, 1, 1), 366);
  EXPECT_EQ(Date::of(2020, 2, 28) + 2, Date::of(2020, 3, 1));
}

TEST(Date, EachDayFollowsTheOneBefore) {
  Date date = Date::of(1599, 12, 31);
  EXPECT_EQ(date.weekday(), 4);
  for (int weekday = 4; date < Date::of(2401, 1, 1); date = date + 1) {
    EXPECT_EQ(date.weekday(), weekday);
    EXPECT_EQ(Date::parse(date.to_string()), date);
    EXPECT_EQ(Date::of(date.year(), date.month(), date.day()), date);
    weekday = (weekday + 1) % 7;
  }
}

TEST(Date, RefusesWhatIsNoDay) {
  EXPECT_EQ(error_of([] { Date::of(2023, 2, 29); }), "there is no day 2023-02-29");
  EXPECT_FALSE(Date::if_valid(2023, 4, 31) || Date::if_valid(2023, 13, 1) ||
               Date::if_valid(2023, 0, 1) || Date::if_valid(2023, 1, 0) ||
               Date::if_valid(0, 1, 1) || Date::if_valid(10000, 1, 1) ||
               Date::if_valid(2023, 257, 1) || Date::if_valid(2023, 1, 257));
  for (const char* text : {"", "2020-1-31", "2020/01/31", "2020-01-31 ", "20200131", "2020-01-3x"})
    EXPECT_TRUE(has(error_of([&] { Date::parse(text); }), "expected one such as 2020-01-31"));
  EXPECT_EQ(error_of([] { Date::parse("2020-00-31"); }), "there is no day 2020-00-31");
}

TEST(Date, CountsWeekdaysBetween) {
  for (int first = -10; first < 10; ++first) {
    int expected = 0;
    for (int last = first + 1; last < first + 30; ++last) {
      EXPECT_EQ(weekdays_between(Date(first), Date(last)), expected) << first << ' ' << last;
      expected += !Date(last).is_weekend();
    }
    EXPECT_EQ(weekdays_between(Date(first), Date(first)), 0);
    EXPECT_EQ(weekdays_between(Date(first), Date(first - 9)), 0);
  }
}

}  // namespace
}  // namespace lathe
