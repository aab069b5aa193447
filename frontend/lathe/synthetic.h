// Daily prices made by rule: a market in which what can be known is known.
//
//   const PriceSeries walk = synthetic_prices({.seed = 3});                           // nothing
//   const PriceSeries signal = synthetic_prices({.seed = 3, .planted_signal = 0.5});  // R^2 = 0.25
//
// The same seed gives the same bits on every machine. A day t has a variance v[t], of which the
// share `overnight` belongs to the night before it, the rest to the day:
//
//   v[t] = (1 - arch - garch) v + arch e[t-1]^2 + garch v[t-1],  v = annual_volatility^2 / 252
//                                            GARCH(1,1): Bollerslev, J. Econometrics 31 (1986)
//   open[t] = close[t-1] (1 + overnight m + x[t]),               m = annual_drift / 252
//   x[t] = s x[t-1] + sqrt((1 - s^2) overnight v[t]) z[t],       s = planted_signal
//   close[t]: from open[t] in 16 steps, each by the factor
//             1 + (1 - overnight) m / 16 + sqrt((1 - overnight) v[t] / 16) z
//   high[t], low[t]: the highest and lowest price of open[t] and the 16 steps
//
// where z are independent, symmetric, of mean 0 and variance 1 (at most 3.47), and e[t] is the
// day's whole surprise, of variance v[t]: sqrt(overnight v[t]) z[t] plus the 16 noises of the day.
// v[t] is never above 0.0196, a deviation of 14 % a day.
//
// Prices move by factors 1 + r with E[r] = 0 where there is no drift, not by exp(r), whose mean
// would be exp(variance / 2). So, without drift and signal, E[open[t+1] | the past] = close[t]
// exactly, and E[close[t+1] | the past] too: a martingale. The distribution of every move is
// symmetric as well, so that close[t] is the best forecast by absolute error too, and up and down
// are equally likely. Volatility and volume can be forecast, but tell nothing of the direction.
//
// With a signal the next rise, 100 (open[t+1] / close[t] - 1), is s times the last one plus noise:
// x is an autoregression whose variance is overnight * v. Whoever forecasts s x[t] leaves the
// noise, of variance (1 - s^2) overnight v, so R^2 against zero is 1 - (1 - s^2) = s^2, without
// drift. It holds for changing v[t] as well, as E[x^2] = s^2 E[x^2] + (1 - s^2) overnight E[v[t]].
#pragma once

#include <cstdint>
#include <string>

#include "lathe/prices.h"

namespace lathe {

struct SyntheticPriceOptions {
  uint64_t seed = 0;
  int64_t days = 2520;                ///< rows, 1 to 50,000; 252 make a year
  Date start = Date::of(2010, 1, 4);  ///< the first row, or the next weekday; no holidays
  double first_price = 100;           ///< the first open, 0.01 to 1e6
  double annual_drift = 0;            ///< -1 to 1: 0.07 lets prices grow by 7 % a year on average
  double annual_volatility = 0.2;     ///< 1e-6 to 1: the deviation of a year's return
  double arch = 0.08;                 ///< 0 or more; with garch below 1; both 0: v[t] is constant
  double garch = 0.90;                ///< 0 or more
  double overnight = 0.3;             ///< 0 to 1, the night's share of the variance
  double planted_signal = 0;          ///< s above, -0.95 to 0.95; needs a night's share above 0
  double volume = 1e6;                ///< on average, 0 to 1e12; 0: there is no volume
  std::string name = "";              ///< of the series; empty: synthetic-SEED
};

/// OHLCV of weekdays, with adj_close the same as close: nothing pays dividends. `synthetic` is
/// true. Error for options outside their ranges.
PriceSeries synthetic_prices(const SyntheticPriceOptions& options = {});

}  // namespace lathe
