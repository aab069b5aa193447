// Daily prices of one fund or share: read from CSV files, checked, or made by rule.
//
//   const ReadPrices spy = read_prices(find_prices("SPY"));
//   std::cout << spy.series.rows() << " days; " << problem_summary(spy) << '\n';
//   for (const std::string& line : problem_lines(spy)) std::cout << line << '\n';
//
// The layout is `Date,Open,High,Low,Close,Adj Close,Volume`, as Yahoo Finance has it, in any order
// of columns. Adj Close and Volume may be missing. Titles: any case, with spaces, underscores or
// points, and other common names (frontend/prices/price_fields.def, price_columns.def). Separators:
// the first of comma, semicolon and tab that the header line has. Quotes, a byte order mark, blank
// lines and any line ends are no matter; nor is the second and third header line that yfinance
// writes. Dates: 2020-01-31, 2020/1/31, 2020.01.31, 20200131; 1/31/2020 and 31/1/2020 (also with -
// or .) where some date of the file has a number above 12 that tells which is the month; a time of
// day after them is ignored. Numbers: with a point, whatever the locale, and 1,234,567.5 where some
// number of the file proves that its commas are no decimal ones: one with two commas, with a comma
// and a point, or a volume. Decimal commas are not read. A price may begin with $, and a volume end
// with K, M or B: 80.36M is 80360000, rounded to a whole number. Columns of dividends, splits and
// so on are known and not used.
//
// Errors name the file, the line and the column: what is no number, negative, or out of range
// (prices 1e-9 to 1e12, volumes up to 1e18); what is no date, or ambiguous, or outside 1800 to
// 2199; rows of different length; quotes that do not close; two different rows of one day; dates
// that neither ascend nor descend throughout; rows of several tickers; a header that is missing,
// has an unknown title (with the nearest) or one twice, or lacks Date, Open, High, Low or Close; a
// file without a row of prices. What is odd but no error is counted and listed:
// frontend/prices/price_problems.def is the table of the kinds and of what is done about each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lathe/date.h"

namespace lathe {

enum class PriceField {
#define PRICE_FIELD(Id, ...) Id,
#include "frontend/prices/price_fields.def"
};

struct PriceFieldRow {
  PriceField field;
  std::string_view name;   ///< open, high, low, close, adj_close, volume
  std::string_view title;  ///< Open, High, Low, Close, Adj Close, Volume
  std::string_view text;   ///< what it is, one line
};

/// All fields, in the order of the table.
std::span<const PriceFieldRow> price_fields();
std::string_view to_string(PriceField field);
/// By name or title, case aside. Error, with the nearest, for an unknown one.
PriceField price_field(std::string_view name);

/// A row a trading day, oldest first; columns are of one length, or empty where there are none.
struct PriceSeries {
  std::string name;  ///< the ticker: the file's name without its extension
  std::vector<Date> date;
  std::vector<double> open, high, low, close;
  std::vector<double> adj_close;  ///< may be empty
  std::vector<double> volume;     ///< may be empty; in shares, or lots, as the source has it
  bool synthetic = false;         ///< made by synthetic_prices, no market's

  int64_t rows() const { return static_cast<int64_t>(date.size()); }
  const std::vector<double>& operator[](PriceField field) const;
  std::vector<double>& operator[](PriceField field);
  bool has(PriceField field) const { return !(*this)[field].empty(); }
};

enum class PriceAction { Dropped, Repaired, Noted };

enum class PriceProblemKind {
#define PRICE_PROBLEM(Id, ...) Id,
#include "frontend/prices/price_problems.def"
};

struct PriceProblemRow {
  PriceProblemKind kind;
  std::string_view name;  ///< null_row, jump, …
  PriceAction action;
  std::string_view text;  ///< what it means, one line
};

std::span<const PriceProblemRow> price_problem_kinds();
std::string_view to_string(PriceProblemKind kind);
std::string_view to_string(PriceAction action);  ///< dropped, repaired, noted
PriceAction action_of(PriceProblemKind kind);

struct PriceProblem {
  PriceProblemKind kind;
  int64_t line = 0;          ///< of the file, from 1
  std::optional<Date> date;  ///< where the line has one
  std::string text;          ///< what is odd, with the numbers
};

struct ReadPrices {
  PriceSeries series;
  std::vector<PriceProblem> problems;  ///< by line

  int64_t count(PriceProblemKind kind) const;
  int64_t count(PriceAction action) const;
};

/// `3 rows dropped (2 null_row, 1 bad_range), 1 repaired (1 descending), 20 noted (20 flat)`, or
/// `nothing dropped, repaired or noted`.
std::string problem_summary(const ReadPrices& prices);
/// A line a problem: `line 17, 2020-01-02: dropped, null_row: no number in Open`.
std::vector<std::string> problem_lines(const ReadPrices& prices);

struct PriceReadOptions {
  /// What would be dropped or repaired is an error.
  bool strict = false;
  /// A file without an adjusted close gets the close as such.
  bool fill_adj_from_close = false;
  /// The first and the last day to read. Of rows outside nothing but the date is looked at.
  std::optional<Date> from = std::nullopt, to = std::nullopt;
  /// A day's move of close, or of open over the close before, is noted where |ratio - 1| is above
  /// this; so is one of the adjusted close that differs from the close's by more.
  double jump_limit = 0.15;
  /// More weekdays than these between two rows are noted. Lunar new year takes up to 7 in Taiwan.
  int32_t gap_weekdays = 7;
};

/// Errors as above, and for a file that can't be opened.
ReadPrices read_prices(const std::filesystem::path& path, const PriceReadOptions& options = {});
/// The same of text; `name` stands for the path.
ReadPrices read_prices(std::istream& in, const std::string& name,
                       const PriceReadOptions& options = {});

/// Of each path, in order: the file itself, or a folder's *.csv, case aside, by name, but none that
/// begins with a point, such as the ._SPY.csv that macOS puts beside SPY.csv; each file once. Error
/// for a path that there is not, and for a folder without any.
std::vector<std::filesystem::path> files_of_prices(const std::vector<std::filesystem::path>& paths);
std::vector<std::filesystem::path> files_of_prices(const std::filesystem::path& path);

/// The file of a ticker in the data folder: TICKER.csv there or in its etf/, etf-tw/ or
/// etf-tw/tbrain/. The folder is `data_dir`, else LATHE_DATA, else the first of ./data,
/// ../shared/data and the user's cache folder that has the ticker. Error that names where it was
/// looked for, and the nearest ticker or all that are there.
std::filesystem::path find_prices(std::string_view ticker,
                                  const std::optional<std::string>& data_dir = std::nullopt);

}  // namespace lathe
