#include "tests/prices/price_test_util.h"

#include <algorithm>
#include <cmath>

namespace lathe::prices {

void expect_sound(const PriceSeries& series) {
  ASSERT_GE(series.rows(), 1);
  for (const PriceFieldRow& field : price_fields()) {
    const std::vector<double>& column = series[field.field];
    if (column.empty()) {
      EXPECT_TRUE(field.field == PriceField::AdjClose || field.field == PriceField::Volume);
      continue;
    }
    ASSERT_EQ(column.size(), series.date.size()) << field.name;
    const double least = field.field == PriceField::Volume ? 0 : 1e-9;
    EXPECT_TRUE(std::all_of(column.begin(), column.end(), [&](double v) {
      return std::isfinite(v) && v >= least;
    })) << field.name;
  }
  for (size_t i = 0; i < series.date.size(); ++i) {
    EXPECT_GE(series.high[i], std::max(series.open[i], series.close[i])) << i;
    EXPECT_LE(series.low[i], std::min(series.open[i], series.close[i])) << i;
    EXPECT_TRUE(i == 0 || series.date[i - 1] < series.date[i]) << i;
  }
}

}  // namespace lathe::prices
