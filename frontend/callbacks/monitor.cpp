// Which value a callback looks at, and what is better.
#include <cmath>

#include "frontend/base/nearest.h"
#include "frontend/train/metrics.h"
#include "ir/error.h"
#include "lathe/callbacks.h"
#include "lathe/model.h"

namespace lathe::detail {

namespace {

constexpr std::string_view kValidation = "val_";

/// Error of a metric that is no single number; the last of `names` are those of its numbers.
[[noreturn]] void several(const Metric& metric, const std::vector<std::string>& names) {
  if (metric.numbers() == Numbers::Table)
    throw Error("'" + metric.name() + "' is a table, of which no number can be monitored");
  throw Error("'" + metric.name() + "' is several numbers, of which one must be named, such as '" +
              names.back() + "'");
}

/// What auto means for `value`, a name of the logs without val_. Unknown for metrics of which neither
/// is better. Error, with the nearest name, for what is no metric.
Better better(const Model& model, const std::string& value) {
  if (value == "loss") return Better::Less;
  std::vector<std::string> names = {"loss"};
  const CompileOptions& options = model.compile_options();
  const std::vector<int64_t> output = model.output_shapes().at(0);
  for (const auto* texts : {&options.metrics, &options.weighted_metrics})
    for (const std::string& text : *texts) {
      const Metric metric(text);
      for (const std::string& name : metric.number_names(output.empty() ? 1 : output.back())) {
        if (name == value) return metric.better();
        names.push_back(name);
      }
      if (metric.name() == value) several(metric, names);
    }
  throw Error(unknown_name("value to monitor", value, names) +
              "; of others, mode must say whether less or more is better: min or max");
}

}  // namespace

Monitor::Monitor(std::string callback, std::string name, std::string mode, double min_delta)
    : callback_(std::move(callback)),
      name_(std::move(name)),
      mode_(std::move(mode)),
      min_delta_(std::abs(min_delta)) {
  if (mode_ != "auto" && mode_ != "min" && mode_ != "max")
    throw Error(callback_ + ": " + unknown_name("mode", mode_, {"auto", "min", "max"}));
}

void Monitor::begin(const FitContext& fit) {
  const bool of_validation = name_.starts_with(kValidation);
  if (of_validation && !fit.validates)
    throw Error(callback_ + " monitors " + name_ + ", but there are no validation data");
  more_ = mode_ == "max";
  if (mode_ != "auto") return;
  try {
    const Better which =
        better(fit.model, of_validation ? name_.substr(kValidation.size()) : name_);
    if (which == Better::Unknown)
      throw Error("whether less or more of " + name_ + " is better, mode must say: min or max");
    more_ = which == Better::More;
  } catch (const Error& e) {
    throw Error(callback_ + ": " + e.what());
  }
}

std::optional<double> Monitor::value(const FitContext& fit, const Logs& logs) const {
  if (logs.has(name_)) return logs[name_];
  if (fit.validates && name_.starts_with(kValidation) && logs.has(name_.substr(kValidation.size())))
    return std::nullopt;
  try {
    return logs[name_];
  } catch (const Error& e) {
    throw Error(callback_ + ": monitor: " + e.what());
  }
}

bool Monitor::improves(double value, std::optional<double> other) const {
  if (!other) return true;
  return more_ ? value - min_delta_ > *other : value + min_delta_ < *other;
}

}  // namespace lathe::detail
