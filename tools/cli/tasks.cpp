#include "tools/cli/tasks.h"

#include "frontend/data/download.h"
#include "tools/cli/etf/etf.h"
#include "tools/cli/lecture/lecture.h"

namespace lathe::cli {
namespace {

std::vector<Task> table() {
  return {
#define IMAGE_TASK(name, dataset, drawn, classes) {name, nullptr, data::dataset_text(dataset)},
#include "tools/cli/image_tasks.def"
#undef IMAGE_TASK
#define TASK(name, declare, text) {name, declare, text},
#include "tools/cli/tasks.def"
#undef TASK
  };
}

}  // namespace

std::span<const Task> all_tasks() {
  static const std::vector<Task> tasks = table();
  return tasks;
}

std::vector<std::string> task_names() {
  std::vector<std::string> names;
  for (const Task& task : all_tasks()) names.emplace_back(task.name);
  return names;
}

}  // namespace lathe::cli
