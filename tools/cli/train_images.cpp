#include "tools/cli/train_images.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "frontend/base/grouped.h"
#include "frontend/model/model_impl.h"
#include "tools/cli/figures.h"
#include "tools/cli/image_tasks.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/json_line.h"
#include "tools/cli/pictures.h"
#include "tools/cli/run_files.h"
#include "tools/cli/run_pictures.h"
#include "tools/cli/shell_quote.h"
#include "tools/cli/terminal.h"
#include "tools/cli/train_setup.h"
#include "tools/cli/training_texts.h"

namespace lathe::cli {
namespace {

std::string scale_text(const std::string& scale) {
  if (scale == "unit") return "unit (pixels as 0 to 1)";
  if (scale == "raw") return "raw (pixels 0 to 255, as in the lecture)";
  return "the model's own";
}

void print_data(const Dataset& data, Terminal& terminal) {
  const std::string counts = fmt::format("{} training and {} test images of {}x{} pixels",
                                         grouped(data.train.x.shape()[0]),
                                         grouped(data.test.x.shape()[0]), data.rows, data.cols);
  if (data.drawn) {
    terminal.print(
        "no real data found: training on digits drawn by rule ({}); "
        "lathe data get mnist fetches real ones\n",
        counts);
  } else {
    terminal.print("data       {}: {}\n", data.source, counts);
  }
}

/// `loss 0.1234`; of several numbers the least and the largest, `f1 0.9012..0.9723`.
std::string short_text(const Logs::Short& s) {
  return fmt::format("{} {:.4f}", s.name, s.least) +
         (s.group ? fmt::format("..{:.4f}", s.most) : "");
}

/// What goes on with the saved model, to be pasted: the options that it does not hold itself.
std::string resume_command(const TrainOptions& options, const std::string& program,
                           const std::string& model) {
  std::string line = fmt::format("{} train {} --resume {} --epochs {}", shell_quoted(program),
                                 options.task, shell_quoted(model), options.epochs);
  if (options.data) line += " --data " + shell_quoted(*options.data);
  if (options.run.threads > 0) line += fmt::format(" --threads {}", options.run.threads);
  if (options.run.backend != "auto") line += " --backend " + options.run.backend;
  if (options.run.cpu != "native") line += " --cpu " + shell_quoted(options.run.cpu);
  if (options.run.device != "cpu") line += " --device " + options.run.device;
  if (options.plot) line += " --plot";
  return options.json ? line + " --json" : line;
}

void print_settings(const TrainOptions& options, Model& model, const RunFiles& files,
                    Terminal& terminal) {
  terminal.print("{}", model.summary());
  const TrainingTexts texts = training_texts(model);
  terminal.print("loss       {}\n", texts.loss());
  terminal.print("optimizer  {}, learning rate {:.6g} ({})\n", texts.optimizer,
                 model.learning_rate(), options.lr_origin);
  terminal.print("metrics    {}\n", texts.metrics());
  terminal.print("scale      {}\n", scale_text(options.scale));
  terminal.print("batch      {}, seed {}, threads {}\n", options.batch, options.seed,
                 options.run.thread_count());
  if (model.epochs_trained() > 0) {
    terminal.print("resumed    {} after {} epoch{}\n", *options.resume, model.epochs_trained(),
                   model.epochs_trained() == 1 ? "" : "s");
  }
  for (const std::string& warning : model.warnings()) terminal.print("warning: {}\n", warning);
  const std::string older = files.fate_of_older();
  terminal.print("saves to   {}{}\n\n", files.model().string(), older.empty() ? "" : ": " + older);
}

class Training {
 public:
  Training(const TrainOptions& options, std::string program, RunFiles files, const Dataset& data,
           Model& model, Terminal& terminal)
      : options_(options),
        program_(std::move(program)),
        files_(std::move(files)),
        data_(data),
        model_(model),
        terminal_(terminal) {}

  int run() {
    if (options_.plot) files_.add_pictures(RunPicture::Curves);
    files_.prepare();
    print_settings(options_, model_, files_, terminal_);
    const bool finished = fit_or_leave_nothing();
    if (!finished && model_.epochs_trained() == before_) {
      terminal_.print("interrupted in the first epoch{}: nothing to save\n",
                      options_.resume ? " after " + *options_.resume : "");
      files_.nothing_saved();
      if (options_.json) print_json({}, true);
      return kInterrupted;
    }
    if (!finished) {  // the unfinished epoch is undone: what the last one saved is what there is
      terminal_.print("interrupted after epoch {}; {} is saved; go on with\n  {}\n",
                      model_.epochs_trained(), model_path(),
                      resume_command(options_, program_, model_path()));
      if (!options_.json) return kInterrupted;
    }
    const Figures figures = *evaluate_figures(model_, data_, terminal_);
    if (finished) {
      print_figures(model_, data_, figures, terminal_);
      terminal_.print("\nsaved in {} ({:.1f} s of training, {} images/s)\n",
                      terminal_.bold(model_path()), seconds_, images_per_second());
    }
    if (options_.json) print_json(figures, !finished);
    return finished ? kDone : kInterrupted;
  }

 private:
  bool fit_or_leave_nothing() {
    bool finished = false;
    try {
      finished = fit();
    } catch (...) {
      if (model_.epochs_trained() == before_) {
        files_.nothing_saved();
      } else {
        try_after_failure([this] { draw(); });  // how it went until then
      }
      throw;
    }
    if (model_.epochs_trained() > before_) draw();
    return finished;
  }

