// From the numbers along an axis to places on it.
#pragma once

#include <span>
#include <vector>

#include "tools/plot/chart.h"
#include "tools/plot/ticks.h"

namespace lathe::plot {

class AxisRange {
 public:
  explicit AxisRange(Scale scale) : scale_(scale) {}

  /// Whether the axis has a place for it.
  bool holds(double value) const;
  void add(double value);
  bool empty() const { return low_ > high_; }
  /// Leaves `share` of the range free on both sides; a single value gets a range around it.
  void widen(double share);
  /// 0 at the low end to 1 at the high one, of a value that it holds.
  double place(double value) const;
  std::vector<Tick> ticks(int most, std::span<const double> wanted) const;

 private:
  /// What the axis is linear in.
  double inner(double value) const;
  /// What to leave free on both sides of a single value.
  double around_one() const;

  Scale scale_;
  double low_ = 1, high_ = 0;  ///< inner
};

}  // namespace lathe::plot
