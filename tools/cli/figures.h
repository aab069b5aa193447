// How good a model is on a data set: the figures that `train` and `eval` report alike.
#pragma once

#include <atomic>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "lathe/dataset.h"
#include "lathe/model.h"
#include "tools/cli/terminal.h"

namespace lathe::cli {

struct Figures {
  Logs train, test;     ///< means over all rows at the weights as they are
  double seconds = 0;   ///< of evaluating
  int64_t rows = 0;     ///< evaluated in that time
  Array probabilities;  ///< of the test rows, f32[n, classes]
};

/// Evaluates on both halves, with a status line; nothing when `stop` was set before the end. Error
/// when the model does not fit the data.
std::optional<Figures> evaluate_figures(Model& model, const Dataset& data, Terminal& terminal,
                                        const std::atomic<int32_t>* stop = nullptr);

/// task (null where `task` is empty), epochs, seed, threads, device, train_loss, train_accuracy, test_loss, test_accuracy,
/// seconds, examples_per_second, weights_sha256, model, data.
struct FigureContext {
  std::string task, device, model_path, data;
  int64_t threads = 0;
  double seconds = 0, examples_per_second = 0;
};
nlohmann::ordered_json figures_json(Model& model, const Figures& figures,
                                    const FigureContext& context);

/// All numbers of the metrics that have several, by threshold or class, and tables, a row a true
/// class. Prints nothing where there are none.
void print_metrics_in_full(Model& model, const Logs& logs, Terminal& terminal);

/// Test accuracy, confusion matrix, and test images with prediction and truth: some that are right,
/// and those that are wrong with the most confidence.
void print_figures(const Model& model, const Dataset& data, const Figures& figures,
                   Terminal& terminal);

}  // namespace lathe::cli
