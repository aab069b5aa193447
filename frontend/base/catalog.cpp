// Lists of what the tables hold.
#include "lathe/catalog.h"

#include <algorithm>

#include "frontend/base/nearest.h"
#include "frontend/data/download.h"
#include "frontend/layers/activations.h"
#include "frontend/layers/layer_base.h"
#include "frontend/train/initializers.h"
#include "frontend/train/losses.h"
#include "frontend/train/metrics.h"
#include "frontend/train/regularizers.h"
#include "ir/error.h"
#include "ir/text_number.h"
#include "passes/constraints.h"
#include "passes/optimizer_table.h"
#include "passes/schedule_table.h"

namespace lathe {

namespace {

using Entries = std::vector<CatalogEntry>;

std::string value_text(const ir::Attr& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const int64_t* i = std::get_if<int64_t>(&value)) return std::to_string(*i);
  if (const double* real = std::get_if<double>(&value)) return ir::number_to_text(*real, false);
  if (const std::string* word = std::get_if<std::string>(&value)) return *word;
  return "[...]";
}

Entries activations() {
  Entries all;
  for (const detail::ActivationRow& row : detail::activation_table()) {
    std::string text = row.formula;
    for (const OptionSpec& option : row.options)
      text += "; " + option.name + " = " + value_text(*option.default_value);
    all.push_back({row.name, std::move(text), row.aliases});
  }
  return all;
}

Entries datasets() {
  Entries all;
  for (const std::string& name : data::downloadable_datasets())
    all.push_back({name, data::dataset_text(name), {}});
  return all;
}

/// `; name = default`, or `; name` of one that must be given.
std::string option_text(const OptionSpec& option) {
  return "; " + option.name +
         (option.default_value ? " = " + value_text(*option.default_value) : "");
}

Entries initializers() {
  Entries all;
  for (const detail::InitializerRow& row : detail::initializer_table()) {
    std::string text(row.formula);
    for (const OptionSpec& option : row.options) text += option_text(option);
    all.push_back({std::string(row.name), std::move(text), {}});
  }
  return all;
}

Entries regularizers() {
  Entries all;
  for (const detail::RegularizerRow& row : detail::regularizer_table()) {
    std::string text(row.formula);
    for (const OptionSpec& option : row.options) text += option_text(option);
    all.push_back({std::string(row.name), std::move(text), {}});
  }
  return all;
}

Entries constraints() {
  Entries all;
  for (const passes::ConstraintRow& row : passes::constraint_table()) {
    std::string text(row.formula);
    for (const passes::ConstraintParameter& p : row.parameters)
      text += "; " + std::string(p.name) + " = " + value_text(p.initial);
    if (row.uses_norm) text += "; axis = 0";
    all.push_back({std::string(row.name), std::move(text), {}});
  }
  return all;
}

Entries layers() {
  Entries all;
  for (const detail::LayerType& type : detail::layer_types()) {
    std::string text(type.text);
    for (const OptionSpec& option : type.options)
      if (option.name != "name" && option.name != "trainable") text += option_text(option);
    all.push_back({std::string(type.name), std::move(text), {}});
  }
  return all;
}

Entries losses() {
  Entries all;
  for (const detail::LossRow& row : detail::loss_table()) {
    std::string text = row.formula;
    for (const OptionSpec& option : row.options) text += option_text(option);
    all.push_back({std::string(row.name), std::move(text), row.aliases});
  }
  return all;
}

Entries metrics() {
  Entries all;
  for (const detail::MetricRow& row : detail::metric_table()) {
    std::string text(row.formula);
    for (const OptionSpec& option : row.options)
      if (option.name != "name") text += option_text(option);
    all.push_back({std::string(row.name), std::move(text), row.aliases});
  }
  // A loss is a metric too, by the same name.
  for (const CatalogEntry& loss : losses()) {
    const bool named = std::any_of(all.begin(), all.end(),
                                   [&](const CatalogEntry& e) { return e.name == loss.name; });
    if (!named) all.push_back(loss);
  }
  return all;
}

/// `; name = default`, or `; name` where it must be given.
std::string hyperparameter_text(const passes::Hyperparameter& h) {
  return "; " + h.name + (h.required ? "" : " = " + value_text(h.default_value));
}

Entries optimizers() {
  Entries all;
  for (const passes::OptimizerRow& row : passes::optimizer_table()) {
    std::string text = row.formula;
    for (const passes::Hyperparameter& h : row.hyperparameters) text += hyperparameter_text(h);
    all.push_back({std::string(row.name), std::move(text), {}});
  }
  return all;
}

Entries schedules() {
  Entries all;
  for (const passes::ScheduleRow& row : passes::schedule_table()) {
    std::string text = row.formula + "; initial_learning_rate = the optimizer's";
    for (const passes::Hyperparameter& h : row.hyperparameters) text += hyperparameter_text(h);
    all.push_back({std::string(row.name), std::move(text), {}});
  }
  return all;
}

struct Kind {
  const char* name;
  Entries (*entries)();
};
constexpr Kind kKinds[] = {
    {"activations", activations},   {"constraints", constraints}, {"datasets", datasets},
    {"initializers", initializers}, {"layers", layers},           {"losses", losses},
    {"metrics", metrics},           {"optimizers", optimizers},   {"regularizers", regularizers},
    {"schedules", schedules},
};

}  // namespace

std::vector<std::string> catalog_kinds() {
  std::vector<std::string> names;
  for (const Kind& kind : kKinds) names.emplace_back(kind.name);
  return names;
}

std::vector<CatalogEntry> catalog(std::string_view kind) {
  for (const Kind& k : kKinds)
    if (kind == k.name) return k.entries();
  throw Error(unknown_name("kind", kind, catalog_kinds()));
}

}  // namespace lathe