  void draw() {
    if (!options_.plot) return;
    const TrainingTexts texts = training_texts(model_);
    const std::string title =
        fmt::format("{}: {}, {}", options_.task, texts.loss(), texts.optimizer);
    drawn_ = draw_curves(files_, model_, title, terminal_);
  }

  /// False when Ctrl-C ended it early.
  bool fit() {
    InterruptFlag interrupt;
    before_ = model_.epochs_trained();
    FitOptions fit;
    fit.batch_size = options_.batch;
    fit.epochs = options_.epochs - before_;
    fit.validation_data = ValidationData{as_input(model_, data_.test.x), data_.test.y};
    fit.stop = interrupt.flag();
    if (terminal_.interactive()) {
      fit.on_progress = [this](const Progress& p) { terminal_.status(progress_line(p)); };
    }
    fit.on_epoch_end = [this](const EpochResult& epoch) {
      seconds_ += epoch.seconds;
      terminal_.write(epoch_line(epoch));
      files_.save(model_);
    };
    const bool finished = !model_.fit(as_input(model_, data_.train.x), data_.train.y, fit).stopped;
    // Behind the last epoch the averages took the weights' place.
    if (finished && model_.impl().averages_weights()) files_.save(model_);
    return finished;
  }

  std::string model_path() const { return files_.model().string(); }

  /// Short enough for 80 columns: a line that wraps can't be overwritten.
  std::string progress_line(const Progress& p) const {
    const auto done = static_cast<double>(p.rows_done), all = static_cast<double>(p.rows);
    const double rate = p.seconds > 0 ? done / p.seconds : 0;
    const bool wide = terminal_.width() >= 100;
    const std::string gap = wide ? "  " : " ";
    std::string line = fmt::format("epoch {}/{} {}", p.epoch, p.epochs,
                                   draw_bar(terminal_, p.rows > 0 ? done / all : 1, wide ? 24 : 8));
    for (const Logs::Short& s : p.logs.in_short()) line += gap + short_text(s);
    return line + fmt::format("{}{:.1f}/{:.1f} s{}{} images/s", gap, p.seconds,
                              rate > 0 ? all / rate : 0.0, gap,
                              grouped(static_cast<int64_t>(rate)));
  }

  std::string epoch_line(const EpochResult& e) const {
    const int width = static_cast<int>(std::to_string(e.epochs).size());
    std::string line = fmt::format("epoch {:>{}}/{}", e.epoch, width, e.epochs);
    for (const Logs::Short& s : e.logs.in_short()) line += "  " + short_text(s);
    return line + fmt::format("  {}  {} images/s\n", duration(e.seconds),
                              grouped(static_cast<int64_t>(e.rows_per_second)));
  }

  double rate() const {
    const auto rows = static_cast<double>(data_.train.x.shape()[0]);
    return seconds_ > 0 ? rows * static_cast<double>(model_.epochs_trained() - before_) / seconds_
                        : 0;
  }

  std::string images_per_second() const { return grouped(static_cast<int64_t>(rate())); }

  void print_json(const Figures& figures, bool interrupted) {
    FigureContext context{options_.task, options_.run.device,         model_path(),
                          data_.source,  options_.run.thread_count(), seconds_,
                          rate()};
    nlohmann::ordered_json out = figures_json(model_, figures, context);
    out["history"] = files_.history().string();
    if (model_.epochs_trained() == before_) out["model"] = out["history"] = nullptr;
    if (!drawn_.empty()) out["plot"] = drawn_;
    if (interrupted) out["interrupted"] = true;
    print_json_line(out);
  }

  const TrainOptions& options_;
  std::string program_;
  RunFiles files_;
  const Dataset& data_;
  Model& model_;
  Terminal& terminal_;
  int64_t before_ = 0;  ///< epochs trained before this run
  double seconds_ = 0;
  std::vector<std::string> drawn_;  ///< paths of pictures
};

int run(TrainOptions options, const Args& args) {
  check_train_options(options, args);
  const ImageTask& task = find_image_task(options.task);
  options.run.options();  // an Error here comes before reading data
  Terminal terminal(options.json);
  std::optional<Model> saved;
  if (options.resume) saved = resumed_model(options, args);  // before data are read or drawn
  Dataset data = load_image_task(task, options.data);
  if (options.train_rows > 0) keep_train_rows(data, options.train_rows);
  if (saved) keep_train_rows(data, *saved);
  print_data(data, terminal);
  Model model =
      make_train_model(options, args, std::move(saved), data.rows * data.cols, task.class_names());
  refuse_drawn_after_real(model, data);
  if (kinds_of(model, data) == DataKinds::DrawnThenReal) {
    throw Error(
        fmt::format("{} was trained on digits drawn by rule, and {} has real ones: train a "
                    "new model on them",
                    *options.resume, data.source));
  }
  note_kind(model, data);
  const bool onto = options.resume && !args.given("--out");
  const RunFiles files =
      onto ? RunFiles::onto(*options.resume) : RunFiles(options.out, !args.given("--out"));
  return Training(options, args.program(), files, data, model, terminal).run();
}

}  // namespace

Run declare_train_images(Args& args) {
  auto options = std::make_shared<TrainOptions>();
  options->declare(args);
  return [options, &args] { return run(*options, args); };
}

}  // namespace lathe::cli
