// Prices made by rule: sound, the same everywhere, and as predictable as they say.
//
// A statistic of n draws lies within 5 of its own deviations with probability 1 - 6e-7; seeds are
// fixed, so that what passes once always passes.
#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "lathe/synthetic.h"
#include "tests/prices/price_test_util.h"

namespace lathe::prices {
namespace {

using Values = std::vector<double>;

constexpr double kDeviations = 5;

/// 100 (open[t+1] / close[t] - 1)
Values rises(const PriceSeries& s) {
  Values rise;
  for (size_t i = 1; i < s.open.size(); ++i) rise.push_back(100 * (s.open[i] / s.close[i - 1] - 1));
  return rise;
}

Values returns(const PriceSeries& s) {
  Values r;
  for (size_t i = 1; i < s.close.size(); ++i) r.push_back(s.close[i] / s.close[i - 1] - 1);
  return r;
}

double sum_of_squares(const Values& v) {
  return std::inner_product(v.begin(), v.end(), v.begin(), 0.0);
}

/// Whether the sum of x[t] y[t], martingale differences, is 0 but for chance: by its own deviation,
/// sqrt(sum (x y)^2), right for changing variances too.
void expect_uncorrelated(const Values& x, const Values& y, const std::string& what) {
  ASSERT_EQ(x.size(), y.size());
  double sum = 0, squares = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    sum += x[i] * y[i];
    squares += x[i] * y[i] * x[i] * y[i];
  }
  EXPECT_LT(std::abs(sum), kDeviations * std::sqrt(squares)) << what;
}

/// `v` without its last `lag`, against the rest.
Values head(const Values& v, size_t lag) {
  return {v.begin(), v.end() - static_cast<std::ptrdiff_t>(lag)};
}
Values tail(const Values& v, size_t lag) {
  return {v.begin() + static_cast<std::ptrdiff_t>(lag), v.end()};
}

TEST(SyntheticPrices, AreSoundAndSaySo) {
  const SyntheticPriceOptions all[] = {
      {},
      {.seed = 1, .days = 1},
      {.seed = 2, .days = 50000, .annual_volatility = 1, .arch = 0.3, .garch = 0.69},
      {.seed = 3, .annual_drift = -1, .overnight = 1},
      {.seed = 4, .annual_drift = 1, .overnight = 0},
      {.seed = 5, .annual_volatility = 1, .planted_signal = 0.95, .volume = 0, .name = "AR"},
      {.seed = 6, .annual_volatility = 1, .overnight = 1, .planted_signal = -0.95},
  };
  for (const SyntheticPriceOptions& o : all) {
    SCOPED_TRACE(o.seed);
    const PriceSeries s = synthetic_prices(o);
    EXPECT_TRUE(s.synthetic);
    EXPECT_EQ(s.name, o.name.empty() ? fmt::format("synthetic-{}", o.seed) : o.name);
    EXPECT_EQ(s.rows(), o.days);
    EXPECT_EQ(s.open[0], o.first_price);
    EXPECT_EQ(s.adj_close, s.close);
    EXPECT_EQ(s.has(PriceField::Volume), o.volume > 0);
    for (size_t i = 0; i < s.date.size(); ++i) {
      EXPECT_FALSE(s.date[i].is_weekend());
      EXPECT_GE(s.high[i], std::max(s.open[i], s.close[i]));
      EXPECT_LE(s.low[i], std::min(s.open[i], s.close[i]));
      EXPECT_GT(s.low[i], 0);
      EXPECT_TRUE(i == 0 || s.date[i] == s.date[i - 1].next_weekday()) << i;
    }
    for (double v : s.volume) EXPECT_EQ(v, std::floor(v));
  }
  EXPECT_EQ(synthetic_prices({.days = 2, .start = Date::of(2020, 2, 29)}).date,
            (std::vector<Date>{Date::of(2020, 3, 2), Date::of(2020, 3, 3)}));
}

TEST(SyntheticPrices, ReadBackFromText) {
  const PriceSeries s = synthetic_prices({.seed = 11, .days = 700});
  std::string text = "Date,Open,High,Low,Close,Adj Close,Volume\n";
  for (size_t i = 0; i < s.date.size(); ++i)
    text += fmt::format("{},{},{},{},{},{},{}\n", s.date[i].to_string(), s.open[i], s.high[i],
                        s.low[i], s.close[i], s.adj_close[i], s.volume[i]);
  const ReadPrices read = prices_of(text, {.strict = true});
  for (const PriceFieldRow& field : price_fields())
    EXPECT_EQ(read.series[field.field], s[field.field]);
  EXPECT_TRUE(read.problems.empty()) << problem_summary(read);
}

TEST(SyntheticPrices, AreTheSameEverywhere) {
  const PriceSeries a = synthetic_prices({.seed = 7, .days = 300});
  const PriceSeries b = synthetic_prices({.seed = 7, .days = 400});
  EXPECT_EQ(a.close, Values(b.close.begin(), b.close.begin() + 300)) << "more days go on";
  EXPECT_NE(a.close, synthetic_prices({.seed = 8, .days = 300}).close);
  // The same formulas written in Python give these bits.
  EXPECT_EQ(fmt::format("{:a} {:a} {:a}", a.open[299], a.close[299], a.volume[299]),
            "0x1.b33f5e8371b7bp+6 0x1.b0b0de6b4a6fp+6 0x1.49077p+20");
}

TEST(SyntheticPrices, MovesAreNoSurpriseToNobody) {
  for (const bool clustered : {false, true}) {
    SyntheticPriceOptions o{.seed = 21, .days = 50000};
    if (!clustered) o.arch = o.garch = 0;
    SCOPED_TRACE(clustered);
    const PriceSeries s = synthetic_prices(o);
    const Values rise = rises(s), day = returns(s), ones(rise.size(), 1);
    expect_uncorrelated(rise, ones, "the mean of the rise is 0");
    expect_uncorrelated(day, ones, "the mean of the return is 0");
    for (size_t lag = 1; lag <= 20; ++lag) {
      const std::string what = fmt::format("lag {}", lag);
      expect_uncorrelated(head(rise, lag), tail(rise, lag), "rise after rise, " + what);
      expect_uncorrelated(head(day, lag), tail(rise, lag), "rise after return, " + what);
      expect_uncorrelated(head(day, lag), tail(day, lag), "return after return, " + what);
    }
    // rise[t] is known when the rest of the day t + 1 is not.
    Values by_day;
    for (size_t i = 1; i < s.close.size(); ++i) by_day.push_back(s.close[i] / s.open[i] - 1);
    expect_uncorrelated(rise, by_day, "the day after its night");
    // Volume, level of the price and the size of the last move say nothing of the direction.
    Values volume, size;
    for (size_t i = 1; i + 1 < s.close.size(); ++i) {
      volume.push_back(s.volume[i] / 1e6 - 1);
      size.push_back(std::abs(day[i - 1]));
    }
    expect_uncorrelated(volume, tail(rise, 1), "rise after volume");
    expect_uncorrelated(size, tail(rise, 1), "rise after a move's size");
  }
}

TEST(SyntheticPrices, UpAndDownAreEquallyLikely) {
  int64_t up = 0, down = 0;
  for (uint64_t seed = 0; seed < 10; ++seed)
    for (double rise : rises(synthetic_prices({.seed = seed, .days = 10001})))
      (rise > 0 ? up : down) += rise != 0;
  EXPECT_EQ(up + down, 100000);
  EXPECT_LT(std::abs(up - down), kDeviations * std::sqrt(100000.0));
}

TEST(SyntheticPrices, VolatilityIsAsAskedFor) {
  const int64_t n = 50000;
  for (const double overnight : {0.0, 0.3, 1.0}) {
    const PriceSeries s = synthetic_prices({.seed = 31,
                                            .days = n,
                                            .annual_volatility = 0.4,
                                            .arch = 0,
                                            .garch = 0,
                                            .overnight = overnight});
    // z^2 has a deviation below sqrt(2), so the mean of n of them one below sqrt(2 / n).
    const double bound = kDeviations * std::sqrt(2.0 / static_cast<double>(n));
    const double year = 0.16 / 252;
    EXPECT_NEAR(sum_of_squares(returns(s)) / static_cast<double>(n - 1) / year, 1, bound);
    EXPECT_NEAR(sum_of_squares(rises(s)) / 1e4 / static_cast<double>(n - 1) / year, overnight,
                bound * overnight);
  }
}

TEST(SyntheticPrices, VolatilityClusters) {
  // Of a GARCH(1,1) of normal noise with a = arch and b = garch the squares have the correlation
  // a (1 - a b - b^2) / (1 - 2 a b - b^2), here 0.21, in samples less; without either it is 0.
  const auto correlation = [](const SyntheticPriceOptions& o) {
    Values squares;
    for (double r : returns(synthetic_prices(o))) squares.push_back(r * r);
    const double mean =
        std::accumulate(squares.begin(), squares.end(), 0.0) / static_cast<double>(squares.size());
    for (double& v : squares) v -= mean;
    const Values a = head(squares, 1), b = tail(squares, 1);
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0) / sum_of_squares(squares);
  };
  EXPECT_GT(correlation({.seed = 41, .days = 50000}), 0.1);
  EXPECT_LT(std::abs(correlation({.seed = 41, .days = 50000, .arch = 0, .garch = 0})),
            kDeviations / std::sqrt(50000.0));
}

