#include "tools/cli/model_options.h"

#include <fmt/format.h>

#include <string>
#include <variant>

#include "frontend/base/spec.h"
#include "frontend/model/step_builder.h"
#include "passes/optimizer_table.h"

namespace lathe::cli {

std::vector<int64_t> hidden_units(const std::string& text) {
  std::vector<int64_t> units;
  for (const std::string& part : split_list(text)) {
    units.push_back(parse_whole("--hidden", part, 1, 1'000'000));
  }
  return units;
}

bool has_own_rate(const std::string& optimizer) {
  const Options options = parse_spec(optimizer).options;
  return options.has("learning_rate") || options.has("schedule");
}

namespace {

/// Null where the optimizer has none of that name.
const passes::Hyperparameter* find_hyperparameter(const passes::OptimizerRow& row,
                                                  const char* name) {
  for (const passes::Hyperparameter& h : row.hyperparameters) {
    if (h.name == name) return &h;
  }
  return nullptr;
}

/// That of `--NAME`; UsageError with an optimizer that has nothing of that name.
const passes::Hyperparameter& hyperparameter(const std::string& optimizer, const char* name) {
  if (const auto* found = find_hyperparameter(*passes::find_optimizer(optimizer), name))
    return *found;
  std::string those;
  for (const passes::OptimizerRow& row : passes::optimizer_table()) {
    if (find_hyperparameter(row, name))
      those += (those.empty() ? "" : ", ") + std::string(row.name);
  }
  throw UsageError(fmt::format("--{}: {} has none, it is of {}", name, optimizer, those));
}

}  // namespace

Optimizer OptimizerChoice::chosen_optimizer() const {
  Optimizer chosen(optimizer);
  ir::Attrs attrs;
  const auto check = [&] { attrs = detail::optimizer_attrs(chosen); };
  check_value("--optimizer", check);
  chosen.learning_rate = lr;
  check_value("--lr", check);
  if (momentum != 0) hyperparameter(attrs.word("optimizer"), "momentum");
  if (nesterov) hyperparameter(attrs.word("optimizer"), "nesterov");
  if (momentum != 0) chosen.options["momentum"] = momentum;
  check_value("--momentum", check);
  if (nesterov) chosen.options["nesterov"] = true;
  check_value("--nesterov", check);
  if (nesterov) {
    const auto& usual = hyperparameter(attrs.word("optimizer"), "momentum").default_value;
    if (attrs.real("momentum", std::get<double>(usual)) == 0)
      throw UsageError("--nesterov needs --momentum above 0");
  }
  return chosen;
}

}  // namespace lathe::cli
