#include "tools/cli/figures.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "frontend/base/grouped.h"
#include "frontend/model/model_impl.h"
#include "frontend/train/metrics.h"
#include "tools/cli/image_tasks.h"
#include "tools/cli/log.h"
#include "tools/cli/pictures.h"
#include "tools/cli/probabilities.h"

namespace lathe::cli {
namespace {

/// Pictures of each kind at most; fewer where the terminal is narrow.
constexpr size_t kPictures = 6;

double value_of(const Logs& logs, std::string_view name) {
  return logs.has(name) ? logs[name] : std::numeric_limits<double>::quiet_NaN();
}

struct Guess {
  int64_t row = 0, truth = 0, guess = 0;
  float confidence = 0;
};

std::vector<Guess> guesses(const Dataset& data, const Array& probabilities) {
  const auto p = probabilities.data<float>();
  const auto truth = data.test.y.data<int32_t>();
  const size_t n = truth.size(), classes = n ? p.size() / n : 0;
  std::vector<Guess> all;
  for (size_t i = 0; i < n; ++i) {
    const auto row = p.subspan(i * classes, classes);
    const auto best = std::max_element(row.begin(), row.end());
    all.push_back({static_cast<int64_t>(i), truth[i], best - row.begin(), *best});
  }
  return all;
}

void print_pictures(const Model& model, const Dataset& data, const std::vector<Guess>& shown,
                    Terminal& terminal) {
  const auto pixels = data.test.x.data<uint8_t>();
  const auto size = static_cast<size_t>(data.rows * data.cols);
  std::vector<Picture> pictures;
  for (const Guess& g : shown) {
    pictures.push_back({pixels.subspan(static_cast<size_t>(g.row) * size, size),
                        fmt::format("{} ({:.0f} %), is {}", class_name(model, g.guess),
                                    100 * g.confidence, class_name(model, g.truth))});
  }
  terminal.write(draw_pictures(terminal, pictures, data.rows, data.cols));
}

/// test_NAME of all but loss and accuracy: a number, a list of several, or a table as a list of rows.
void add_metrics(const Logs& logs, nlohmann::ordered_json& out) {
  for (const Logs::Short& metric : logs.in_short()) {
    const std::string key = "test_" + metric.name;
    if (out.contains(key)) continue;
    if (metric.group)
      out[key] = logs.numbers(metric.name);
    else
      out[key] = metric.least;
  }
  for (const LogTable& table : logs.tables()) {
    nlohmann::ordered_json& rows = out["test_" + table.name] = nlohmann::ordered_json::array();
    for (int64_t row = 0; row < table.rows; ++row) {
      const auto begin = table.values.begin() + row * table.columns;
      rows.push_back(std::vector<double>(begin, begin + table.columns));
    }
  }
}

/// `0 0.9512  1 0.9723`, in lines that the terminal has room for.
std::string number_lines(const std::vector<std::string>& names, const std::vector<double>& values,
                         const Terminal& terminal) {
  size_t wide = 0, used = 0;
  for (const std::string& name : names) wide = std::max(wide, name.size());
  std::string out;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string cell = fmt::format("  {:>{}} {:.4f}", names[i], wide, values[i]);
    if (used > 0 && used + cell.size() > static_cast<size_t>(terminal.width())) {
      out += '\n';
      used = 0;
    }
    out += cell;
    used += cell.size();
  }
  return out + '\n';
}

/// Names of `count` classes: the model's, or their numbers where it has other ones.
std::vector<std::string> names_of_classes(const Model& model, size_t count) {
  const bool known = model.class_names().size() == count;
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i)
    names.push_back(known ? model.class_names()[i] : std::to_string(i));
  return names;
}

}  // namespace

std::optional<Figures> evaluate_figures(Model& model, const Dataset& data, Terminal& terminal,
                                        const std::atomic<int32_t>* stop) {
  const LogTime time("evaluating");
  const auto start = std::chrono::steady_clock::now();
  Figures figures;
  const auto evaluate = [&](const Examples& examples, const char* name) {
    EvaluateOptions options;
    options.on_progress = [&](int64_t done, int64_t all) {
      terminal.status(fmt::format("evaluating {}: {} of {}", name, grouped(done), grouped(all)));
    };
    options.stop = stop;
    figures.rows += examples.x.shape()[0];
    return model.evaluate(as_input(model, examples.x), examples.y, options);
  };
  if (data.train.x.elements() > 0) figures.train = evaluate(data.train, "the training rows");
  figures.test = evaluate(data.test, "the test rows");
  const auto stopped = [stop] { return stop && stop->load() != 0; };
  if (!stopped())
    figures.probabilities = as_probabilities(model, model.predict(as_input(model, data.test.x)));
  terminal.clear_status();
  if (stopped()) return std::nullopt;
  figures.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return figures;
}

