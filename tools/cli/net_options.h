// What the lecture's small models take: layers, optimizer, and where results go.
#pragma once

#include <string>
#include <vector>

#include "lathe/model.h"
#include "tools/cli/model_options.h"
#include "tools/cli/run_options.h"

namespace lathe::cli {

/// Of a task that trains, with the task's defaults in it before `declare`.
struct LectureOptions : OptimizerChoice {
  std::string task, out;
  int64_t epochs = 0, batch = 0, seed = 0;
  bool plot = false, json = false;
  RunArgs run;

  /// `plotted`: what --plot draws.
  void declare_training(Args& args, const std::string& plotted);
  /// UsageError for what does not fit. An optimizer that was named has its own learning rate.
  void check(const Args& args);
  CompileOptions compile_options(const std::string& loss,
                                 const std::vector<std::string>& metrics) const;
};

struct NetOptions : LectureOptions {
  std::string hidden, activation;

  void declare_net(Args& args);
  void check(const Args& args);
  std::vector<int64_t> units() const { return hidden_units(hidden); }
};

/// Hidden layers of these units and an output of one unit.
std::vector<Layer> dense_layers(const std::vector<int64_t>& hidden, const std::string& activation,
                                const std::string& last_activation);

}  // namespace lathe::cli
