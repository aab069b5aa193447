#include "tools/cli/image_tasks.h"

#include <fmt/format.h>

#include "frontend/base/grouped.h"
#include "ir/nearest.h"
#include "ir/text_number.h"
#include "tools/cli/args.h"
#include "tools/cli/log.h"
#include "tools/cli/tasks.h"

namespace lathe::cli {
namespace {

constexpr ImageTask kTasks[] = {
#define IMAGE_TASK(name, dataset, drawn, classes) {name, dataset, drawn, classes},
#include "tools/cli/image_tasks.def"
#undef IMAGE_TASK
};

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const ImageTask& task : kTasks) all.emplace_back(task.name);
  return all;
}

const ImageTask* lookup(const std::string& name) {
  for (const ImageTask& task : kTasks) {
    if (name == task.name) return &task;
  }
  return nullptr;
}

void keep_first(Examples& examples, int64_t count) {
  for (Array* all : {&examples.x, &examples.y}) *all = Array(rows(*all, 0, count));
}

}  // namespace

std::vector<std::string> ImageTask::class_names() const {
  return split_list(classes);
}

const ImageTask& find_image_task(const std::string& name) {
  if (const ImageTask* task = lookup(name)) return *task;
  throw UsageError(ir::unknown_name("task", name, names()));
}

const ImageTask& image_task_of(const Model& model, const std::optional<std::string>& asked) {
  if (asked) return find_image_task(*asked);
  const auto note = model.notes().find("task");
  if (note == model.notes().end()) return kTasks[0];
  if (const ImageTask* task = lookup(note->second)) return *task;
  for (const Task& task : all_tasks()) {
    if (note->second != task.name) continue;
    throw Error(fmt::format("the model's task {} has no data set, expected --data with a CSV file",
                            task.name));
  }
  throw Error(ir::unknown_name("task (of the saved model)", note->second, names()));
}

Dataset load_image_task(const ImageTask& task, const std::optional<std::string>& dir) {
  if (dir) require_folder("--data", *dir);
  const LogTime time(fmt::format("loading {}", task.dataset));
  DatasetOptions options;
  options.dir = dir;
  return task.drawn ? load_mnist(options) : load_dataset(task.dataset, options);
}

void keep_train_rows(Dataset& data, int64_t count) {
  if (const int64_t n = row_count(data.train.x); count > n) {
    throw UsageError(fmt::format("--train-rows is {}, the data have {} training rows",
                                 grouped(count), grouped(n)));
  }
  keep_first(data.train, count);
}

void keep_train_rows(Dataset& data, const Model& model) {
  const auto note = model.notes().find("train_rows");
  if (note == model.notes().end()) return;
  const auto count = ir::text_to_integer(note->second);
  const int64_t n = row_count(data.train.x);
  if (!count || *count < 1 || *count > n) {
    throw Error(fmt::format("the model was trained on the first {} training rows, the data have {}",
                            count ? grouped(*count) : note->second, grouped(n)));
  }
  keep_first(data.train, *count);
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

std::vector<int64_t> only_output(const Model& model) {
  const auto outputs = model.output_shapes();
  if (outputs.size() != 1) {
    throw Error(fmt::format("the model has {} outputs ({}), expected one", outputs.size(),
                            fmt::join(model.output_names(), ", ")));
  }
  return outputs[0];
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
