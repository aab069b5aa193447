// read_prices of lathe/prices.h: a file's cells become rows of numbers, the checked rows a series.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <utility>

#include "frontend/base/in_quotes.h"
#include "frontend/prices/csv_table.h"
#include "frontend/prices/price_cells.h"
#include "frontend/prices/price_checks.h"
#include "frontend/prices/price_columns.h"
#include "frontend/prices/price_dates.h"
#include "ir/error.h"
#include "lathe/prices.h"

namespace lathe {

namespace fs = std::filesystem;

namespace prices {
namespace {

using Kind = PriceProblemKind;

/// Wide enough for every market, and narrow enough that ratios, logarithms and sums of squares stay
/// finite, in an f32 too.
constexpr double kLeastPrice = 1e-9, kGreatestPrice = 1e12, kGreatestVolume = 1e18;

bool is_null(const std::string& cell) {
  return parse_number_cell(cell).kind == CellKind::Null;
}

class Reader {
 public:
  Reader(std::istream& in, const std::string& name, const PriceReadOptions& options)
      : name_(name), options_(options), report_(name, options.strict) {
    check_options();
    table_ = read_csv_table(in, name);
    columns_ = map_price_columns(table_, name);
    for (size_t i : columns_.ignored)
      report_.add(Kind::IgnoredColumn, table_[0].line, std::nullopt,
                  fmt::format("column {}, {}, is not used", i + 1, in_quotes(columns_.title[i])));
  }

  ReadPrices read() {
    select_rows();
    leave_out_empty_columns();
    std::vector<PriceRow> rows = numbers();
    put_in_order(rows, report_);
    check_ranges(rows, report_);
    note_oddities(rows, columns_, options_, report_);
    return series(rows);
  }

 private:
  struct Selected {
    const CsvRow* row;
    Date date;
  };

  void check_options() const {
    if (options_.from && options_.to && *options_.to < *options_.from)
      throw Error(fmt::format("prices from {} to {}: the last day comes before the first",
                              options_.from->to_string(), options_.to->to_string()));
    if (!(options_.jump_limit > 0))
      throw Error(
          fmt::format("the limit of a move is {}, expected more than 0", options_.jump_limit));
    if (options_.gap_weekdays < 0)
      throw Error(fmt::format("the limit of a gap is {} weekdays, expected 0 or more",
                              options_.gap_weekdays));
  }

  /// The rows from the first day to the last one, with their days.
  void select_rows() {
    std::vector<const CsvRow*> rows;
    std::vector<DateCell> cells;
    for (size_t i = columns_.header_rows; i < table_.size(); ++i) {
      const CsvRow& row = table_[i];
      if (row.cells.size() != columns_.count)
        throw Error(fmt::format("{}: line {}: {} cells, expected {} as the header has", name_,
                                row.line, row.cells.size(), columns_.count));
      if (std::all_of(row.cells.begin(), row.cells.end(), is_null)) {
        report_.add(Kind::NullRow, row.line, std::nullopt, "all cells are empty");
        continue;
      }
      rows.push_back(&row);
      cells.push_back({row.cells[columns_.date], row.line});
    }
    const std::vector<Date> dates = read_price_dates(cells, name_, "Date");
    for (size_t i = 0; i < rows.size(); ++i) {
      if (options_.from && dates[i] < *options_.from) continue;
      if (options_.to && *options_.to < dates[i]) continue;
      check_ticker(*rows[i]);
      selected_.push_back({rows[i], dates[i]});
    }
    if (selected_.empty() && !dates.empty()) {
      const auto [first, last] = std::minmax_element(dates.begin(), dates.end());
      throw Error(fmt::format("{}: holds no row of prices{}{}; its days are {} to {}", name_,
                              options_.from ? " from " + options_.from->to_string() : "",
                              options_.to ? " to " + options_.to->to_string() : "",
                              first->to_string(), last->to_string()));
    }
  }

  void check_ticker(const CsvRow& row) {
    if (!columns_.ticker) return;
    const std::string& ticker = row.cells[*columns_.ticker];
    if (selected_.empty()) return;
    const CsvRow& first = *selected_[0].row;
    if (const std::string& other = first.cells[*columns_.ticker]; other != ticker)
      throw Error(
          fmt::format("{}: line {}: ticker {}, but line {} has {}: one series a file is expected",
                      name_, row.line, in_quotes(ticker), first.line, in_quotes(other)));
  }

  void leave_out_empty_columns() {
    for (const PriceFieldRow& field : price_fields()) {
      auto& column = columns_.field[index_of(field.field)];
      if (!column || is_needed(field.field) || selected_.empty()) continue;
      const auto null = [&](const Selected& s) { return is_null(s.row->cells[*column]); };
      if (!std::all_of(selected_.begin(), selected_.end(), null)) continue;
      report_.add(Kind::EmptyColumn, table_[0].line, std::nullopt,
                  fmt::format("column {} holds no number", field.title));
      column.reset();
    }
  }

