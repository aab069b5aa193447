#include "tools/cli/etf/training.h"

#include <optional>
#include <span>
#include <utility>

#include "lathe/callbacks.h"

namespace lathe::cli {
namespace {

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

/// `9 epochs, the weights of epoch 1 (validation loss 0.3155)`
std::string training_text(const Model& model, bool takes_best) {
  const std::vector<EpochResult>& history = model.history();
  std::string text = fmt::format("{} epochs", history.size());
  const EpochResult* best = nullptr;
  for (const EpochResult& epoch : history)
    if (epoch.logs.has("val_loss") && (!best || epoch.logs["val_loss"] < best->logs["val_loss"]))
      best = &epoch;
  if (best && takes_best)
    text += fmt::format(", the weights of epoch {} (validation loss {:.4g})", best->epoch,
                        best->logs["val_loss"]);
  return text;
}

/// Trains on `split`, from new weights of that seed: what the model says then of the test days, f32[n,
/// horizon] for each target. Nothing when it was stopped.
std::optional<std::vector<Array>> train_once(const EtfTraining& t, const PriceSplit& split,
                                             uint64_t seed, const std::string& what,
                                             EtfForecasts& all) {
  t.model.restart(seed);
  learn_price_scales(t.model, t.examples, split.train);
  const std::vector<Array> y = t.examples.targets(split.train);
  const std::vector<Array> val_y = t.examples.targets(split.validation);
  FitOptions fit = fit_options(t.options, what, t.stop, t.terminal);
  if (!split.validation.empty()) {
    fit.validation_data = ValidationData{t.examples.inputs(split.validation), val_y};
    if (t.options.patience > 0)
      fit.callbacks = {
          EarlyStopping({.patience = t.options.patience, .restore_best_weights = true})};
  }
  const bool stopped = t.model.fit(t.examples.inputs(split.train), y, fit).stopped;
  if (stopped && t.stop->load() != 0) return std::nullopt;
  all.trainings += 1;
  all.rows_trained += t.model.epochs_trained() * static_cast<int64_t>(split.train.size());
  t.trained(fmt::format("{}: {}", what, training_text(t.model, !fit.callbacks.empty())));
  return t.model.predict_all(t.examples.inputs(split.test));
}

/// False when it was stopped.
bool train_seeds(const EtfTraining& t, EtfForecasts& all) {
  all.days = t.split.test;
  // The first seed last, so that the model is left with it.
  for (int64_t i = t.options.seeds - 1; i >= 0; --i) {
    const auto seed = static_cast<uint64_t>(t.options.seed + i);
    const std::string what = t.options.seeds > 1 ? fmt::format("seed {}", seed) : "training";
    auto said = train_once(t, t.split, seed, what, all);
    if (!said) return false;
    all.seeds.insert(all.seeds.begin(), seed);
    all.outputs.insert(all.outputs.begin(), std::move(*said));
    all.histories.insert(all.histories.begin(), t.model.history());
  }
  return true;
}

/// The same, of one seed: trains anew as the walk goes on.
bool train_walk(const EtfTraining& t, EtfForecasts& all) {
  const std::vector<PriceSplit> steps = walk_forward(
      t.examples, t.split, {.every = t.options.walk_forward, .train_days = t.options.train_days});
  const PriceTask& task = t.examples.task();
  const auto seed = static_cast<uint64_t>(t.options.seed);
  std::vector<std::vector<float>> values(task.targets.size());
  bool whole = true;
  for (size_t i = 0; i < steps.size(); ++i) {
    const auto said =
        train_once(t, steps[i], seed, fmt::format("training {}/{}", i + 1, steps.size()), all);
    if (!said) {
      whole = false;
      break;
    }
    for (size_t target = 0; target < values.size(); ++target) {
      const auto more = (*said)[target].data<float>();
      values[target].insert(values[target].end(), more.begin(), more.end());
    }
    all.days.insert(all.days.end(), steps[i].test.begin(), steps[i].test.end());
    all.histories = {t.model.history()};
  }
  if (all.days.empty()) return whole;
  std::vector<Array> outputs;
  for (const std::vector<float>& of_target : values)
    outputs.push_back(Array::from(std::span<const float>(of_target),
                                  {static_cast<int64_t>(all.days.size()), task.horizon}));
  all.outputs = {std::move(outputs)};
  all.seeds = {seed};
  return whole;
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
  if (options.fill_adj) model.notes()["fill_adj"] = *options.fill_adj;
  return model;
}

EtfForecasts train_etf(const EtfTraining& t) {
  const Stopwatch watch;
  EtfForecasts all;
  all.interrupted = !(t.options.walk_forward > 0 ? train_walk(t, all) : train_seeds(t, all));
  t.terminal.clear_status();
  all.seconds = watch.seconds();
  return all;
}

}  // namespace lathe::cli
