#include "tools/cli/model_options.h"

#include "frontend/base/spec.h"
#include "frontend/model/step_builder.h"

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

Optimizer OptimizerChoice::chosen_optimizer() const {
  Optimizer chosen(optimizer);
  ir::Attrs attrs;
  const auto check = [&] { attrs = detail::optimizer_attrs(chosen); };
  check_value("--optimizer", check);
  chosen.learning_rate = lr;
  check_value("--lr", check);
  if (momentum != 0) chosen.options["momentum"] = momentum;
  check_value("--momentum", check);
  if (nesterov) chosen.options["nesterov"] = true;
  check_value("--nesterov", check);
  if (nesterov && attrs.real("momentum", 0) == 0) {
    throw UsageError("--nesterov needs --momentum above 0");
  }
  return chosen;
}

}  // namespace lathe::cli
