// `lathe predict` of a model of prices.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lathe/model.h"
#include "tools/cli/terminal.h"

namespace lathe::cli {

struct PricePrediction {
  std::vector<std::string> files;  ///< files, folders or tickers
  std::optional<std::string> data;
  bool all = false, json = false;
};

/// Prints the forecasts made on the last day of each file or, with `all`, those of every day as CSV.
/// Returns the exit code.
int predict_prices(Model& model, const std::string& name, const PricePrediction& what,
                   Terminal& terminal);

}  // namespace lathe::cli
