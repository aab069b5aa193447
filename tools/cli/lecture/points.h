// The points through which `lathe train function` lays a curve.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ir/scalar_expr.h"

namespace lathe::cli {

struct PointOptions {
  std::string formula = "sine", range = "-3,3";
  std::optional<std::string> csv;
  int64_t points = 200;
  double noise = 0;
};

struct Points {
  std::string name;                     ///< the formula, or the file
  std::optional<ir::ScalarExpr> truth;  ///< of a formula
  double low = 0, high = 0;             ///< of x
  std::vector<double> x, y;             ///< to learn from
  std::vector<double> test_x, test_y;   ///< to judge by

  /// The lowest and the highest of `y`.
  std::pair<double, double> y_range() const;
};

/// UsageError for a bad range or formula.
void check_points(const PointOptions& options);
/// Of a formula: points drawn by `seed` all over the range, with `noise` (the deviation) on y; judged
/// by the formula itself at 401 places. Of a CSV file with the columns x and y: every fifth row is
/// kept to judge by. Error for a bad file, and a formula that is not finite in the range.
Points make_points(const PointOptions& options, int64_t seed);

}  // namespace lathe::cli
