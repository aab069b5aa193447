#include "frontend/model/training_plan.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "frontend/base/per_output.h"
#include "frontend/model/step_builder.h"
#include "ir/error.h"
#include "lathe/model.h"

namespace lathe::detail {

namespace {

void check_output_names(const std::vector<std::string>& names) {
  if (names.size() < 2) return;
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (!seen.insert(name).second)
      throw Error("two outputs are named '" + name + "', after the layer that makes them; " +
                  "Identity(\"...\") behind one gives it another name");
    if ((name + "_").starts_with("val_"))
      throw Error("the output '" + name +
                  "' needs another name: in logs those that begin with val_ are the validation's");
  }
}

/// A list for each output; of one output all are its own, however they are divided.
std::vector<std::vector<std::string>> metrics_by_output(const Metrics& given,
                                                        const std::vector<std::string>& names,
                                                        const char* what) {
  std::vector<std::vector<std::string>> all(names.size());
  const auto by_place = [](const Metrics::Entry& entry) { return entry.output.empty(); };
  if (names.size() == 1 && std::all_of(given.entries().begin(), given.entries().end(), by_place)) {
    for (const Metrics::Entry& entry : given.entries())
      all[0].insert(all[0].end(), entry.metrics.begin(), entry.metrics.end());
    return all;
  }
  PerOutput<std::vector<std::string>> lists;
  for (const Metrics::Entry& entry : given.entries())
    lists.entries().emplace_back(entry.output, entry.metrics);
  const auto found = by_output(lists, names, what, OneAlone::OfOne);
  for (size_t i = 0; i < all.size(); ++i) all[i] = found[i].value_or(std::vector<std::string>());
  return all;
}

/// Error where a list by name leaves an output out: that it is not trained must be said.
void check_losses(const Losses& given, const TrainingPlan& plan) {
  for (const OutputPlan& output : plan.outputs) {
    const auto says = [&](const Losses::Entry& entry) {
      return entry.output.empty() || entry.output == output.name;
    };
    if (std::none_of(given.entries().begin(), given.entries().end(), says))
      throw Error("loss: there is none for output " + output.name +
                  "; std::nullopt says that it is not trained");
  }
  const auto has_loss = [](const OutputPlan& output) { return output.loss.has_value(); };
  if (std::none_of(plan.outputs.begin(), plan.outputs.end(), has_loss))
    throw Error("no output has a loss: there is nothing to train");
}

std::string prefix(const TrainingPlan& plan, size_t output) {
  return plan.outputs.size() > 1 ? plan.outputs[output].name + "_" : "";
}

}  // namespace

const LossRow& OutputPlan::target_rules() const {
  if (loss) return find_loss(*loss);
  return Metric(metrics.empty() ? weighted_metrics.at(0) : metrics[0]).target_rules();
}

TrainingPlan make_plan(const CompileOptions& options, const std::vector<std::string>& names) {
  check_output_names(names);
  // Without any the message is that of a loss without a name.
  const Losses& given = options.loss.empty() ? Losses(Loss()) : options.loss;
  const auto losses = by_output(given, names, "loss", OneAlone::OfAll);
  const auto weights = by_output(options.loss_weights, names, "loss_weights", OneAlone::OfAll);
  const auto metrics = metrics_by_output(options.metrics, names, "metrics");
  const auto weighted = metrics_by_output(options.weighted_metrics, names, "weighted_metrics");
  TrainingPlan plan{{}, options.optimizer};
  for (size_t i = 0; i < names.size(); ++i) {
    const double weight = weights[i].value_or(1.0);
    if (!std::isfinite(weight))
      throw Error("loss_weights: " + std::to_string(weight) + " is not finite");
    plan.outputs.push_back({names[i], losses[i], weight, metrics[i], weighted[i]});
  }
  check_losses(given, plan);
  return plan;
}

void check_plan(const TrainingPlan& plan) {
  for (const OutputPlan& output : plan.outputs)
    if (output.loss) check_trainable(*output.loss);
  optimizer_attrs(plan.optimizer);
  step_numbers(plan);
}

std::vector<Metric> output_metrics(const TrainingPlan& plan, size_t output) {
  std::vector<Metric> metrics;
  const OutputPlan& o = plan.outputs[output];
  for (const std::string& text : o.metrics) metrics.emplace_back(text, false, prefix(plan, output));
  for (const std::string& text : o.weighted_metrics)
    metrics.emplace_back(text, true, prefix(plan, output));
  return metrics;
}

StepNumbers step_numbers(const TrainingPlan& plan) {
  StepNumbers numbers;
  const auto has_loss = [](const OutputPlan& output) { return output.loss.has_value(); };
  const bool several = std::count_if(plan.outputs.begin(), plan.outputs.end(), has_loss) > 1;
  for (size_t i = 0; i < plan.outputs.size(); ++i)
    if (several && plan.outputs[i].loss) numbers.losses.push_back(prefix(plan, i) + "loss");
  std::set<std::string> names(numbers.losses.begin(), numbers.losses.end());
  for (size_t i = 0; i < plan.outputs.size(); ++i)
    for (Metric& metric : output_metrics(plan, i)) {
      if (!names.insert(metric.name()).second)
        throw Error("two numbers of a step are named '" + metric.name() + "'; " +
                    "a metric takes a name of its own: " +
                    metric.name().substr(prefix(plan, i).size()) + "(name=...)");
      numbers.metrics.push_back(std::move(metric));
    }
  return numbers;
}

}  // namespace lathe::detail