TEST(SyntheticPrices, DriftIsAsAskedFor) {
  const PriceSeries s = synthetic_prices({.seed = 51, .days = 50000, .annual_drift = 0.5});
  const auto mean = [](const Values& v) {
    return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
  };
  const Values day = returns(s), rise = rises(s);
  const auto bound = [](const Values& v) {
    return kDeviations * std::sqrt(sum_of_squares(v)) / static_cast<double>(v.size());
  };
  EXPECT_NEAR(mean(day), 0.5 / 252, bound(day));
  EXPECT_NEAR(mean(rise), 100 * 0.3 * 0.5 / 252, bound(rise));
}

/// What the forecast s * last rise leaves.
Values noise(const Values& rise, double s) {
  Values left;
  for (size_t i = 1; i < rise.size(); ++i) left.push_back(rise[i] - s * rise[i - 1]);
  return left;
}

/// R^2 against zero of the forecast s * last rise, and its deviation. For e[t+1] = x[t+1] - s x[t],
/// sum e^2 = sum x[t+1]^2 - 2 s sum x[t] e[t+1] - s^2 sum x[t]^2. So R^2 is s^2 plus 2 s times
/// sum x[t] e[t+1] / sum x^2, but for one end of the sums; and that sum, of martingale differences,
/// has the deviation sqrt(sum (x[t] e[t+1])^2), whatever the variances are.
struct Estimate {
  double value, deviation;
};
Estimate r_squared(const Values& rise, double s) {
  const Values x = head(rise, 1), next = tail(rise, 1), e = noise(rise, s);
  double squares = 0;
  for (size_t i = 0; i < x.size(); ++i) squares += x[i] * e[i] * x[i] * e[i];
  const double all = sum_of_squares(next);
  return {1 - sum_of_squares(e) / all, 2 * std::abs(s) * std::sqrt(squares) / all};
}

