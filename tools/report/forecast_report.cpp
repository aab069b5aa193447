#include "tools/report/forecast_report.h"

#include <algorithm>

namespace lathe::report {

bool any_synthetic(const ForecastReport& report) {
  return std::any_of(report.data.begin(), report.data.end(),
                     [](const DataUsed& d) { return d.synthetic; }) ||
         std::any_of(report.results.begin(), report.results.end(),
                     [](const ForecastResult& r) { return r.synthetic; });
}

}  // namespace lathe::report