nlohmann::ordered_json figures_json(Model& model, const Figures& figures,
                                    const FigureContext& context) {
  nlohmann::ordered_json out;
  out["task"] =
      context.task.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(context.task);
  out["epochs"] = model.epochs_trained();
  out["seed"] = model.compile_options().seed;
  out["threads"] = context.threads;
  out["device"] = context.device;
  out["train_loss"] = value_of(figures.train, "loss");
  out["train_accuracy"] = value_of(figures.train, "accuracy");
  out["test_loss"] = value_of(figures.test, "loss");
  out["test_accuracy"] = value_of(figures.test, "accuracy");
  out["seconds"] = context.seconds;
  out["examples_per_second"] = context.examples_per_second;
  out["weights_sha256"] = model.weights_sha256();
  out["model"] = context.model_path;
  out["data"] = context.data;
  add_metrics(figures.test, out);
  out["parameters"] = model.parameter_count();
  const auto scale = model.notes().find("scale");
  if (scale != model.notes().end()) out["scale"] = scale->second;
  return out;
}

void print_metrics_in_full(Model& model, const Logs& logs, Terminal& terminal) {
  for (const detail::Metric& metric : detail::step_numbers(model.impl().plan()).metrics) {
    if (metric.numbers() == detail::Numbers::Table) {
      const LogTable& table = logs.table(metric.name());
      std::vector<int64_t> counts;  // rows have no weights here
      for (double value : table.values) counts.push_back(std::llround(value));
      terminal.print("\n{}\n{}", metric.name(),
                     draw_confusion(terminal, counts,
                                    names_of_classes(model, static_cast<size_t>(table.rows))));
      continue;
    }
    const std::vector<double> values = logs.numbers(metric.name());
    if (values.size() < 2) continue;
    std::vector<std::string> names = names_of_classes(model, values.size());
    if (metric.numbers() == detail::Numbers::Thresholds) {
      names = metric.number_names(1);
      for (std::string& name : names) name.erase(0, metric.name().size() + 1);
    }
    terminal.print("\n{}\n{}", metric.name(), number_lines(names, values, terminal));
  }
}

void print_figures(const Model& model, const Dataset& data, const Figures& figures,
                   Terminal& terminal) {
  const auto accuracy = value_of(figures.test, "accuracy");
  terminal.print(
      "\ntest accuracy {}  loss {:.5f}   (training rows: accuracy {:.2f} %, loss {:.5f})\n",
      terminal.bold(fmt::format("{:.2f} %", 100 * accuracy)), value_of(figures.test, "loss"),
      100 * value_of(figures.train, "accuracy"), value_of(figures.train, "loss"));
  const std::vector<Guess> all = guesses(data, figures.probabilities);
  const auto classes = static_cast<size_t>(data.classes);
  const auto rows = static_cast<size_t>(data.test.x.shape()[0]);
  if (rows == 0 || figures.probabilities.elements() != static_cast<int64_t>(rows * classes)) return;

  std::vector<int64_t> counts(classes * classes);
  for (const Guess& g : all) {
    counts[static_cast<size_t>(g.truth) * classes + static_cast<size_t>(g.guess)] += 1;
  }
  terminal.print("\nwhat test images were taken for:\n{}",
                 draw_confusion(terminal, counts, names_of_classes(model, classes)));

  std::vector<Guess> right, wrong;
  for (const Guess& g : all) (g.guess == g.truth ? right : wrong).push_back(g);
  std::stable_sort(wrong.begin(), wrong.end(),
                   [](const Guess& a, const Guess& b) { return a.confidence > b.confidence; });
  right.resize(std::min(right.size(), kPictures));
  wrong.resize(std::min(wrong.size(), kPictures));
  if (!right.empty()) {
    terminal.print("\nright:\n");
    print_pictures(model, data, right, terminal);
  }
  if (!wrong.empty()) {
    terminal.print("\nwrong, the most confident ones:\n");
    print_pictures(model, data, wrong, terminal);
  }
}

}  // namespace lathe::cli
