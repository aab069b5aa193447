// Options that describe a model and how it learns, as several commands take them.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lathe/optimizers.h"
#include "tools/cli/args.h"

namespace lathe::cli {

/// What `check` finds wrong with the value of `option` is a wrong command line.
template <class F>
void check_value(const std::string& option, F&& check) {
  try {
    check();
  } catch (const UsageError&) {
    throw;
  } catch (const Error& e) {
    throw UsageError(fmt::format("{}: {}", option, e.what()));
  }
}

/// The units of `--hidden A,B`; UsageError unless whole numbers from 1.
std::vector<int64_t> hidden_units(const std::string& text);

/// Whether `optimizer`, as --optimizer takes it, says its learning rate itself.
bool has_own_rate(const std::string& optimizer);

struct OptimizerChoice {
  std::string optimizer = "sgd";
  std::optional<double> lr;
  double momentum = 0;
  bool nesterov = false;

  /// UsageError, with the option's name, for what does not fit.
  Optimizer chosen_optimizer() const;
};

}  // namespace lathe::cli
