#include "tools/cli/tasks.h"

#include "tools/cli/lecture/lecture.h"

namespace lathe::cli {
namespace {

constexpr Run (*kImages)(Args& args) = nullptr;

constexpr Task kTasks[] = {
#define TASK(name, declare, text) {name, declare, text},
#include "tools/cli/tasks.def"
#undef TASK
};

}  // namespace

std::span<const Task> all_tasks() {
  return kTasks;
}

std::vector<std::string> task_names() {
  std::vector<std::string> names;
  for (const Task& task : kTasks) names.emplace_back(task.name);
  return names;
}

}  // namespace lathe::cli
