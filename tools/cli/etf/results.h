// What trainings of models of prices came to, as a report has it.
#pragma once

#include <string>

#include "tools/cli/etf/data.h"
#include "tools/cli/etf/training.h"
#include "tools/report/forecast_report.h"

namespace lathe::cli {

/// What all of a run's trainings have in common: title, command, model.
report::ForecastReport begin_report(const EtfOptions& options, const EtfData& data,
                                    const std::string& command, Model& model,
                                    const PriceTask& task);
/// Adds the data of some examples, their curves and their results, series by series; a note for a
/// series that has no test day.
void add_results(report::ForecastReport& report, const EtfOptions& options, const EtfData& data,
                 const PriceExamples& examples, const PriceSplit& split,
                 const EtfForecasts& forecasts);

}  // namespace lathe::cli
