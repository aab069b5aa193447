// `lathe eval MODEL`: loss and accuracy of a saved model on its data set.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "frontend/base/grouped.h"
#include "lathe/price_model.h"
#include "tools/cli/command.h"
#include "tools/cli/figures.h"
#include "tools/cli/image_tasks.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/json_line.h"
#include "tools/cli/rows_input.h"
#include "tools/cli/run_options.h"

namespace lathe::cli {
namespace {

struct Options {
  std::string model;
  std::optional<std::string> task, data;
  RunArgs run;
  bool json = false;
};

/// A CSV file with a column of labels, classes or numbers, as a data set that has test rows only.
Dataset labelled_rows(const std::string& path, const Model& model) {
  InputRows rows = read_input_rows(path, path, runtime::element_count(only_input(model)));
  if (rows.labels.empty()) {
    throw Error(
        fmt::format("{}: has no labels to compare with, expected a folder of data sets, or "
                    "CSV rows whose header names a column label",
                    path));
  }
  const std::vector<int64_t> output = only_output(model);
  const int64_t units = output.empty() ? 1 : output.back(), n = rows.x.shape()[0];
  Dataset data;
  if (units > 1) {
    std::vector<int32_t> classes;
    for (int64_t i = 0; i < n; ++i) classes.push_back(class_label(rows, i, units, path));
    data.test.y = Array::from(std::span<const int32_t>(classes), {n});
  } else {  // one output: numbers, of which 0 and 1 may be classes
    std::vector<float> numbers;
    for (int64_t i = 0; i < n; ++i) numbers.push_back(number_label(rows, i, path));
    data.test.y = Array::from(std::span<const float>(numbers), {n});
  }
  data.test.x = std::move(rows.x);
  data.source = path;
  return data;
}

int run(const Options& options) {
  const auto is_file = [](const std::string& path) {
    return path == "-" || (std::filesystem::exists(path) && !std::filesystem::is_directory(path));
  };
  const bool file = options.data && is_file(*options.data);
  if (file && options.task) {
    throw UsageError(
        fmt::format("--task with --data {}: the file's rows are what is evaluated", *options.data));
  }
  Terminal terminal(options.json);
  Model model = Model::load(options.model, options.run.options());
  if (!model.compiled()) {
    throw Error(options.model + ": has no loss to evaluate: it was never compiled for training");
  }
  if (forecasts_prices(model)) {
    throw Error(
        fmt::format("{}: is a model of prices; lathe train etf says how good it is, and lathe "
                    "predict {} --csv FILE --all what it says of each day",
                    options.model, options.model));
  }
  only_output(model);  // before data are read
  const ImageTask* task = file ? nullptr : &image_task_of(model, options.task);
  Dataset data = file ? labelled_rows(*options.data, model) : load_image_task(*task, options.data);
  if (!file) keep_train_rows(data, model);
  refuse_drawn_after_real(model, data);
  if (data.drawn) terminal.print("no real data found: evaluating on digits drawn by rule\n");
  if (!file && kinds_of(model, data) == DataKinds::DrawnThenReal) {
    terminal.print("the model was trained on digits drawn by rule, these are real\n");
  }
  InterruptFlag interrupt;
  const auto evaluated = evaluate_figures(model, data, terminal, interrupt.flag());
  const Figures figures = evaluated.value_or(Figures{});
  const double rate = figures.seconds > 0 ? static_cast<double>(figures.rows) / figures.seconds : 0;
  const auto print_json = [&] {
    if (!options.json) return;
    const FigureContext context{
        task ? task->name : "",     options.run.device, options.model, data.source,
        options.run.thread_count(), figures.seconds,    rate};
    nlohmann::ordered_json out = figures_json(model, figures, context);
    if (!evaluated) out["interrupted"] = true;
    print_json_line(out);
  };
  if (!evaluated) {
    terminal.print("interrupted: there are no figures\n");
    print_json();
    return kInterrupted;
  }
  const auto line = [&](const char* name, const Logs& logs, int64_t rows) {
    terminal.print("{:<6}  {}  ({} rows)\n", name, logs.to_string(), grouped(rows));
  };
  terminal.print("{}, {}data {}\n", options.model, task ? fmt::format("task {}, ", task->name) : "",
                 data.source);
  if (!file) line("train", figures.train, data.train.x.shape()[0]);
  line("test", figures.test, data.test.x.shape()[0]);
  print_metrics_in_full(model, figures.test, terminal);
  terminal.print("{}, {} rows/s\n", duration(figures.seconds), grouped(static_cast<int64_t>(rate)));
  print_json();
  return kDone;
}

}  // namespace

Run declare_eval(Args& args) {
  auto options = std::make_shared<Options>();
  args.position("MODEL", options->model, true, "a saved model (model.lathe)");
  args.text("--data", options->data, "DIR",
            "the folder that has the data set, or a CSV file with a column label");
  args.text("--task", options->task, "TASK", "its data set (default: what it was trained on)");
  options->run.declare(args);
  args.flag("--json", options->json, "one JSON object as the last line of standard output");
  args.example(
      "lathe eval run/model.lathe --data data\n"
      "Ctrl-C ends it with exit code 130.");
  return [options] { return run(*options); };
}

}  // namespace lathe::cli
