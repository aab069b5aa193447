// The built-in tasks of `lathe train`.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tools/cli/command.h"

namespace lathe::cli {

struct Task {
  const char* name;
  /// Says what the task takes, as a command does; null, of an image task: what `lathe train` itself
  /// takes.
  Run (*declare)(Args& args);
  std::string text;
};

std::span<const Task> all_tasks();
std::vector<std::string> task_names();

}  // namespace lathe::cli
