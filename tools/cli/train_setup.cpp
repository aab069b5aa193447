#include "tools/cli/train_setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "frontend/base/spec.h"
#include "frontend/layers/activations.h"
#include "frontend/model/model_impl.h"
#include "frontend/model/step_builder.h"
#include "frontend/train/losses.h"
#include "frontend/train/metrics.h"
#include "ir/text_number.h"
#include "lathe/layers.h"
#include "lathe/model_json.h"
#include "tools/cli/files.h"
#include "tools/cli/log.h"
#include "tools/cli/tasks.h"

namespace lathe::cli {
namespace {

using Json = nlohmann::ordered_json;

Json rescaling() {
  return {{"type", "Rescaling"}, {"scale", 1.0 / 255}};
}

/// The layers that the options describe.
Json described_model(const TrainOptions& options, int64_t pixels, size_t classes) {
  Json layers = Json::array();
  if (options.scale == "unit") layers.push_back(rescaling());
  for (int64_t units : hidden_units(options.hidden)) {
    layers.push_back({{"type", "Dense"}, {"units", units}, {"activation", options.activation}});
    if (options.dropout > 0) layers.push_back({{"type", "Dropout"}, {"rate", options.dropout}});
  }
  const bool logits = detail::logits_of(Loss(options.loss)) != detail::Logits::None;
  layers.push_back(
      {{"type", "Dense"}, {"units", classes}, {"activation", logits ? "linear" : "softmax"}});
  return {{"input", {pixels}}, {"layers", layers}};
}

/// In the order of their first call, or, of a Sequential whose input is not known, one by one.
std::vector<detail::LayerPtr> layers_of(const Model& model) {
  const detail::ModelImpl& impl = const_cast<Model&>(model).impl();
  if (!impl.built()) return impl.chain();
  std::vector<detail::LayerPtr> layers;
  for (const auto& layer : impl.graph().layers) layers.push_back(layer.layer);
  return layers;
}

/// Whether a model takes pixels as they are: it has a Rescaling of its own, or begins with an
/// Embedding, for which they are row numbers.
bool takes_pixels(const Model& model) {
  const std::vector<detail::LayerPtr> layers = layers_of(model);
  const auto is = [](const detail::LayerPtr& layer, const char* type) {
    return layer->type().name == type;
  };
  const auto first = std::find_if(layers.begin(), layers.end(),
                                  [&](const auto& layer) { return !is(layer, "InputLayer"); });
  return (first != layers.end() && is(*first, "Embedding")) ||
         std::any_of(layers.begin(), layers.end(),
                     [&](const auto& layer) { return is(layer, "Rescaling"); });
}

/// The user's model, with the rescaling of pixels behind its input unless takes_pixels.
Model own_model(TrainOptions& options, int64_t pixels) {
  Model model = model_from_json(options.model_text, *options.model_file);
  try {
    if (!model.built()) model.build({pixels});
    if (takes_pixels(model)) {
      options.scale = "model";
    } else if (options.scale == "unit") {
      const auto ends = detail::calls_behind(model.impl().graph(), Rescaling(1.0 / 255).base());
      return Model({ends.inputs.begin(), ends.inputs.end()},
                   {ends.outputs.begin(), ends.outputs.end()}, model.name());
    }
  } catch (const Error& e) {
    throw Error(fmt::format("{}: {}", *options.model_file, e.what()));
  }
  return model;
}

/// Accuracy, then the others, each once whatever it is called.
std::vector<std::string> chosen_metrics(const TrainOptions& options) {
  std::vector<std::string> metrics = {"accuracy"}, names = metrics;
  check_value("--metrics", [&] {
    for (const std::string& metric : split_specs(options.metrics)) {
      const std::string name = detail::Metric(metric).name();
      const bool named = std::find(names.begin(), names.end(), name) != names.end();
      if (named && metric.find('(') == std::string::npos) continue;
      names.push_back(name);
      metrics.push_back(metric);
    }
    detail::step_numbers({{{"", Loss(options.loss), 1, metrics, {}}}, options.optimizer});
  });
  return metrics;
}

/// UsageError, with the option's name, for any that does not fit.
CompileOptions compile_options(const TrainOptions& options) {
  CompileOptions compile;
  compile.loss = Loss(options.loss);
  check_value("--loss", [&] { detail::check_trainable(compile.loss.only()); });
  compile.optimizer = options.chosen_optimizer();
  compile.metrics = chosen_metrics(options);
  compile.seed = static_cast<uint64_t>(options.seed);
  compile.run = options.run.options();
  return compile;
}

Model new_model(TrainOptions& options, int64_t pixels, const std::vector<std::string>& classes) {
  Model model = options.model_file
                    ? own_model(options, pixels)
                    : model_from_json(described_model(options, pixels, classes.size()).dump());
  model.compile(compile_options(options));
  try {
    model.set_class_names(classes);
  } catch (const Error& e) {
    throw Error(options.model_file.value_or("model") + ": " + e.what());
  }
  return model;
}

std::string note(const Model& model, const std::string& name, const std::string& otherwise) {
  const auto found = model.notes().find(name);
  return found == model.notes().end() ? otherwise : found->second;
}

}  // namespace

void TrainOptions::declare(Args& args) {
  args.position_choice("TASK", task, task_names(), "what to learn");
  args.text("--hidden", hidden, "A,B", "units of the hidden layers; \"\": none (default: 500,500)");
  args.text("--activation", activation, "NAME",
            "of the hidden layers, with options: \"elu(alpha=0.5)\" (default: sigmoid)");
  args.text("--model", model_file, "FILE",
            "layers, units and activations from a JSON file instead");
  args.text("--loss", loss, "NAME",
            "lathe list losses; with options: \"huber(delta=2)\" (default: mse)");
  args.text("--optimizer", optimizer, "NAME",
            "lathe list optimizers; with options: \"adam(beta_1=0.95, clipnorm=1)\", "
            "\"sgd(learning_rate=cosine_decay(0.1, decay_steps=3000))\" (default: sgd)");
  args.real(
      "--lr", lr, 0, 1e6,
      "learning rate (default: the lecture's 0.1; with --optimizer that one's own, 0.01 of sgd)");
  args.real("--momentum", momentum, 0, 1,
            "of sgd, rmsprop or muon (default: that one's own, 0 of sgd)");
  args.flag("--nesterov", nesterov, "Nesterov's form of momentum");
  args.real("--dropout", dropout, 0, 0.999, "rate of dropout after each hidden layer (default: 0)");
  args.text("--metrics", metrics, "A,B", "lathe list metrics; accuracy is always there");
  args.choice(
      "--scale", scale, {"unit", "raw"},
      "pixels as 0 to 1, or as they are, 0 to 255 (default: unit); not of a model that takes "
      "pixels as they are");
  args.whole("--batch", batch, 1, 1'000'000, "rows a step (default: 100)");
  args.whole("--epochs", epochs, 1, 1'000'000,
             "passes over the data, those before --resume counted too (default: 20)");
  args.whole("--seed", seed, 0, int64_t{1} << 53, "of initial weights and shuffles (default: 0)");
  run.declare(args);
  args.text("--data", data, "DIR",
            "the folder that has the data set (default: LATHE_DATA, data, ../shared/data, cache)");
  args.whole("--train-rows", train_rows, 1, 1'000'000'000, "the first N training rows alone");
  args.text("--out", out, "DIR",
            "gets model.lathe and history.csv (default: run; with --resume where FILE lies)");
  args.flag("--plot", plot, "draw loss and metrics into DIR too: curves.svg and curves.png");
  args.text("--resume", resume, "FILE", "go on with a saved model, as if it had not stopped");
  args.flag("--json", json, "one JSON object as the last line of standard output");
  args.example(
      "lathe train mnist --hidden 300,100 --activation relu --loss cce --lr 0.05 --epochs 5\n"
      "Without options it is the model of the lecture: 784-500-500-10, sigmoid, mse, SGD 0.1.\n"
      "A model that lies in DIR is replaced after the first epoch; without --out it moves to\n"
      "run/previous instead.\n"
      "Ctrl-C ends after the step that runs, saves, and exits with code 130.");
}

void check_train_options(TrainOptions& options, const Args& args) {
  args.exclude("--resume",
               {"--hidden", "--activation", "--model", "--loss", "--optimizer", "--momentum",
                "--nesterov", "--dropout", "--metrics", "--scale", "--seed", "--train-rows"},
               "the saved model says that already");
  args.exclude("--model", {"--hidden", "--activation", "--dropout"}, "the model's file says that");
  hidden_units(options.hidden);
  require_folder_name("--out", options.out);
  check_value("--activation", [&] { detail::check_activation(options.activation); });
  compile_options(options);
  if (!options.model_file) return;
  options.model_text = read_file(*options.model_file, size_t{1} << 26);
  // An Error here names places in it.
  if (takes_pixels(model_from_json(options.model_text, *options.model_file))) {
    args.exclude("--model", {"--scale"},
                 "the model takes pixels as they are: its own Rescaling or "
                 "Embedding says what becomes of them");
  }
}

Model resumed_model(TrainOptions& options, const Args& args) {
  Model model = Model::load(*options.resume, options.run.options());
  if (!model.compiled()) {
    throw Error(*options.resume + ": was never compiled for training, so it can't be resumed");
  }
  if (!args.given("--batch")) {
    options.batch = ir::text_to_integer(note(model, "batch", "")).value_or(options.batch);
  }
  if (!args.given("--epochs")) {
    options.epochs = ir::text_to_integer(note(model, "epochs", "")).value_or(options.epochs);
  }
  if (const std::string task = note(model, "task", options.task); task != options.task) {
    throw UsageError(
        fmt::format("{} is a model of task {}, not {}", *options.resume, task, options.task));
  }
  if (options.epochs <= model.epochs_trained()) {
    throw UsageError(fmt::format("{} has {} epoch{} already; --epochs counts them too: give more",
                                 *options.resume, model.epochs_trained(),
                                 model.epochs_trained() == 1 ? "" : "s"));
  }
  options.scale = note(model, "scale", "model");
  options.seed = static_cast<int64_t>(model.compile_options().seed);
  if (options.lr) model.set_learning_rate(*options.lr);
  return model;
}

Model make_train_model(TrainOptions& options, const Args& args, std::optional<Model> saved,
                       int64_t pixels, const std::vector<std::string>& classes) {
  const LogTime time("making the model");
  if (options.lr) {
    options.lr_origin = "as given";
  } else if (options.resume) {
    options.lr_origin = "the saved model's";
  } else if (args.given("--optimizer")) {
    options.lr_origin = has_own_rate(options.optimizer)
                            ? "as given"
                            : parse_spec(options.optimizer).name + "'s default";
  } else {
    options.lr_origin = "the lecture's";
    options.lr = 0.1;
  }
  Model model = saved ? std::move(*saved) : new_model(options, pixels, classes);
  auto& notes = model.notes();
  notes["task"] = options.task;
  notes["scale"] = options.scale;
  notes["batch"] = std::to_string(options.batch);
  notes["epochs"] = std::to_string(options.epochs);
  if (options.train_rows > 0) notes["train_rows"] = std::to_string(options.train_rows);
  return model;
}

}  // namespace lathe::cli
