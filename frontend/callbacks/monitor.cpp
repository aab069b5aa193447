// Which value a callback looks at, and what is better.
#include <cmath>

#include "frontend/model/model_impl.h"
#include "frontend/train/metrics.h"
#include "ir/error.h"
#include "ir/nearest.h"
#include "lathe/callbacks.h"
#include "lathe/model.h"

namespace lathe::detail {

namespace {

constexpr std::string_view kValidation = "val_";

/// Error of a metric, called `name`, that is no single number; `last`: the last of its numbers.
[[noreturn]] void several(const Metric& metric, const std::string& name, const std::string& last) {
  if (metric.numbers() == Numbers::Table)
    throw Error("'" + name + "' is a table, of which no number can be monitored");
  throw Error("'" + name + "' is several numbers, of which one must be named, such as '" + last +
              "'");
}

/// What auto means for `value`, a name of the logs. Unknown for metrics of which neither is better.
/// Error, with the nearest name, for what is no metric.
Better better(const FitContext& fit, const std::string& value) {
  const TrainingPlan plan = fit.model.impl().plan();
  std::vector<std::string> known;
  for (const std::string_view of : {std::string_view(), kValidation}) {
    if (!of.empty() && !fit.validates) continue;
    const auto named = [of](const std::string& name) { return std::string(of) + name; };
    for (const std::string& loss : step_numbers(plan).losses) {
      known.push_back(named(loss));
      if (value == known.back()) return Better::Less;
    }
    for (size_t i = 0; i < plan.outputs.size(); ++i) {
      const std::vector<int64_t> shape = fit.model.output_shapes()[i];
      for (const Metric& metric : output_metrics(plan, i)) {
        for (const std::string& name : metric.number_names(shape.empty() ? 1 : shape.back())) {
          known.push_back(named(name));
          if (value == known.back()) return metric.better();
        }
        if (named(metric.name()) == value) several(metric, value, known.back());
      }
    }
  }
  throw Error(ir::unknown_name("value to monitor", value, known) +
              " (Of a value that callbacks add, mode must say which is better: min or max)");
}

}  // namespace

Monitor::Monitor(std::string callback, std::string name, std::string mode, double min_delta)
    : callback_(std::move(callback)),
      name_(std::move(name)),
      mode_(std::move(mode)),
      min_delta_(std::abs(min_delta)) {
  if (mode_ != "auto" && mode_ != "min" && mode_ != "max")
    throw Error(callback_ + ": " + ir::unknown_name("mode", mode_, {"auto", "min", "max"}));
}

void Monitor::begin(const FitContext& fit) {
  if (name_.starts_with(kValidation) && !fit.validates)
    throw Error(callback_ + " monitors " + name_ + ", but there are no validation data");
  more_ = mode_ == "max";
  if (mode_ != "auto") return;
  try {
    const Better which = better(fit, name_);
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
