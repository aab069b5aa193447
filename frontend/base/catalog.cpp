// Lists of what the tables hold.
#include "lathe/catalog.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "frontend/callbacks/callback_table.h"
#include "frontend/data/download.h"
#include "frontend/layers/activations.h"
#include "frontend/layers/layer_base.h"
#include "frontend/train/constraints.h"
#include "frontend/train/initializers.h"
#include "frontend/train/losses.h"
#include "frontend/train/metrics.h"
#include "frontend/train/regularizers.h"
#include "ir/error.h"
#include "ir/nearest.h"
#include "ir/text_number.h"
#include "lathe/forecast.h"
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
  const bool empty = std::visit(
      [](const auto& v) {
        if constexpr (requires { v.empty(); }) return v.empty();
        return false;
      },
      value);
  if (empty) return "none";
  if (const auto* ints = std::get_if<std::vector<int64_t>>(&value))
    return fmt::format("[{}]", fmt::join(*ints, ", "));
  if (const auto* words = std::get_if<std::vector<std::string>>(&value))
    return fmt::format("[{}]", fmt::join(*words, ", "));
  std::string text;
  for (double v : std::get<std::vector<double>>(value))
    text += (text.empty() ? "" : ", ") + ir::number_to_text(v, false);
  return "[" + text + "]";
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

std::string option_text(const passes::Hyperparameter& h) {
  return "; " + h.name + (h.required ? "" : " = " + value_text(h.default_value));
}

/// A formula as its row has it, without the words that only the compiler needs: O(delta) is delta,
/// E(1.0) is 1.0, kPi pi.
std::string plain(std::string text) {
  const auto is_letter = [&](size_t i) {
    return std::isalnum(static_cast<unsigned char>(text[i])) || text[i] == '_';
  };
  for (size_t at = 0; at + 1 < text.size(); ++at) {
    if (at > 0 && is_letter(at - 1)) continue;
    if ((text[at] == 'E' || text[at] == 'O') && text[at + 1] == '(') {
      const size_t end = text.find(')', at);
      if (text.find('(', at + 2) < end) continue;
      text.erase(end, 1);
      text.erase(at, 2);
    } else if (text.compare(at, 3, "kPi") == 0) {
      text.replace(at, 3, "pi");
    }
  }
  return text;
}

/// A row with its formula, what it takes, and its other names.
template <class Row, class Takes>
CatalogEntry entry(const Row& row, const char* after, const Takes& takes) {
  CatalogEntry e{std::string(row.name), plain(std::string(row.formula)) + after, {}};
  for (const auto& option : takes)
    if (option.name != "name") e.text += option_text(option);
  if constexpr (requires { row.aliases; }) e.aliases = row.aliases;
  return e;
}

template <class Table>
Entries entries_with_options(const Table& table) {
  Entries all;
  for (const auto& row : table) all.push_back(entry(row, "", row.options));
  return all;
}

Entries activations() {
  return entries_with_options(detail::activation_table());
}

Entries initializers() {
  return entries_with_options(detail::initializer_table());
}

Entries regularizers() {
  return entries_with_options(detail::regularizer_table());
}

Entries callbacks() {
  return entries_with_options(detail::callback_table());
}

Entries losses() {
  return entries_with_options(detail::loss_table());
}

Entries constraints() {
  return entries_with_options(detail::constraint_table());
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

Entries metrics() {
  Entries all = entries_with_options(detail::metric_table());
  // A loss is a metric too, by the same name.
  for (const CatalogEntry& loss : losses()) {
    const bool named = std::any_of(all.begin(), all.end(),
                                   [&](const CatalogEntry& e) { return e.name == loss.name; });
    if (!named) all.push_back(loss);
  }
  return all;
}

Entries optimizers() {
  Entries all;
  for (const passes::OptimizerRow& row : passes::optimizer_table())
    all.push_back(entry(row, "", row.hyperparameters));
  return all;
}

Entries schedules() {
  Entries all;
  for (const passes::ScheduleRow& row : passes::schedule_table())
    all.push_back(entry(row, "; initial_learning_rate = the optimizer's", row.hyperparameters));
  return all;
}

Entries baselines() {
  Entries all;
  for (const ForecastBaselineText& row : forecast_baselines())
    all.push_back({std::string(row.name), std::string(row.text), {}});
  return all;
}

Entries targets() {
  Entries all;
  for (const ForecastTargetText& row : forecast_targets())
    all.push_back({std::string(row.name), std::string(row.formula), {}});
  return all;
}

struct Kind {
  const char* name;
  Entries (*entries)();
};
constexpr Kind kKinds[] = {
    {"activations", activations},
    {"baselines", baselines},
    {"callbacks", callbacks},
    {"constraints", constraints},
    {"datasets", datasets},
    {"initializers", initializers},
    {"layers", layers},
    {"losses", losses},
    {"metrics", metrics},
    {"optimizers", optimizers},
    {"regularizers", regularizers},
    {"schedules", schedules},
    {"targets", targets},
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
  throw Error(ir::unknown_name("kind", kind, catalog_kinds()));
}

}  // namespace lathe
