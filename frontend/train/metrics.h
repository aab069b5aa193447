// Metrics: numbers about a step's predictions that training does not follow.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/train/losses.h"

namespace lathe::detail {

struct MetricRow {
  std::string_view name;
  std::vector<std::string> aliases;
  std::string_view formula;
  ir::ValueId (*build)(StepValues& v);  ///< f32[]: a mean over the rows
};

std::span<const MetricRow> metric_table();
/// Error, with the nearest name, for an unknown one.
const MetricRow& find_metric(std::string_view name);

}  // namespace lathe::detail