TEST(SyntheticPrices, ASignalIsWorthItsSquare) {
  for (const double s : {0.5, -0.5, 0.2, 0.9}) {
    for (const double arch : {0.0, 0.08}) {
      SCOPED_TRACE(fmt::format("s {}, arch {}", s, arch));
      const Values rise = rises(synthetic_prices({.seed = 61,
                                                  .days = 50000,
                                                  .arch = arch,
                                                  .garch = arch == 0 ? 0 : 0.9,
                                                  .planted_signal = s}));
      const auto [r2, deviation] = r_squared(rise, s);
      EXPECT_NEAR(r2, s * s, kDeviations * deviation);
      const Values e = noise(rise, s), x = head(rise, 1);
      for (size_t lag = 1; lag <= 5; ++lag)
        expect_uncorrelated(head(e, lag), tail(e, lag), "what is left is noise");
      expect_uncorrelated(x, e, "of the last rise nothing more is to be had");
      expect_uncorrelated(head(rise, 2), tail(e, 1), "nor of the one before");
    }
  }
}

TEST(SyntheticPrices, TwentySeedsOfTenYears) {
  double mean = 0, variance = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto [r2, deviation] =
        r_squared(rises(synthetic_prices({.seed = seed, .planted_signal = 0.5})), 0.5);
    mean += r2 / 20;
    variance += deviation * deviation / 400;
  }
  EXPECT_NEAR(mean, 0.25, kDeviations * std::sqrt(variance));
  EXPECT_LT(kDeviations * std::sqrt(variance), 0.05) << "enough draws for a bound of 20 %";
}

TEST(SyntheticPrices, RefusesWhatMakesNoSense) {
  const auto error = [](const SyntheticPriceOptions& o) {
    return data::error_of([&] { synthetic_prices(o); });
  };
  EXPECT_EQ(error({.days = 0}), "synthetic prices: the number of days is 0, expected 1 to 50000");
  EXPECT_EQ(error({.annual_volatility = 2}),
            "synthetic prices: annual_volatility is 2, expected 1e-06 to 1");
  EXPECT_TRUE(data::has(error({.start = Date::of(1700, 1, 1)}), "years 1800 to 2199"));
  EXPECT_TRUE(data::has(error({.first_price = std::nan("")}), "the first price is nan"));
  EXPECT_TRUE(data::has(error({.annual_drift = -2}), "annual_drift is -2"));
  EXPECT_TRUE(
      data::has(error({.arch = 0.2, .garch = 0.8}), "are 1 together, expected less than 1"));
  EXPECT_TRUE(data::has(error({.garch = -0.1}), "garch is -0.1"));
  EXPECT_TRUE(data::has(error({.overnight = 1.5}), "overnight is 1.5"));
  EXPECT_TRUE(
      data::has(error({.planted_signal = 1}), "planted_signal is 1, expected -0.95 to 0.95"));
  EXPECT_TRUE(data::has(error({.overnight = 0, .planted_signal = 0.5}), "needs overnight above 0"));
  EXPECT_TRUE(data::has(error({.volume = -1}), "volume is -1"));
}

}  // namespace
}  // namespace lathe::prices