  std::vector<PriceRow> numbers() {
    std::vector<PriceRow> rows;
    for (const Selected& selected : selected_) {
      PriceRow row{.line = selected.row->line, .date = selected.date};
      std::string nulls, zeros;
      for (const PriceFieldRow& field : price_fields()) {
        const auto column = columns_.of(field.field);
        if (!column) continue;
        const NumberCell cell = number(*selected.row, *column, field);
        const bool zero = cell.value == 0 && field.field != PriceField::Volume;
        std::string* list = cell.kind == CellKind::Null ? &nulls : zero ? &zeros : nullptr;
        if (list) *list += fmt::format("{}{}", list->empty() ? "" : ", ", field.title);
        row[field.field] = cell.value;
      }
      if (!nulls.empty()) {
        report_.add(Kind::NullRow, row.line, row.date, "no number in " + nulls);
      } else if (!zeros.empty()) {
        report_.add(Kind::ZeroPrice, row.line, row.date, "a price of 0 in " + zeros);
      } else {
        rows.push_back(row);
      }
    }
    if (!unproved_.empty() && !commas_proved_)
      throw Error(unproved_ +
                  " may be grouped by thousands or have a decimal comma, and no number of the file "
                  "tells which: write it without the comma, or with a point");
    return rows;
  }

  NumberCell number(const CsvRow& row, size_t column, const PriceFieldRow& field) {
    const std::string& text = row.cells[column];
    const NumberCell cell = parse_number_cell(text);
    const auto where = [&] {
      return fmt::format("{}: line {}, column {}: {}", name_, row.line, field.title,
                         in_quotes(text));
    };
    const bool volume = field.field == PriceField::Volume;
    const double least = volume ? 0 : kLeastPrice, most = volume ? kGreatestVolume : kGreatestPrice;
    switch (cell.kind) {
      case CellKind::Null:
        return cell;
      case CellKind::NoNumber:
        throw Error(where() + " is not a number" +
                    (cell.decimal_comma ? ": decimal commas are not read, write a point" : ""));
      case CellKind::NotFinite:
        throw Error(where() + " is not finite");
      case CellKind::OutOfRange:
        throw Error(where() + " is out of a double's range");
      case CellKind::Number:
        break;
    }
    if (volume ? cell.dollars : cell.abbreviated) throw Error(where() + " is not a number");
    if (cell.value < 0) throw Error(where() + " is negative");
    if (cell.value > most || (cell.value != 0 && cell.value < least))
      throw Error(fmt::format("{} is no {}, expected {:g} to {:g}", where(),
                              volume ? "volume" : "price", least, most));
    // Volumes are whole, but not those in thousands, millions or billions.
    if (cell.surely_grouped || (cell.grouped && volume && !cell.abbreviated)) commas_proved_ = true;
    if (cell.grouped && unproved_.empty()) unproved_ = where();
    return cell;
  }

  ReadPrices series(const std::vector<PriceRow>& rows) {
    ReadPrices read;
    PriceSeries& series = read.series;
    series.name = fs::path(name_).stem().string();
    for (const PriceRow& row : rows) {
      series.date.push_back(row.date);
      for (const PriceFieldRow& field : price_fields())
        if (columns_.of(field.field)) series[field.field].push_back(row[field.field]);
    }
    if (options_.fill_adj_from_close && !columns_.of(PriceField::AdjClose)) {
      series.adj_close = series.close;
      report_.add(Kind::FilledAdjClose, table_[0].line, std::nullopt,
                  "there is no adjusted close: the close stands for it");
    }
    read.problems = report_.take();
    if (rows.empty())
      throw Error(fmt::format("{}: holds no row of prices: {}", name_, problem_summary(read)));
    return read;
  }

  const std::string& name_;
  const PriceReadOptions& options_;
  PriceReport report_;
  std::vector<CsvRow> table_;
  FileColumns columns_;
  std::vector<Selected> selected_;
  std::string unproved_;  ///< the first number whose comma may be a decimal one, with its place
  bool commas_proved_ = false;
};

}  // namespace
}  // namespace prices

ReadPrices read_prices(std::istream& in, const std::string& name, const PriceReadOptions& options) {
  return prices::Reader(in, name, options).read();
}

ReadPrices read_prices(const fs::path& path, const PriceReadOptions& options) {
  std::error_code error;
  std::ifstream in(path, std::ios::binary);
  if (!in || fs::is_directory(path, error)) throw Error(path.string() + ": can't be opened");
  return read_prices(in, path.string(), options);
}

}  // namespace lathe
