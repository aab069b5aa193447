#include "tools/cli/etf/training.h"

#include <chrono>

#include "lathe/callbacks.h"

namespace lathe::cli {
namespace {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

FitOptions fit_options(const EtfOptions& options, const std::string& what,
                       const std::atomic<int32_t>* stop, Terminal& terminal) {
  FitOptions fit;
  fit.batch_size = options.batch;
  fit.epochs = options.epochs;
  fit.stop = stop;
  if (terminal.interactive()) {
    fit.on_progress = [&terminal, what](const Progress& p) {
      terminal.status(
          fmt::format("{}: epoch {}/{} loss {:.5f}", what, p.epoch, p.epochs, p.logs.loss()));
    };
  }
  return fit;
}

/// Trains on `split`, from new weights of that seed. False when it was stopped.
bool train_once(Model& model, const EtfOptions& options, const PriceExamples& examples,
                const PriceSplit& split, uint64_t seed, FitOptions fit, EtfForecasts& all) {
  model.restart(seed);
  learn_price_scales(model, examples, split.train);
  if (!split.validation.empty()) {
    fit.validation_data =
        ValidationData{examples.inputs(split.validation), Targets(std::vector<ArrayView>())};
  }
  const std::vector<Array> y = examples.targets(split.train);
  const std::vector<Array> val_y = examples.targets(split.validation);
  if (fit.validation_data) {
    fit.validation_data->y = std::vector<ArrayView>(val_y.begin(), val_y.end());
    if (options.patience > 0)
      fit.callbacks = {EarlyStopping({.patience = options.patience, .restore_best_weights = true})};
  }
  const bool stopped =
      model.fit(examples.inputs(split.train), std::vector<ArrayView>(y.begin(), y.end()), fit)
          .stopped;
  if (stopped && fit.stop && fit.stop->load() != 0) return false;
  all.trainings += 1;
  all.rows_trained += model.epochs_trained() * static_cast<int64_t>(split.train.size());
  return true;
}

}  // namespace

Model make_etf_model(const EtfOptions& options, const PriceTask& task) {
  Model model = price_model(task, {options.units(), options.activation, options.dropout});
  CompileOptions compile = options.compile_options(options.loss, {});
  std::vector<Loss> losses;
  for (const ForecastTarget target : task.targets)
    losses.emplace_back(target == ForecastTarget::Direction ? Loss("binary_crossentropy")
                                                            : Loss(options.loss));
  compile.loss = losses;
  model.compile(compile);
  model.notes()["task"] = "etf";
  return model;
}

EtfForecasts train_seeds(Model& model, const EtfOptions& options, const PriceExamples& examples,
                         const PriceSplit& split, const std::atomic<int32_t>* stop,
                         Terminal& terminal) {
  const Stopwatch watch;
  EtfForecasts all;
  all.days = split.test;
  // The first seed last, so that the model is left with it.
  for (int64_t i = options.seeds - 1; i >= 0; --i) {
    const std::string what =
        options.seeds > 1 ? fmt::format("seed {}", options.seed + i) : "training";
    all.interrupted =
        !train_once(model, options, examples, split, static_cast<uint64_t>(options.seed + i),
                    fit_options(options, what, stop, terminal), all);
    terminal.clear_status();
    if (all.interrupted) break;
    all.outputs.insert(all.outputs.begin(), model.predict_all(examples.inputs(all.days)));
    all.histories.insert(all.histories.begin(), model.history());
  }
  all.seconds = watch.seconds();
  return all;
}

EtfForecasts train_walk(Model& model, const EtfOptions& options, const PriceExamples& examples,
                        const PriceSplit& split, const std::atomic<int32_t>* stop,
                        Terminal& terminal) {
  const Stopwatch watch;
  EtfForecasts all;
  const std::vector<PriceSplit> steps = walk_forward(
      examples, split, {.every = options.walk_forward, .train_days = options.train_days});
  const PriceTask& task = examples.task();
  std::vector<std::vector<float>> said(task.targets.size());
  for (size_t i = 0; i < steps.size(); ++i) {
    const std::string what = fmt::format("training {}/{}", i + 1, steps.size());
    all.interrupted =
        !train_once(model, options, examples, steps[i], static_cast<uint64_t>(options.seed),
                    fit_options(options, what, stop, terminal), all);
    if (all.interrupted) break;
    const std::vector<Array> outputs = model.predict_all(examples.inputs(steps[i].test));
    for (size_t target = 0; target < outputs.size(); ++target) {
      const auto values = outputs[target].data<float>();
      said[target].insert(said[target].end(), values.begin(), values.end());
    }
    all.days.insert(all.days.end(), steps[i].test.begin(), steps[i].test.end());
  }
  terminal.clear_status();
  if (!all.days.empty()) {
    std::vector<Array> outputs;
    for (const std::vector<float>& values : said)
      outputs.push_back(Array::from(std::span<const float>(values),
                                    {static_cast<int64_t>(all.days.size()), task.horizon}));
    all.outputs.push_back(std::move(outputs));
    all.histories.push_back(model.history());
  }
  all.seconds = watch.seconds();
  return all;
}

}  // namespace lathe::cli
