// The function of lathe/synthetic.h.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "frontend/data/portable_random.h"
#include "ir/error.h"
#include "lathe/synthetic.h"

namespace lathe {

namespace {

constexpr double kDaysPerYear = 252;
constexpr int kSteps = 16;  ///< of a day, from open to close
/// A day's deviation is at most 14 %, so that no move, of at most 3.47 deviations, takes all of a
/// price; with a planted signal nights add up, and it would take 7 deviations at once.
constexpr double kMostVariance = 0.0196;
constexpr uint64_t kStream = 0x7072696365;  ///< apart from the streams of drawn digits

void check(double value, double least, double most, std::string_view what) {
  if (!(value >= least && value <= most))
    throw Error(
        fmt::format("synthetic prices: {} is {}, expected {} to {}", what, value, least, most));
}

void check(const SyntheticPriceOptions& o) {
  check(static_cast<double>(o.days), 1, 50'000, "the number of days");
  if (o.start < Date::of(1800, 1, 1) || Date::of(2199, 12, 31) < o.start)
    throw Error("synthetic prices: the first day is outside the years 1800 to 2199");
  check(o.first_price, 0.01, 1e6, "the first price");
  check(o.annual_drift, -1, 1, "annual_drift");
  check(o.annual_volatility, 1e-6, 1, "annual_volatility");
  check(o.arch, 0, 1, "arch");
  check(o.garch, 0, 1, "garch");
  if (o.arch + o.garch >= 1)
    throw Error(
        fmt::format("synthetic prices: arch and garch are {} together, expected less than 1",
                    o.arch + o.garch));
  check(o.overnight, 0, 1, "overnight");
  check(o.planted_signal, -0.95, 0.95, "planted_signal");
  if (o.planted_signal != 0 && o.overnight == 0)
    throw Error("synthetic prices: a signal in the overnight rise needs overnight above 0");
  check(o.volume, 0, 1e12, "volume");
}

/// The market's state between two days.
class Market {
 public:
  explicit Market(const SyntheticPriceOptions& o)
      : o_(o),
        mean_variance_(o.annual_volatility * o.annual_volatility / kDaysPerYear),
        variance_(std::min(mean_variance_, kMostVariance)),
        drift_(o.annual_drift / kDaysPerYear),
        close_(o.first_price) {}

  void add_day(PriceSeries& series, int64_t day) {
    data::CounterRandom random(o_.seed, kStream, static_cast<uint64_t>(day));
    const double night = random.bell() * std::sqrt(o_.overnight * variance_);
    // The first day's move is one of those before the series, whose variance has settled.
    const double s = o_.planted_signal;
    move_ = day == 0 ? night : s * move_ + std::sqrt(1 - s * s) * night;
    const double open = day == 0 ? close_ : close_ * (1 + o_.overnight * drift_ + move_);

    double price = open, high = open, low = open, surprise = night;
    const double share = 1 - o_.overnight;
    const double deviation = std::sqrt(share * variance_ / kSteps);
    for (int step = 0; step < kSteps; ++step) {
      const double shock = random.bell() * deviation;
      surprise += shock;
      price *= 1 + share * drift_ / kSteps + shock;
      high = std::max(high, price);
      low = std::min(low, price);
    }
    close_ = price;

    series.open.push_back(open);
    series.high.push_back(high);
    series.low.push_back(low);
    series.close.push_back(price);
    series.adj_close.push_back(price);
    if (o_.volume > 0) series.volume.push_back(volume(surprise, random.bell()));
    variance_ = std::min(kMostVariance, (1 - o_.arch - o_.garch) * mean_variance_ +
                                            o_.arch * surprise * surprise + o_.garch * variance_);
  }

 private:
  /// Higher for days, one after another, and on days that move far; whichever way they move.
  double volume(double surprise, double z) {
    level_ = std::max(0.2, 1 + 0.9 * (level_ - 1) + 0.1 * z);
    const double excitement = 0.6 + 0.5 * std::abs(surprise) / std::sqrt(mean_variance_);
    return std::floor(o_.volume * level_ * excitement + 0.5);
  }

  const SyntheticPriceOptions& o_;
  double mean_variance_, variance_, drift_;
  double close_;
  double move_ = 0;   ///< x of the last night
  double level_ = 1;  ///< of the volume
};

}  // namespace

PriceSeries synthetic_prices(const SyntheticPriceOptions& options) {
  check(options);
  PriceSeries series;
  series.name = options.name.empty() ? fmt::format("synthetic-{}", options.seed) : options.name;
  series.synthetic = true;
  Market market(options);
  Date date = options.start + -1;
  for (int64_t day = 0; day < options.days; ++day) {
    date = date.next_weekday();
    series.date.push_back(date);
    market.add_day(series, day);
  }
  return series;
}

}  // namespace lathe
