// What is dropped, repaired or noted, and that strict reading refuses the first two.
#include "tests/prices/price_test_util.h"

namespace lathe::prices {
namespace {

using data::has;
using Kinds = std::vector<std::string>;
using Values = std::vector<double>;

/// Rows behind a plain first one, of 2020-01-29, a Wednesday.
std::string after_first(const std::string& rows) {
  return "Date,Open,High,Low,Close,Volume\n2020-01-29,10,12,9,11,100\n" + rows;
}

struct Case {
  std::string rows;
  Kinds kinds;
  std::string line;  ///< the first of problem_lines
  Values closes;     ///< behind the first row's
};

TEST(PriceChecks, EachKind) {
  const Case cases[] = {
      {"2020-01-30,10,12,9,11,100\n", {}, "", {11}},
      {"2020-01-30,null,12,NaN,11,100\n2020-01-31,10,12,9,11,100\n",
       {"null_row"},
       "line 3, 2020-01-30: dropped, null_row: no number in Open, Low",
       {11}},
      {"2020-01-30,10,12,9,11,-\n",
       {"null_row"},
       "line 3, 2020-01-30: dropped, null_row: no number in Volume",
       {}},
      {",,,,,\n", {"null_row"}, "line 3: dropped, null_row: all cells are empty", {}},
      {"2020-01-30,0,0,0,0,0\n",
       {"zero_price"},
       "line 3, 2020-01-30: dropped, zero_price: a price of 0 in Open, High, Low, Close",
       {}},
      {"2020-01-30,-0.0,12,9,11,1\n",
       {"zero_price"},
       "line 3, 2020-01-30: dropped, zero_price: a price of 0 in Open",
       {}},
      {"2020-01-29,10.0,12.00,9,11,1e2\n",
       {"duplicate_row"},
       "line 3, 2020-01-29: dropped, duplicate_row: the same as line 2",
       {}},
      {"2020-01-29,10,12,9,11,100\n2020-01-29,10,12,9,11,100\n",
       {"duplicate_row", "duplicate_row"},
       "line 3, 2020-01-29: dropped, duplicate_row: the same as line 2",
       {}},
      {"2020-01-30,10,10.5,9,11,100\n",
       {"bad_range"},
       "line 3, 2020-01-30: dropped, bad_range: high 10.5 is below 11",
       {}},
      {"2020-01-30,10,12,10.5,11,100\n",
       {"bad_range"},
       "line 3, 2020-01-30: dropped, bad_range: low 10.5 is above 10",
       {}},
      {"2020-01-30,10,9,12,11,100\n",
       {"bad_range"},
       "line 3, 2020-01-30: dropped, bad_range: high 9 is below 11, low 12 is above 10",
       {}},
      {"2020-01-30,10,10.9,9,11,100\n",
       {"narrow_range"},
       "line 3, 2020-01-30: repaired, narrow_range: high 10.9 is below 11",
       {11}},
      {"2020-01-30,10,12,10.1,11,100\n",
       {"narrow_range"},
       "line 3, 2020-01-30: repaired, narrow_range: low 10.1 is above 10",
       {11}},
      {"2020-01-28,10,12,9,10.5,100\n",
       {"descending"},
       "line 2, 2020-01-29: repaired, descending: dates descend, down to 2020-01-28: the order of "
       "the 2 rows is reversed",
       {}},
      {"2020-01-30,5.5,6,5,5.4,100\n",
       {"possible_split"},
       "line 3, 2020-01-30: noted, possible_split: close 5.4 after 11, near a split of 2:1",
       {5.4}},
      {"2020-01-30,110,111,109,111,100\n",
       {"possible_split"},
       "line 3, 2020-01-30: noted, possible_split: close 111 after 11, near a split of 1:10",
       {111}},
      {"2020-01-30,7.4,7.5,7,7.3,100\n",
       {"possible_split"},
       "line 3, 2020-01-30: noted, possible_split: close 7.3 after 11, near a split of 3:2",
       {7.3}},
      {"2020-01-30,10.8,11,5,5.5,100\n",
       {"jump"},
       "line 3, 2020-01-30: noted, jump: close 5.5 after a close of 11, -50.0 %",
       {5.5}},
      {"2020-01-30,12.7,13,12,12.6,100\n",
       {"jump"},
       "line 3, 2020-01-30: noted, jump: open 12.7 after a close of 11, +15.5 %",
       {12.6}},
      {"2020-01-30,12.6,13,12,12.6,100\n", {}, "", {12.6}},
      {"2020-02-10,10,12,9,11,100\n", {}, "", {11}},
      {"2020-02-11,10,12,9,11,100\n",
       {"gap"},
       "line 3, 2020-02-11: noted, gap: 8 weekdays without a row since 2020-01-29",
       {11}},
      {"2020-02-01,10,12,9,11,100\n2020-02-02,10,12,9,11,100\n",
       {"weekend", "weekend"},
       "line 3, 2020-02-01: noted, weekend: a Saturday",
       {11, 11}},
      {"2020-01-30,10,12,9,11,0\n",
       {"zero_volume"},
       "line 3, 2020-01-30: noted, zero_volume: volume is 0",
       {11}},
      {"2020-01-30,10,12,9,11,1.5\n",
       {"fractional_volume"},
       "line 3, 2020-01-30: noted, fractional_volume: volume 1.5 is no whole number",
       {11}},
      {"2020-01-30,11,11,11,11,0\n",
       {"zero_volume", "flat"},
       "line 3, 2020-01-30: noted, zero_volume: volume is 0",
       {11}},
  };
  std::vector<bool> seen(price_problem_kinds().size());
  for (const Case& c : cases) {
    SCOPED_TRACE(c.rows);
    const ReadPrices read = prices_of(after_first(c.rows));
    EXPECT_EQ(kinds_of(read), c.kinds);
    expect_sound(read.series);
    const bool reversed = read.count(PriceProblemKind::Descending) == 1;
    Values closes = reversed ? Values{10.5, 11} : Values{11};
    closes.insert(closes.end(), c.closes.begin(), c.closes.end());
    EXPECT_EQ(read.series.close, closes);
    const std::vector<std::string> lines = problem_lines(read);
    EXPECT_EQ(lines.size(), c.kinds.size());
    EXPECT_EQ(lines.empty() ? "" : lines[0], c.line);
    const bool refused = read.count(PriceAction::Dropped) + read.count(PriceAction::Repaired) > 0;
    if (refused) {
      const std::string error = price_error(after_first(c.rows), {.strict = true});
      EXPECT_TRUE(has(error, "dir/SPY.csv: line " + std::to_string(read.problems[0].line)));
      EXPECT_TRUE(has(error, "which strict reading refuses"));
    } else {
      EXPECT_EQ(kinds_of(prices_of(after_first(c.rows), {.strict = true})), c.kinds);
    }
    for (const PriceProblem& p : read.problems) seen[static_cast<size_t>(p.kind)] = true;
  }
  // Those of other columns have tests of their own, below and in price_layout_test.cpp.
  for (PriceProblemKind kind : {PriceProblemKind::IgnoredColumn, PriceProblemKind::EmptyColumn,
                                PriceProblemKind::FilledAdjClose, PriceProblemKind::AdjustedJump})
    seen[static_cast<size_t>(kind)] = true;
  for (const PriceProblemRow& row : price_problem_kinds())
    EXPECT_TRUE(seen[static_cast<size_t>(row.kind)]) << row.name << " has no case";
}

TEST(PriceChecks, TheAdjustedCloseMovesWithTheClose) {
  const ReadPrices read = prices_of(
      "Date,Open,High,Low,Close,Adj Close\n2020-01-29,10,12,9,11,5.5\n2020-01-30,10,12,9,11,5\n"
      "2020-01-31,5.5,6,4,5.5,2.5\n2020-02-03,5,6,4,5.5,25\n");
  EXPECT_EQ(kinds_of(read), (Kinds{"possible_split", "adjusted_jump"}));
  EXPECT_EQ(read.problems[1].text,
            "adj close 25 after 2.5, +900.0 %, while the close moved +0.0 %");
}

TEST(PriceChecks, StrictNamesThePlace) {
  EXPECT_EQ(
      price_error(after_first("2020-01-30,10,10.9,9,11,100\n"), {.strict = true}),
      "dir/SPY.csv: line 3, 2020-01-30: high 10.9 is below 11: would be repaired, which strict "
      "reading refuses");
}

TEST(PriceChecks, RepairsWidenTheRange) {
  const PriceSeries s =
      prices_of(after_first("2020-01-30,11,10.95,9,10.9,1\n2020-01-31,10,12,10.05,11,1\n")).series;
  EXPECT_EQ(s.high[1], 11);
  EXPECT_EQ(s.low[2], 10);
  EXPECT_EQ(s.close[1], 10.9) << "open and close stay";
}

TEST(PriceChecks, LimitsAreOptions) {
  const std::string text = after_first("2020-01-31,10,12,9,11.5,100\n");
  EXPECT_EQ(kinds_of(prices_of(text, {.jump_limit = 0.04, .gap_weekdays = 0})),
            (Kinds{"jump", "gap"}));
  EXPECT_EQ(kinds_of(prices_of(text, {.jump_limit = 0.1, .gap_weekdays = 1})), Kinds{});
}

TEST(PriceChecks, MovesAreOfTheRowsThatStay) {
  // Ten times too high, the row is left out, and its neighbours are close to each other.
  const ReadPrices read =
      prices_of(after_first("2020-01-30,110,12,9,11,100\n2020-01-31,10,12,9,11,100\n"));
  EXPECT_EQ(kinds_of(read), Kinds{"bad_range"});
  EXPECT_EQ(read.series.rows(), 2);
}

TEST(PriceChecks, Summary) {
  const ReadPrices read = prices_of(
      "Date,Open,High,Low,Close\n2020-02-03,1,1,1,1\n2020-01-31,,,,\n2020-01-30,0,1,1,1\n"
      "2020-01-29,null,1,1,1\n2020-01-28,1,1,1,1\n");
  EXPECT_EQ(
      problem_summary(read),
      "3 rows dropped (2 null_row, 1 zero_price), 1 repaired (1 descending), 2 noted (2 flat)");
  EXPECT_EQ(read.count(PriceProblemKind::NullRow), 2);
  EXPECT_EQ(read.problems[0].line, 2);
  EXPECT_TRUE(
      has(problem_summary(prices_of(after_first(",,,,,\n"))), "1 row dropped (1 null_row)"));
}

TEST(PriceChecks, KindsAreDescribed) {
  for (const PriceProblemRow& row : price_problem_kinds()) {
    EXPECT_EQ(to_string(row.kind), row.name);
    EXPECT_EQ(action_of(row.kind), row.action);
    EXPECT_FALSE(row.text.empty());
  }
}

}  // namespace
}  // namespace lathe::prices
