#include "tools/cli/lecture/points.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <tuple>

#include "frontend/data/csv_rows.h"
#include "frontend/data/portable_random.h"
#include "tools/cli/files.h"
#include "tools/cli/lecture/formula.h"
#include "tools/cli/model_options.h"

namespace lathe::cli {
namespace {

constexpr int kTestPoints = 401;
constexpr size_t kKeptRow = 5;

std::pair<double, double> read_range(const std::string& text) {
  const std::vector<std::string> ends = split_list(text);
  if (ends.size() != 2) {
    throw UsageError(fmt::format("--range is '{}', expected LOW,HIGH such as -3,3", text));
  }
  const double low = parse_real("--range", ends[0], -1e6, 1e6);
  const double high = parse_real("--range", ends[1], -1e6, 1e6);
  if (high - low < 1e-6) {
    throw UsageError(fmt::format(
        "--range is '{}', expected its low end first, its high end 1e-6 or more above it", text));
  }
  return {low, high};
}

double value_at(const ir::ScalarExpr& f, double x, const std::string& name) {
  const double y = value_of(f, x);
  if (std::isfinite(y) && std::fabs(y) < 1e6) return y;
  throw Error(
      fmt::format("{} is {} at x = {}, expected numbers within 1e6 in the range", name, y, x));
}

Points of_formula(const PointOptions& options, int64_t seed) {
  Points p;
  p.name = options.formula;
  p.truth = parse_formula(options.formula);
  std::tie(p.low, p.high) = read_range(options.range);
  data::CounterRandom random(static_cast<uint64_t>(seed), 1, 0);
  for (int64_t i = 0; i < options.points; ++i) {
    const double x = random.uniform(p.low, p.high);
    p.x.push_back(x);
    p.y.push_back(value_at(*p.truth, x, p.name) + options.noise * random.bell());
  }
  for (int i = 0; i < kTestPoints; ++i) {
    const double x = p.low + (p.high - p.low) * i / (kTestPoints - 1);
    p.test_x.push_back(x);
    p.test_y.push_back(value_at(*p.truth, x, p.name));
  }
  return p;
}

size_t column_of(const data::NumberRows& rows, const std::string& name, size_t otherwise) {
  const auto at = std::find(rows.header.begin(), rows.header.end(), name);
  return at == rows.header.end() ? otherwise : static_cast<size_t>(at - rows.header.begin());
}

Points of_file(const std::string& path) {
  std::istringstream text(read_file(path));
  const data::NumberRows rows = data::read_number_rows(text, path);
  const auto columns = static_cast<size_t>(rows.columns);
  const bool two = columns == 2;
  const size_t x_at = column_of(rows, "x", two ? 0 : columns);
  const size_t y_at = column_of(rows, "y", two ? 1 : columns);
  if (x_at >= columns || y_at >= columns || x_at == y_at) {
    throw Error(fmt::format("{}: expected two columns, or a header with x and y", path));
  }
  Points p;
  p.name = path;
  for (size_t row = 0; row < static_cast<size_t>(rows.rows); ++row) {
    const bool kept = row % kKeptRow == kKeptRow - 1;
    const double x = rows.values[row * columns + x_at], y = rows.values[row * columns + y_at];
    if (std::fabs(x) > 1e6 || std::fabs(y) > 1e6) {
      throw Error(fmt::format("{}: line {}: {}, {}: expected numbers within 1e6", path,
                              rows.lines[row], x, y));
    }
    (kept ? p.test_x : p.x).push_back(x);
    (kept ? p.test_y : p.y).push_back(y);
  }
  if (p.test_x.empty()) {
    throw Error(fmt::format("{}: {} rows, expected {} or more: every fifth is kept to judge by",
                            path, rows.rows, kKeptRow));
  }
  const auto [low, high] = std::minmax_element(p.x.begin(), p.x.end());
  p.low = *low;
  p.high = *high;
  if (p.low == p.high) throw Error(fmt::format("{}: all x are {}", path, p.low));
  return p;
}

}  // namespace

std::pair<double, double> Points::y_range() const {
  const auto [low, high] = std::minmax_element(y.begin(), y.end());
  return {*low, *high};
}

void check_points(const PointOptions& options) {
  check_value("--f", [&] { parse_formula(options.formula); });
  read_range(options.range);
}

Points make_points(const PointOptions& options, int64_t seed) {
  return options.csv ? of_file(*options.csv) : of_formula(options, seed);
}

}  // namespace lathe::cli
