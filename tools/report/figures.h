// The pictures of a report.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tools/plot/chart.h"
#include "tools/report/forecast_report.h"

namespace lathe::report {

struct Picture {
  plot::Figure figure;
  std::string caption;
};

/// A series' prices, a colour a part.
Picture parts_picture(const DataUsed& data);

/// Loss by epoch; of many curves what lies in the middle, and the least and the largest.
Picture curves_picture(std::span<const LearningCurve> curves, bool synthetic);

/// Forecast and actual, error, their sum, and a scatter; of the judged seed.
std::vector<Picture> result_pictures(const ForecastResult& result);

}  // namespace lathe::report
