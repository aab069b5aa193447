#include "tools/cli/tasks.h"

#include <fmt/format.h>

#include "frontend/base/nearest.h"
#include "tools/cli/args.h"
#include "tools/cli/log.h"

namespace lathe::cli {
namespace {

constexpr Task kTasks[] = {
#define TASK(name, dataset, drawn, text, classes) {name, dataset, drawn, text, classes},
#include "tools/cli/tasks.def"
#undef TASK
};

const Task* lookup(const std::string& name) {
  for (const Task& task : kTasks) {
    if (name == task.name) return &task;
  }
  return nullptr;
}

}  // namespace

std::vector<std::string> Task::class_names() const {
  return split_list(classes);
}

std::span<const Task> all_tasks() {
  return kTasks;
}

std::vector<std::string> task_names() {
  std::vector<std::string> names;
  for (const Task& task : kTasks) names.emplace_back(task.name);
  return names;
}

const Task& find_task(const std::string& name) {
  if (const Task* task = lookup(name)) return *task;
  throw UsageError(unknown_name("task", name, task_names()));
}

const Task& task_of(const Model& model, const std::optional<std::string>& asked) {
  if (asked) return find_task(*asked);
  const auto note = model.notes().find("task");
  if (note == model.notes().end()) return kTasks[0];
  if (const Task* task = lookup(note->second)) return *task;
  throw Error(unknown_name("task (of the saved model)", note->second, task_names()));
}

Dataset load_task(const Task& task, const std::optional<std::string>& dir) {
  const LogTime time(fmt::format("loading {}", task.dataset));
  DatasetOptions options;
  options.dir = dir;
  return task.drawn ? load_mnist(options) : load_dataset(task.dataset, options);
}

DataKinds kinds_of(const Model& model, const Dataset& data) {
  const auto note = model.notes().find("data");
  if (note == model.notes().end()) return DataKinds::Same;
  const bool drawn = note->second == "drawn";
  if (drawn == data.drawn) return DataKinds::Same;
  return drawn ? DataKinds::DrawnThenReal : DataKinds::RealThenDrawn;
}

void refuse_drawn_after_real(const Model& model, const Dataset& data) {
  if (kinds_of(model, data) != DataKinds::RealThenDrawn) return;
  throw Error(
      "the model was trained on real data, and none were found: name their folder by --data, or "
      "fetch them by lathe data get");
}

void note_kind(Model& model, const Dataset& data) {
  model.notes()["data"] = data.drawn ? "drawn" : "real";
}

std::string class_name(const Model& model, int64_t index) {
  const auto& names = model.class_names();
  const auto i = static_cast<size_t>(index);
  return i < names.size() ? names[i] : std::to_string(index);
}

std::vector<int64_t> only_input(const Model& model) {
  const auto inputs = model.input_shapes();
  if (inputs.size() != 1) {
    throw Error(fmt::format("the model has {} inputs, expected one", inputs.size()));
  }
  return inputs[0];
}

ArrayView as_input(const Model& model, const ArrayView& x) {
  const std::vector<int64_t> input = only_input(model);
  const int64_t n = row_count(x), size = runtime::element_count(input);
  if (n > 0 && x.elements() / n != size) {
    throw Error(
        fmt::format("the model takes {} numbers a row, the data have {}", size, x.elements() / n));
  }
  ArrayView shaped = x;
  shaped.shape = {n};
  shaped.shape.insert(shaped.shape.end(), input.begin(), input.end());
  return shaped;
}

}  // namespace lathe::cli
