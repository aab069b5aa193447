// `lathe summary MODEL`: layers, shapes, parameters, and how it was trained.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "lathe/model.h"
#include "tools/cli/command.h"
#include "tools/cli/json_line.h"
#include "tools/cli/terminal.h"
#include "tools/cli/training_texts.h"

namespace lathe::cli {
namespace {

struct Options {
  std::string model;
  bool json = false;
};

nlohmann::ordered_json described(Model& model, const std::string& path) {
  nlohmann::ordered_json out;
  out["model"] = path;
  out["name"] = model.name();
  out["parameters"] = model.parameter_count();
  out["trainable_parameters"] = model.trainable_parameter_count();
  for (const LayerInfo& layer : model.layers()) {
    out["layers"].push_back({{"name", layer.name},
                             {"type", layer.type},
                             {"output_shape", layer.output_shape},
                             {"parameters", layer.parameters},
                             {"trainable_parameters", layer.trainable_parameters}});
  }
  out["epochs"] = model.epochs_trained();
  if (model.compiled()) {
    const TrainingTexts texts = training_texts(model);
    const bool several = texts.outputs.size() > 1;
    nlohmann::ordered_json losses, weights, metrics;
    for (const TrainingTexts::Output& output : texts.outputs) {
      losses[output.name] = nullptr;
      if (!output.loss.empty()) losses[output.name] = output.loss;
      weights[output.name] = output.loss_weight;
      metrics[output.name] = output.metrics;
    }
    out["loss"] = several ? losses : losses.front();
    out["optimizer"] = texts.optimizer;
    out["learning_rate"] = model.learning_rate();
    out["metrics"] = several ? metrics : metrics.front();
    if (several) out["loss_weights"] = weights;
    out["seed"] = model.compile_options().seed;
  }
  out["classes"] = model.class_names();
  out["notes"] = model.notes();
  out["weights_sha256"] = model.weights_sha256();
  return out;
}

int run(const Options& options) {
  Model model = Model::load(options.model);
  if (options.json) {
    print_json_line(described(model, options.model));
    return kDone;
  }
  Terminal terminal(false);
  terminal.print("{}", model.summary());
  if (model.compiled()) {
    const TrainingTexts texts = training_texts(model);
    terminal.print("loss       {}\noptimizer  {}, learning rate {:.6g}\nmetrics    {}\n",
                   texts.loss(), texts.optimizer, model.learning_rate(), texts.metrics());
  }
  terminal.print("epochs     {}\n", model.epochs_trained());
  for (const auto& [name, value] : model.notes()) {
    if (name != "epochs") terminal.print("{:<10} {}\n", name, value);
  }
  terminal.print("weights    sha256 {}\n", model.weights_sha256());
  return kDone;
}

}  // namespace

Run declare_summary(Args& args) {
  auto options = std::make_shared<Options>();
  args.position("MODEL", options->model, true, "a saved model (model.lathe)");
  args.flag("--json", options->json, "one JSON object on one line");
  args.example("lathe summary run/model.lathe");
  return [options] { return run(*options); };
}

}  // namespace lathe::cli
