#include "tools/plot/axis_range.h"

#include <algorithm>
#include <cmath>

namespace lathe::plot {

bool AxisRange::holds(double value) const {
  return std::isfinite(value) && (scale_ != Scale::Log || value > 0);
}

double AxisRange::inner(double value) const {
  constexpr double kPower = 300, kFar = 1e300;  // so that the ends stay finite when they widen
  return scale_ == Scale::Log ? std::clamp(std::log10(value), -kPower, kPower)
                              : std::clamp(value, -kFar, kFar);
}

double AxisRange::outer(double inner) const {
  return scale_ == Scale::Log ? std::pow(10.0, inner) : inner;
}

void AxisRange::add(double value) {
  const double v = inner(value);
  if (empty()) {
    low_ = high_ = v;
  } else {
    low_ = std::min(low_, v);
    high_ = std::max(high_, v);
  }
}

void AxisRange::widen(double share) {
  const double size = std::max(std::fabs(low_), std::fabs(high_));
  double more = (high_ - low_) * share;
  if (high_ - low_ <= 1e-9 * size || high_ == low_) {
    const bool round_one = scale_ == Scale::Linear && size > 0;
    more = scale_ == Scale::Log ? 0.5 : std::max(0.1 * size, round_one ? 0.0 : 0.5);
  }
  low_ -= more;
  high_ += more;
}

double AxisRange::place(double value) const {
  return (inner(value) - low_) / (high_ - low_);
}

std::vector<Tick> AxisRange::ticks(int most, std::span<const double> wanted) const {
  std::vector<Tick> ticks;
  for (const double at : wanted) {
    if (holds(at) && place(at) >= 0 && place(at) <= 1) ticks.push_back({at, short_number(at)});
  }
  if (!wanted.empty()) return ticks;
  return scale_ == Scale::Log ? log_ticks(outer(low_), outer(high_), most)
                              : linear_ticks(low_, high_, most, scale_ == Scale::Whole);
}

}  // namespace lathe::plot
