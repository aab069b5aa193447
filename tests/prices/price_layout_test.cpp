// Daily prices in every layout that means the same.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

#include "tests/prices/price_test_util.h"

namespace lathe::prices {
namespace {

using data::has;
using Values = std::vector<double>;

const char* const kPlain =
    "Date,Open,High,Low,Close,Adj Close,Volume\n"
    "2020-01-30,10,12.5,9,11,10.5,1234567\n"
    "2020-01-31,11,13,10.25,12,11.5,1000\n";

void expect_plain(const PriceSeries& s) {
  EXPECT_EQ(s.date, (std::vector<Date>{Date::of(2020, 1, 30), Date::of(2020, 1, 31)}));
  EXPECT_EQ(s.open, (Values{10, 11}));
  EXPECT_EQ(s.high, (Values{12.5, 13}));
  EXPECT_EQ(s.low, (Values{9, 10.25}));
  EXPECT_EQ(s.close, (Values{11, 12}));
  const Values adj = {10.5, 11.5}, volume = {1234567, 1000};
  EXPECT_EQ(s.adj_close, s.has(PriceField::AdjClose) ? adj : Values());
  EXPECT_EQ(s.volume, s.has(PriceField::Volume) ? volume : Values());
}

TEST(PriceLayout, Plain) {
  const ReadPrices read = prices_of(kPlain, {.strict = true});
  expect_plain(read.series);
  EXPECT_EQ(read.series.name, "SPY");
  EXPECT_FALSE(read.series.synthetic);
  EXPECT_TRUE(read.problems.empty());
  EXPECT_EQ(read.series.rows(), 2);
  EXPECT_EQ(problem_summary(read), "nothing dropped, repaired or noted");
  std::istringstream in(kPlain);
  EXPECT_EQ(read_prices(in, "data/0050.TW.csv").series.name, "0050.TW");
}

/// What the same numbers look like elsewhere; all are read strictly.
TEST(PriceLayout, Variants) {
  const char* const variants[] = {
      // letter case, underscores, points, asterisks, other names
      "DATE,OPEN,HIGH,LOW,CLOSE,ADJ_CLOSE,VOLUME\n"
      "2020-01-30,10,12.5,9,11,10.5,1234567\n2020-01-31,11,13,10.25,12,11.5,1000\n",
      "timestamp,open,high,low,close,adjusted_close,volume\n"
      "2020-01-30,10,12.5,9,11,10.5,1234567\n2020-01-31,11,13,10.25,12,11.5,1000\n",
      "Date,Open,High,Low,Close*,Adj. Close**,Vol.\n"
      "2020-01-30,10,12.5,9,11,10.5,1234567\n2020-01-31,11,13,10.25,12,11.5,1000\n",
      // order, without the optional ones
      "Volume,Close,Low,High,Open,Date\n"
      "1234567,11,9,12.5,10,2020-01-30\n1000,12,10.25,13,11,2020-01-31\n",
      "Date,Close/Last,Open,High,Low\n2020-01-30,11,10,12.5,9\n2020-01-31,12,11,13,10.25\n",
      "Date,Price,Open,High,Low\n2020-01-30,11,10,12.5,9\n2020-01-31,12,11,13,10.25\n",
      // a byte order mark, line ends, blank lines, blanks around cells
      "\xef\xbb\xbf"
      "Date,Open,High,Low,Close\r\n2020-01-30,10,12.5,9,11\r\n2020-01-31,11,13,10.25,12\r\n",
      "Date,Open,High,Low,Close\r2020-01-30,10,12.5,9,11\r2020-01-31,11,13,10.25,12",
      "\n \n\nDate, Open ,High,Low,Close\n\n2020-01-30 , 10,\t12.5,9,11\n\n \n"
      "2020-01-31,11,13,10.25,12\n\n",
      // separators and quotes
      "Date;Open;High;Low;Close\n2020-01-30;10;12.5;9;11\n2020-01-31;11;13;10.25;12\n",
      "Date\tOpen\tHigh\tLow\tClose\n2020-01-30\t10\t12.5\t9\t11\n2020-01-31\t11\t13\t10.25\t12\n",
      "\"Date\",\"Open\",\"High\",\"Low\",\"Close\",\"Volume\"\n"
      "\"2020-01-30\",\"10\",\"12.5\",\"9\",\"11\",\"1,234,567\"\n"
      "\"2020-01-31\", \"11\" ,13,10.25,12,\"1,000\"\n",
      "Date;Open;High;Low;Close;Volume\n"
      "2020-01-30;10;12.5;9;11;1,234,567\n2020-01-31;11;13;10.25;12;1,000\n",
      // forms of numbers
      "Date,Open,High,Low,Close\n2020-01-30,10.0,1.25e1,9.,1.1E+01\n"
      "2020-01-31,11.000000,13,10.25,12\n",
      // Nasdaq's and Investing.com's
      "Date,Close/Last,Volume,Open,High,Low\n01/30/2020,$11.00,1234567,$10.00,$12.50,$9.00\n"
      "01/31/2020,$12.00,1000,$11.00,$13.00,$10.25\n",
      "\"Date\",\"Price\",\"Open\",\"High\",\"Low\",\"Vol.\"\n"
      "\"01/30/2020\",\"11.00\",\"10.00\",\"12.50\",\"9.00\",\"1234.567K\"\n"
      "\"01/31/2020\",\"12.00\",\"11.00\",\"13.00\",\"10.25\",\"1.00K\"\n",
      // dates
      "Date,Open,High,Low,Close\n2020/01/30,10,12.5,9,11\n2020/1/31,11,13,10.25,12\n",
      "Date,Open,High,Low,Close\n20200130,10,12.5,9,11\n20200131,11,13,10.25,12\n",
      "Date,Open,High,Low,Close\n01/30/2020,10,12.5,9,11\n1/31/2020,11,13,10.25,12\n",
      "Date,Open,High,Low,Close\n30/01/2020,10,12.5,9,11\n31/1/2020,11,13,10.25,12\n",
      "Date,Open,High,Low,Close\n30.01.2020,10,12.5,9,11\n31.01.2020,11,13,10.25,12\n",
      "Date,Open,High,Low,Close\n2020-01-30 00:00:00,10,12.5,9,11\n2020-01-31 "
      "00:00,11,13,10.25,12\n",
      "Date,Open,High,Low,Close\n2020-01-30 00:00:00-05:00,10,12.5,9,11\n"
      "2020-01-31T16:00:00.000Z,11,13,10.25,12\n",
      // pandas' index, yfinance's three lines of titles
      ",Open,High,Low,Close\n2020-01-30,10,12.5,9,11\n2020-01-31,11,13,10.25,12\n",
      "Price,Adj Close,Close,High,Low,Open,Volume\nTicker,SPY,SPY,SPY,SPY,SPY,SPY\nDate,,,,,,\n"
      "2020-01-30,10.5,11,12.5,9,10,1234567\n2020-01-31,11.5,12,13,10.25,11,1000\n",
      // a ticker that stays the same
      "Symbol,Date,Open,High,Low,Close\nSPY,2020-01-30,10,12.5,9,11\nSPY,2020-01-31,11,13,10.25,"
      "12\n",
  };
  for (const char* text : variants) {
    SCOPED_TRACE(text);
    const ReadPrices read = prices_of(text, {.strict = true});
    expect_plain(read.series);
    EXPECT_TRUE(read.problems.empty()) << problem_lines(read)[0];
  }
}

TEST(PriceLayout, NotedVariants) {
  const ReadPrices ignored = prices_of(
      ",Date,Open,High,Low,Close,Volume,Dividends,Stock Splits\n"
      "0,2020-01-30,10,12.5,9,11,1234567,0.0,0.0\n1,2020-01-31,11,13,10.25,12,1000,x,\n",
      {.strict = true});
  expect_plain(ignored.series);
  EXPECT_EQ(kinds_of(ignored),
            (std::vector<std::string>{"ignored_column", "ignored_column", "ignored_column"}));
  EXPECT_EQ(problem_lines(ignored)[1],
            "line 1: noted, ignored_column: column 8, 'Dividends', is not used");
  const ReadPrices empty = prices_of(
      "Date,Open,High,Low,Close,Adj Close,Volume\n"
      "2020-01-30,10,12.5,9,11,null,-\n2020-01-31,11,13,10.25,12,,n/a\n");
  expect_plain(empty.series);
  EXPECT_FALSE(empty.series.has(PriceField::AdjClose) || empty.series.has(PriceField::Volume));
  EXPECT_EQ(kinds_of(empty), (std::vector<std::string>{"empty_column", "empty_column"}));
}

TEST(PriceLayout, FillsTheAdjustedClose) {
  const std::string text = "Date,Open,High,Low,Close\n2020-01-30,10,12.5,9,11\n";
  EXPECT_FALSE(prices_of(text).series.has(PriceField::AdjClose));
  const ReadPrices filled = prices_of(text, {.strict = true, .fill_adj_from_close = true});
  EXPECT_EQ(filled.series.adj_close, Values{11});
  EXPECT_EQ(kinds_of(filled), std::vector<std::string>{"filled_adj_close"});
  const ReadPrices there = prices_of(kPlain, {.fill_adj_from_close = true});
  EXPECT_EQ(there.series.adj_close, (Values{10.5, 11.5})) << "what is there stays";
  EXPECT_TRUE(there.problems.empty());
}

TEST(PriceLayout, CommasNeedProof) {
  const auto file = [](const std::string& close, const std::string& volume) {
    return "Date,Open,High,Low,Close,Volume\n2020-01-30,1000,2000,1000,\"" + close + "\",\"" +
           volume + "\"\n";
  };
  EXPECT_EQ(prices_of(file("1,234.5", "7")).series.close, Values{1234.5});
  EXPECT_EQ(prices_of(file("1,234", "1,000")).series.close, Values{1234});
  EXPECT_TRUE(
      has(price_error(file("1,234", "1000")),
          "dir/SPY.csv: line 2, column Close: '1,234' may be grouped by thousands or have a "
          "decimal comma, and no number of the file tells which"));
}

TEST(PriceLayout, DollarsAndLettersOfVolumes) {
  const auto read = [](const std::string& close, const std::string& volume) {
    return prices_of("Date,Open,High,Low,Close,Volume\n2020-01-30,1000,2000,1000,\"" + close +
                     "\",\"" + volume + "\"\n")
        .series;
  };
  EXPECT_EQ(read("$1,234.50", "7").close, Values{1234.5});
  const std::pair<const char*, double> volumes[] = {
      {"80.36M", 80360000}, {"0.29m", 290000},      {"1.2345K", 1235}, {"7k", 7000},
      {"4.57B", 4.57e9},    {"1,234.5M", 1.2345e9}, {"1.5", 1.5}};
  for (const auto& [text, value] : volumes) EXPECT_EQ(read("1000", text).volume, Values{value});
  const auto error = [&](const std::string& close, const std::string& volume) {
    return data::error_of([&] { read(close, volume); });
  };
  for (const char* text : {"$$12", "$ 12", "$-12", "12$", "-$12", "$", "$nan", "1.2K", "1e3M"})
    EXPECT_EQ(error(text, "7"),
              "dir/SPY.csv: line 2, column Close: '" + std::string(text) + "' is not a number");
  for (const char* text : {"$12", "80.36MM", "80.36T", "M", "80.36 M", ".M", "infM"})
    EXPECT_EQ(error("1000", text),
              "dir/SPY.csv: line 2, column Volume: '" + std::string(text) + "' is not a number");
  EXPECT_TRUE(has(error("1000", "-2M"), "'-2M' is negative"));
  EXPECT_TRUE(has(error("1000", "2000000000B"), "is no volume, expected 0 to 1e+18"));
  EXPECT_TRUE(has(error("1000", "80,365M"), "may be grouped by thousands or have a decimal comma"))
      << "a volume in millions need not be whole";
}

TEST(PriceLayout, DecimalCommasAreNotRead) {
  const auto error = [](const std::string& close) {
    return price_error("Date;Open;High;Low;Close\n2020-01-30;300;400;300;" + close + "\n");
  };
  for (const char* text : {"321,589996", "321,5", "0,123", "1.234,5", "$321,50"})
    EXPECT_EQ(error(text), "dir/SPY.csv: line 2, column Close: '" + std::string(text) +
                               "' is not a number: decimal commas are not read, write a point");
  for (const char* text : {"1,2,3", ",5", "5,", "1,234e2", "x,5"})
    EXPECT_EQ(error(text),
              "dir/SPY.csv: line 2, column Close: '" + std::string(text) + "' is not a number");
}

TEST(PriceLayout, OnlyTheAskedForDays) {
  const std::string text =
      "Date,Open,High,Low,Close\n2020-01-29,x,-1,0,\n2020-01-30,10,12.5,9,11\n"
      "2020-01-31,11,13,10.25,12\n2020-02-03,,,,\n";
  const Date first = Date::of(2020, 1, 30), last = Date::of(2020, 1, 31);
  const ReadPrices read = prices_of(text, {.strict = true, .from = first, .to = last});
  expect_plain(read.series);
  EXPECT_EQ(prices_of(text, {.from = last}).series.rows(), 1);
  EXPECT_TRUE(has(price_error(text, {.from = Date::of(2021, 1, 1)}),
                  "dir/SPY.csv: holds no row of prices from 2021-01-01; its days are 2020-01-29 to "
                  "2020-02-03"));
  EXPECT_TRUE(has(price_error(text, {.from = last, .to = first}),
                  "prices from 2020-01-31 to 2020-01-30: the last day comes before the first"));
}

/// Random numbers, written in a random layout, come back as the same bits.
TEST(PriceLayout, RandomFilesReadBack) {
  std::mt19937 random(7);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  for (int round = 0; round < 200; ++round) {
    PriceSeries s;
    Date date = Date::of(1990 + below(40), 1 + below(12), 13 + below(15));
    for (int i = 1 + below(30); i > 0; --i, date = date.next_weekday()) {
      s.date.push_back(date);
      const double open = std::exp(below(20000) / 1000.0 - 5),
                   close = open * (0.9 + below(200) / 1000.0);
      s.open.push_back(open);
      s.close.push_back(close);
      s.high.push_back(std::max(open, close) * (1 + below(100) / 1000.0));
      s.low.push_back(std::min(open, close) * (1 - below(100) / 1000.0));
      s.adj_close.push_back(close / 3);
      s.volume.push_back(1e6 + below(1 << 30));
    }
    const char separator = ",;\t"[below(3)];
    const bool descend = below(2) && s.rows() > 1, crlf = below(2), quote = below(2);
    const int date_form = below(4);
    const auto date_text = [&](Date d) {
      switch (date_form) {
        case 0:
          return d.to_string();
        case 1:
          return fmt::format("{}/{}/{}", d.year(), d.month(), d.day());
        case 2:
          return fmt::format("{:04}{:02}{:02}", d.year(), d.month(), d.day());
        default:  // the first day's number is above 12
          return fmt::format("{}/{:02}/{}", d.month(), d.day(), d.year());
      }
    };
    const auto cell = [&](const std::string& text) { return quote ? '"' + text + '"' : text; };
    std::vector<int> columns = {-1, 0, 1, 2, 3, 4, 5};
    std::shuffle(columns.begin(), columns.end(), random);
    const std::string end = crlf ? "\r\n" : "\n";
    std::string text = below(2) ? "\xef\xbb\xbf" : "";
    const auto line = [&](const auto& cell_of) {
      for (size_t c = 0; c < columns.size(); ++c)
        text += (c ? std::string(1, separator) : "") + cell(cell_of(columns[c]));
      text += end;
    };
    line([&](int c) {
      return c < 0 ? std::string("Date")
                   : std::string(price_fields()[static_cast<size_t>(c)].title);
    });
    for (int64_t i = 0; i < s.rows(); ++i) {
      const auto row = static_cast<size_t>(descend ? s.rows() - 1 - i : i);
      line([&](int c) {
        return c < 0 ? date_text(s.date[row])
                     : fmt::format("{}", s[static_cast<PriceField>(c)][row]);
      });
    }
    SCOPED_TRACE(text);
    const ReadPrices read = prices_of(text);
    EXPECT_EQ(read.series.date, s.date);
    for (const PriceFieldRow& field : price_fields())
      EXPECT_EQ(read.series[field.field], s[field.field]) << field.name;
    EXPECT_EQ(read.count(PriceAction::Dropped), 0);
    EXPECT_EQ(read.count(PriceAction::Repaired), descend);
    expect_sound(read.series);
  }
}

TEST(PriceFields, HaveNames) {
  EXPECT_EQ(price_fields().size(), 6u);
  for (const PriceFieldRow& row : price_fields()) {
    EXPECT_EQ(price_field(row.name), row.field);
    EXPECT_EQ(price_field(row.title), row.field);
    EXPECT_EQ(to_string(row.field), row.name);
    EXPECT_FALSE(row.text.empty());
  }
  EXPECT_EQ(price_field("ADJ_CLOSE"), PriceField::AdjClose);
  EXPECT_EQ(data::error_of([] { price_field("clsoe"); }),
            "unknown price field 'clsoe'; did you mean 'close'?");
}

}  // namespace
}  // namespace lathe::prices
