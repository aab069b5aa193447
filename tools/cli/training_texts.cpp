#include "tools/cli/training_texts.h"

#include <fmt/format.h>

#include "frontend/base/spec.h"
#include "frontend/model/model_impl.h"
#include "frontend/model/step_builder.h"
#include "frontend/train/losses.h"
#include "passes/optimizer_table.h"

namespace lathe::cli {
namespace {

std::string loss_text(const Loss& loss) {
  const detail::LossRow& row = detail::find_loss(loss);
  Spec spec{std::string(row.name), detail::loss_options(loss), {}};
  for (const OptionSpec& option : row.options) {
    const ir::Attr* value = spec.options.find(option.name);
    if (value && option.default_value == *value) spec.options.erase(option.name);
  }
  return to_string(spec);
}

/// `schedule = cosine_decay, schedule.decay_steps = 1000` of `attrs` as one spec.
std::string schedule_text(const ir::Attrs& attrs) {
  Spec spec{attrs.word("schedule"), {}, {}};
  const std::string prefix = "schedule.";
  for (const auto& [name, value] : attrs) {
    if (name.starts_with(prefix)) spec.options.set(name.substr(prefix.size()), value);
  }
  spec.options.set("initial_learning_rate", attrs.real("learning_rate", 0));
  return to_string(spec);
}

std::string optimizer_text(const Optimizer& optimizer) {
  const ir::Attrs attrs = detail::optimizer_attrs(optimizer);
  Spec spec{attrs.word("optimizer"), {}, {}};
  const passes::OptimizerRow* row = passes::find_optimizer(spec.name);
  for (const passes::Hyperparameter& h : row->hyperparameters) {
    const ir::Attr* value = attrs.find(h.name);
    const bool told =
        value && h.name != "learning_rate" && (h.required || *value != h.default_value);
    if (told) spec.options.set(h.name, *value);
  }
  if (attrs.has("schedule")) spec.options.set("learning_rate", schedule_text(attrs));
  return to_string(spec);
}

}  // namespace

std::string TrainingTexts::loss() const {
  if (outputs.size() == 1) return outputs[0].loss;
  std::vector<std::string> parts;
  for (const Output& output : outputs) {
    if (output.loss.empty()) continue;
    const std::string weight = fmt::format("{} ", output.loss_weight);
    parts.push_back((output.loss_weight == 1 ? "" : weight) + output.name + " " + output.loss);
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string TrainingTexts::metrics() const {
  std::vector<std::string> parts;
  for (const Output& output : outputs)
    for (const std::string& metric : output.metrics)
      parts.push_back((outputs.size() == 1 ? "" : output.name + " ") + metric);
  return fmt::format("{}", fmt::join(parts, ", "));
}

TrainingTexts training_texts(Model& model) {
  const detail::TrainingPlan plan = model.impl().plan();
  TrainingTexts texts{{}, optimizer_text(plan.optimizer)};
  for (const detail::OutputPlan& output : plan.outputs)
    texts.outputs.push_back({output.name, output.loss ? loss_text(*output.loss) : "",
                             output.loss_weight, output.metrics});
  return texts;
}

}  // namespace lathe::cli
