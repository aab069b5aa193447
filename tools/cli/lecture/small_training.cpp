#include "tools/cli/lecture/small_training.h"

#include <nlohmann/json.hpp>

#include "tools/cli/command.h"
#include "tools/cli/json_line.h"
#include "tools/cli/run_pictures.h"
#include "tools/cli/task_json.h"

namespace lathe::cli {

bool fit_small(Model& model, const SmallData& data, const LectureOptions& options,
               const std::string& what, const InterruptFlag& stop, Terminal& terminal,
               std::vector<CallbackHandle> callbacks) {
  FitOptions fit;
  fit.batch_size = options.batch;
  fit.epochs = options.epochs;
  fit.validation_data = data.test;
  fit.stop = stop.flag();
  fit.callbacks = std::move(callbacks);
  if (terminal.interactive()) {
    fit.on_progress = [&](const Progress& p) {
      terminal.status(
          fmt::format("{}: epoch {}/{} loss {:.5f}", what, p.epoch, p.epochs, p.logs.loss()));
    };
  }
  const bool stopped = model.fit(data.x, data.y, fit).stopped;
  terminal.clear_status();
  return !stopped;
}

double seconds_of(const Model& model) {
  double seconds = 0;
  for (const EpochResult& epoch : model.history()) seconds += epoch.seconds;
  return seconds;
}

std::string standstill(Model& model) {
  if (!model.warnings().empty())
    return "weights without a gradient, as warned above, stay as they are";
  if (model.learning_rate() == 0) return "the learning rate is 0, so no weight moves";
  return "";
}

SmallTraining::SmallTraining(const LectureOptions& options, bool out_given,
                             std::optional<RunPicture> picture, Terminal& terminal)
    : options_(options), picture_(picture), terminal_(terminal), files_(options.out, !out_given) {
  if (options.plot) {
    files_.add_pictures(RunPicture::Curves);
    if (picture) files_.add_pictures(*picture);
  }
  files_.prepare();
}

bool SmallTraining::train(Model& model, const SmallData& data,
                          std::vector<CallbackHandle> callbacks) {
  model.notes()["task"] = options_.task;
  terminal_.print("{}", model.summary());
  for (const std::string& warning : model.warnings()) terminal_.print("warning: {}\n", warning);
  try {
    interrupted_ =
        !fit_small(model, data, options_, "training", interrupt_, terminal_, std::move(callbacks));
  } catch (...) {
    if (model.epochs_trained() == 0) {
      files_.nothing_saved();
    } else {
      try_after_failure([&] {
        files_.save(model);
        terminal_.print("failed after epoch {}\n", model.epochs_trained());
        draw(model, std::nullopt);
      });
    }
    throw;
  }
  seconds_ = seconds_of(model);
  if (model.epochs_trained() == 0) {
    terminal_.print("interrupted in the first epoch: nothing to save\n");
    files_.nothing_saved();
    return false;
  }
  files_.save(model);
  saved_ = true;
  rows_ = data.x.shape()[0];
  figures_ = model.evaluate(data.x, data.y);
  if (interrupted_) terminal_.print("interrupted after epoch {}\n", model.epochs_trained());
  return true;
}

void SmallTraining::draw(Model& model, const std::optional<plot::Figure>& figure) {
  terminal_.print("saved in {}\n", terminal_.bold(files_.model().string()));
  if (!options_.plot) return;
  drawn_ = draw_curves(files_, model, options_.task, terminal_);
  if (!figure) return;
  for (std::string& file : draw_picture(files_, *picture_, *figure, terminal_)) {
    drawn_.push_back(std::move(file));
  }
}

nlohmann::ordered_json SmallTraining::json(Model& model, const std::string& data) const {
  nlohmann::ordered_json out = task_json(options_.task, options_.run, data);
  out["epochs"] = model.epochs_trained();
  out["seed"] = options_.seed;
  for (const char* name : {"loss", "accuracy"}) {
    if (figures_.has(name)) out[fmt::format("train_{}", name)] = figures_[name];
  }
  out["seconds"] = seconds_;
  if (seconds_ > 0) {
    out["examples_per_second"] = static_cast<double>(rows_ * model.epochs_trained()) / seconds_;
  }
  out["parameters"] = model.parameter_count();
  out["weights_sha256"] = model.weights_sha256();
  if (saved_) {
    out["model"] = files_.model().string();
    out["history"] = files_.history().string();
  }
  if (!drawn_.empty()) out["plot"] = drawn_;
  if (interrupted_) out["interrupted"] = true;
  return out;
}

int SmallTraining::finish(Model& model, const std::string& data,
                          const nlohmann::ordered_json& more) const {
  if (options_.json) {
    nlohmann::ordered_json out = json(model, data);
    out.update(more);
    print_json_line(out);
  }
  return interrupted_ ? kInterrupted : kDone;
}

}  // namespace lathe::cli
