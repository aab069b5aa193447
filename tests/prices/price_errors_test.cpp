// What is refused: every message names the file and the line, and the column where there is one.
#include <locale>

#include "tests/prices/price_test_util.h"

namespace lathe::prices {
namespace {

using data::has;

struct Case {
  std::string text;
  std::string error;
};

TEST(PriceErrors, WholeFiles) {
  const Case cases[] = {
      {"", "dir/SPY.csv: is empty, expected a header and rows of prices"},
      {"\n \r\n", "dir/SPY.csv: is empty"},
      {"\xff\xfe"
       "D",
       "dir/SPY.csv: is text in UTF-16, expected UTF-8"},
      {"\n2020-01-30,10,12,9,11\n",
       "dir/SPY.csv: line 2: there is no header, expected the titles of columns (Date, Open, High, "
       "Low, Close), but found '2020-01-30'"},
      {"<html>\n", "line 1: there is no header"},
      {"Date,Open,High,Low\n2020-01-30,1,1,1\n",
       "dir/SPY.csv: line 1: the header has no column Close, expected Date, Open, High, Low, "
       "Close"},
      {"Open,High,Low,Close\n1,1,1,1\n", "the header has no column Date"},
      {"Date,Close\n", "the header has no column Open"},
      {"Date,Opne,High,Low,Close\n", "line 1: unknown column 'Opne'; did you mean 'Open'?"},
      {"Date,Open,High,Low,Close,RSI 14\n",
       "line 1: unknown column 'RSI 14'; known are Date, Ticker, Open, High, Low, Close, Adj "
       "Close, "
       "Volume"},
      {"Date,Open,High,Low,Close,x\x01y\xffz\n", "unknown column 'x?y?z'"},
      {"Date,Open,High,Low,Close,close\n",
       "line 1: columns 5 and 6 are both Close: one series a file is expected"},
      {"Price,Close,Close,High,High\nTicker,SPY,QQQ,SPY,QQQ\n", "columns 2 and 3 are both Close"},
      {"Date,Open,High,Low,Close\n",
       "dir/SPY.csv: holds no row of prices: nothing dropped, repaired or noted"},
      {"Date,Open,High,Low,Close\n2020-01-30,,,,\n2020-01-31,,,,\n",
       "dir/SPY.csv: holds no row of prices: 2 rows dropped (2 null_row)"},
  };
  for (const Case& c : cases) EXPECT_TRUE(has(price_error(c.text), c.error)) << c.text;
}

TEST(PriceErrors, Rows) {
  const std::string good = "2020-01-29,10,12,9,11,100\n";
  const Case cases[] = {
      {"2020-01-30,10,12,9,11\n", "dir/SPY.csv: line 3: 5 cells, expected 6 as the header has"},
      {"2020-01-30,10,12,9,11,100,7\n", "line 3: 7 cells, expected 6"},
      // A decimal comma makes one cell more.
      {"2020-01-30,10,5,12,9,11,100\n", "line 3: 7 cells, expected 6"},
      {"\n\n2020-01-30,10,12,9,12abc,100\n",
       "dir/SPY.csv: line 5, column Close: '12abc' is not a number"},
      {"2020-01-30,\"1.234,5\",12,9,11,100\n", "line 3, column Open: '1.234,5' is not a number"},
      {"2020-01-30,10,\"1,2,3\",9,11,100\n", "line 3, column High: '1,2,3' is not a number"},
      {"2020-01-30,10,\"12,34\",9,11,100\n", "column High: '12,34' is not a number"},
      {"2020-01-30,10,\"0,123\",9,11,100\n", "column High: '0,123' is not a number"},
      {"2020-01-30,10,\"1234,567\",9,11,100\n", "column High: '1234,567' is not a number"},
      {"2020-01-30,10,\",123\",9,11,100\n", "column High: ',123' is not a number"},
      {"2020-01-30,10,\"1,234,\",9,11,100\n", "column High: '1,234,' is not a number"},
      {"2020-01-30,10,\"1,,234\",9,11,100\n", "column High: '1,,234' is not a number"},
      {"2020-01-30,10,\"1,234e2\",9,11,100\n", "column High: '1,234e2' is not a number"},
      {"2020-01-30,10,12 000,9,11,100\n", "column High: '12 000' is not a number"},
      {"2020-01-30,10,$x,9,11,100\n", "column High: '$x' is not a number"},
      {"2020-01-30,10,0x12,9,11,100\n", "column High: '0x12' is not a number"},
      {"2020-01-30,10,1e400,9,11,100\n", "column High: '1e400' is out of a double's range"},
      {"2020-01-30,10,12,1e-400,11,100\n", "column Low: '1e-400' is out of a double's range"},
      {"2020-01-30,10,inf,9,11,100\n", "column High: 'inf' is not finite"},
      {"2020-01-30,10,12,-9,11,100\n", "column Low: '-9' is negative"},
      {"2020-01-30,10,12,9,11,-100\n", "column Volume: '-100' is negative"},
      {"2020-01-30,10,12,9,11,85.38T\n", "column Volume: '85.38T' is not a number"},
      {"2020-01-30,10,2e12,9,11,100\n", "'2e12' is no price, expected 1e-09 to 1e+12"},
      {"2020-01-30,10,12,1e-10,11,100\n", "'1e-10' is no price, expected 1e-09 to 1e+12"},
      {"2020-01-30,10,12,9,11,2e18\n", "'2e18' is no volume, expected 0 to 1e+18"},
      {"2020-01-30,10,12," + std::string(50, '9') + "x,11,1\n",
       "column Low: '999999999999999999999999...' is not a number"},
      // A null cell does not hide a wrong one.
      {"2020-01-30,null,12,9x,11,100\n", "line 3, column Low: '9x' is not a number"},
      {"2020-01-30,10,12,9,11,\"100\n2020-01-31,10,12,9,11,100\n",
       "dir/SPY.csv: line 3: the row that begins here has quotes that do not close"},
      {"2020-01-30,10,12,9,1\"1,100\n", "dir/SPY.csv: line 3: a quote in the wrong place"},
      {"2020-01-30,10,12,9,\"1\"1,100\n", "dir/SPY.csv: line 3: a quote in the wrong place"},
      {"2020-01-30,10,12,9,\"1\n\n1\"1,100\n",
       "dir/SPY.csv: line 5: a quote in the wrong place (the row begins on line 3)"},
      {"2020-01-30,10,12,9,\"1\n1\",100\n2020-01-31,10,12,9,11,x\n",
       "line 3, column Close: '1?1' is not a number"},
  };
  for (const Case& c : cases) {
    const std::string text = "Date,Open,High,Low,Close,Volume\n" + good + c.text;
    EXPECT_TRUE(has(price_error(text), c.error)) << c.text;
  }
}

TEST(PriceErrors, Dates) {
  const Case cases[] = {
      {"2020-02-30", "line 2, column Date: '2020-02-30' is no day of the calendar"},
      {"20201301", "'20201301' is no day of the calendar"},
      {"13/13/2020", "'13/13/2020' is no day of the calendar"},
      {"2200-01-01", "'2200-01-01' is outside the years 1800 to 2199"},
      {"0020-01-02", "'0020-01-02' is outside the years"},
      {"108/01/02", "'108/01/02' is no date, expected one such as 2020-01-31"},
      {"1/31/20", "'1/31/20' is no date"},
      {"Jan 31, 2020", "'Jan 31, 2020' is no date"},
      {"2020-01/31", "'2020-01/31' is no date"},
      {"2020-01", "'2020-01' is no date"},
      {"2020-01-", "'2020-01-' is no date"},
      {"1580342400", "'1580342400' is no date"},
      {"2020-01-31x", "is no date"},
      {"2020-01-31 24:00", "is no date"},
      {"2020-01-31 00:60", "is no date"},
      {"2020-01-31 00:00:00 EST", "is no date"},
      {"2020-01-31 00:00+5", "is no date"},
      {"", "line 2, column Date: '' is no date"},
      {"01/02/2020",
       "line 2, column Date: '01/02/2020' may be month/day/year or day/month/year, and no date of "
       "the file tells which"},
  };
  for (const Case& c : cases) {
    const std::string text = "Date,Open,High,Low,Close\n\"" + c.text + "\",10,12,9,11\n";
    EXPECT_TRUE(has(price_error(text), c.error)) << text;
  }
  const std::string mixed =
      "Date,Open,High,Low,Close\n1/2/2020,1,1,1,1\n1/15/2020,1,1,1,1\n16/1/2020,1,1,1,1\n";
  EXPECT_TRUE(has(price_error(mixed),
                  "dir/SPY.csv: line 4, column Date: '16/1/2020' and '1/15/2020' on line 3 do not "
                  "have the same order of day and month"));
  // One date of the file that tells is enough, and the same number twice says nothing wrong.
  EXPECT_EQ(
      prices_of("Date,Open,High,Low,Close\n1/2/2020,1,1,1,1\n1/15/2020,1,1,1,1\n").series.date[0],
      Date::of(2020, 1, 2));
  EXPECT_EQ(
      prices_of("Date,Open,High,Low,Close\n1/2/2020,1,1,1,1\n15/2/2020,1,1,1,1\n").series.date[0],
      Date::of(2020, 2, 1));
  EXPECT_EQ(prices_of("Date,Open,High,Low,Close\n03/03/2020,1,1,1,1\n").series.date[0],
            Date::of(2020, 3, 3));
}

TEST(PriceErrors, OrderAndDoubles) {
  const std::string header = "Date,Open,High,Low,Close\n";
  EXPECT_TRUE(
      has(price_error(header + "2020-01-29,1,1,1,1\n2020-01-31,1,1,1,1\n"
                               "2020-01-30,1,1,1,1\n"),
          "dir/SPY.csv: line 4: 2020-01-30 comes behind 2020-01-31 of line 3, expected dates "
          "that ascend throughout, as they began"));
  EXPECT_TRUE(
      has(price_error(header + "2020-01-29,1,1,1,1\n2020-01-28,1,1,1,1\n"
                               "2020-01-30,1,1,1,1\n"),
          "line 4: 2020-01-30 comes behind 2020-01-28 of line 3, expected dates that descend"));
  EXPECT_TRUE(has(price_error(header + "2020-01-29,1,2,1,1\n2020-01-29,1,2,1,2\n"),
                  "dir/SPY.csv: line 3: 2020-01-29 was on line 2 already, with another Close"));
  EXPECT_TRUE(has(price_error(header + "2020-01-30,1,1,1,1\n2020-01-29,1,2,1,1\n"
                                       "2020-01-29,1,3,1,1\n"),
                  "line 4: 2020-01-29 was on line 3 already, with another High"));
  EXPECT_TRUE(has(price_error("Ticker,Date,Open,High,Low,Close\nA,2020-01-29,1,1,1,1\n"
                              "B,2020-01-29,1,1,1,1\n"),
                  "dir/SPY.csv: line 3: ticker 'B', but line 2 has 'A': one series a file"));
}

TEST(PriceErrors, Options) {
  const std::string text = "Date,Open,High,Low,Close\n2020-01-29,1,1,1,1\n";
  EXPECT_TRUE(has(price_error(text, {.jump_limit = 0}), "expected more than 0"));
  EXPECT_TRUE(has(price_error(text, {.gap_weekdays = -1}), "expected 0 or more"));
}

TEST(PriceErrors, TheLocaleIsNoMatter) {
  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
  };
  std::istringstream in("Date;Open;High;Low;Close\n2020-01-29;1.5;2.5;1.25;1.75\n");
  in.imbue(std::locale(std::locale::classic(), new Comma));
  EXPECT_EQ(read_prices(in, "x").series.close[0], 1.75);
}

}  // namespace
}  // namespace lathe::prices
