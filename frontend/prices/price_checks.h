// Rows of prices against each other and against themselves: order, doubles, ranges, moves, gaps.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "frontend/prices/price_columns.h"
#include "lathe/prices.h"

namespace lathe::prices {

struct PriceRow {
  int64_t line = 0;
  Date date;
  std::array<double, kPriceFields> value{};  ///< by PriceField; 0 where the file lacks the field

  double operator[](PriceField field) const { return value[index_of(field)]; }
  double& operator[](PriceField field) { return value[index_of(field)]; }
};

/// What was found so far. With `strict`, `add` throws for all that price_problems.def does not
/// note.
class PriceReport {
 public:
  PriceReport(std::string name, bool strict) : name_(std::move(name)), strict_(strict) {}
  void add(PriceProblemKind kind, int64_t line, std::optional<Date> date, std::string text);
  /// By line, those of one line as they were found.
  std::vector<PriceProblem> take();
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  bool strict_;
  std::vector<PriceProblem> problems_;
};

/// Oldest first, each day once. Errors where dates do neither ascend nor descend, and for two
/// different rows of one day.
void put_in_order(std::vector<PriceRow>& rows, PriceReport& report);

/// High and low hold open and close, by repair or by leaving the row out.
void check_ranges(std::vector<PriceRow>& rows, PriceReport& report);

/// Notes what is odd about rows in order, and changes nothing.
void note_oddities(const std::vector<PriceRow>& rows, const FileColumns& columns,
                   const PriceReadOptions& options, PriceReport& report);

}  // namespace lathe::prices
