// Made prices and days.
#pragma once

#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "lathe/forecast.h"
#include "runtime/philox.h"
#include "tests/error_of.h"

namespace lathe::test {

struct Prices {
  std::vector<double> open, close, adj_close;
  PriceColumns columns() const { return {open, close, adj_close}; }
};

/// Uniform in [-1, 1).
inline double noise(uint64_t seed, uint32_t stream, int64_t i) {
  return 2 * static_cast<double>(runtime::uniform_at(seed, stream, 0, static_cast<uint64_t>(i))) -
         1;
}

/// A random walk: up to 1 % from close to open, up to 2 % from open to close.
inline Prices random_prices(int64_t days, uint64_t seed) {
  Prices p;
  double close = 50;
  for (int64_t t = 0; t < days; ++t) {
    p.open.push_back(close * (1 + 0.01 * noise(seed, 0, t)));
    close = p.open.back() * (1 + 0.02 * noise(seed, 1, t));
    p.close.push_back(close);
    p.adj_close.push_back(close * (0.8 + 0.1 * static_cast<double>(t) / static_cast<double>(days)));
  }
  return p;
}

/// first to last, both in it.
inline std::vector<int64_t> days(int64_t first, int64_t last) {
  std::vector<int64_t> all(static_cast<size_t>(last - first + 1));
  std::iota(all.begin(), all.end(), first);
  return all;
}

/// Every target at every horizon; rise over both bases.
inline std::vector<TargetSpec> all_specs() {
  std::vector<TargetSpec> specs;
  for (const ForecastTargetText& t : forecast_targets())
    for (int64_t h = 1; h <= kLongestHorizon; ++h) {
      specs.push_back({t.target, h, RiseBase::Close});
      if (t.target == ForecastTarget::Rise) specs.push_back({t.target, h, RiseBase::Open});
    }
  return specs;
}

inline std::string name_of(const TargetSpec& spec) {
  return std::string(forecast_targets()[static_cast<size_t>(spec.target)].name) + " at " +
         std::to_string(spec.horizon) + (spec.rise_over == RiseBase::Open ? " over the open" : "");
}

}  // namespace lathe::test
