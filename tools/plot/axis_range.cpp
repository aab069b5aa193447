#include "tools/plot/axis_range.h"

#include <algorithm>
#include <cmath>

#include "ir/error.h"

namespace lathe::plot {

namespace {

// So far that the ends stay finite when they widen.
constexpr double kPower = 300, kFar = 1e300;
constexpr double kFirstDay = -719162, kLastDay = 2932896;  // 0001-01-01, 9999-12-31

}  // namespace

bool AxisRange::holds(double value) const {
  return std::isfinite(value) && (scale_ != Scale::Log || value > 0);
}

double AxisRange::inner(double value) const {
  switch (scale_) {
    case Scale::Linear:
    case Scale::Whole:
      return std::clamp(value, -kFar, kFar);
    case Scale::Log:
      return std::clamp(std::log10(value), -kPower, kPower);
    case Scale::Time:
      return std::clamp(value, kFirstDay, kLastDay);
  }
  internal_error(__FILE__, __LINE__, "a scale that is none");
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

double AxisRange::around_one() const {
  const double size = std::max(std::fabs(low_), std::fabs(high_));
  switch (scale_) {
    case Scale::Linear:
      return size > 0 ? 0.1 * size : 0.5;
    case Scale::Whole:
      return std::max(0.1 * size, 0.5);
    case Scale::Log:
      return 0.5;
    case Scale::Time:
      return 3;  // a week
  }
  internal_error(__FILE__, __LINE__, "a scale that is none");
}

void AxisRange::widen(double share) {
  const double size = std::max(std::fabs(low_), std::fabs(high_));
  const bool one = high_ - low_ <= 1e-9 * size || high_ == low_;
  const double more = one ? around_one() : (high_ - low_) * share;
  low_ -= more;
  high_ += more;
}

double AxisRange::place(double value) const {
  return (inner(value) - low_) / (high_ - low_);
}

std::vector<Tick> AxisRange::ticks(int most, std::span<const double> wanted) const {
  std::vector<Tick> ticks;
  for (const double at : wanted) {
    if (!holds(at) || place(at) < 0 || place(at) > 1) continue;
    ticks.push_back({at, scale_ == Scale::Time ? day_label(inner(at)) : short_number(at)});
  }
  if (!wanted.empty()) return ticks;
  switch (scale_) {
    case Scale::Linear:
    case Scale::Whole:
      return linear_ticks(low_, high_, most, scale_ == Scale::Whole);
    case Scale::Log:
      return log_ticks(std::pow(10.0, low_), std::pow(10.0, high_), most);
    case Scale::Time:
      return time_ticks(low_, high_, most);
  }
  internal_error(__FILE__, __LINE__, "a scale that is none");
}

}  // namespace lathe::plot
