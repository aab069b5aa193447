// `lathe train etf`: forecasts of prices, beside what they must beat.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "frontend/base/grouped.h"
#include "frontend/format/atomic_file.h"
#include "tools/cli/etf/data.h"
#include "tools/cli/etf/etf.h"
#include "tools/cli/etf/options.h"
#include "tools/cli/etf/results.h"
#include "tools/cli/etf/training.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/json_line.h"
#include "tools/cli/run_files.h"
#include "tools/cli/run_pictures.h"
#include "tools/cli/task_json.h"
#include "tools/cli/terminal.h"
#include "tools/report/findings.h"
#include "tools/report/score_table.h"

namespace lathe::cli {
namespace {

namespace fs = std::filesystem;

/// What one run leaves behind for --json and the report.
struct Outcome {
  report::ForecastReport report;
  std::vector<std::string> models, left_out, drawn;
  std::string history, weights_sha256;
  uint64_t seed = 0;  ///< of the first model: a run that was interrupted may not have got to --seed
  int64_t parameters = 0, epochs = 0, trainings = 0, rows_trained = 0;
  double seconds = 0;
  bool interrupted = false;

  double rows_per_second() const {
    return seconds > 0 ? static_cast<double>(rows_trained) / seconds : 0;
  }
};

class EtfRun {
 public:
  EtfRun(const EtfOptions& options, const Args& args, EtfData data, Terminal& terminal)
      : options_(options),
        keep_previous_(!args.given("--out")),
        command_(args.line()),
        data_(std::move(data)),
        terminal_(terminal) {
    outcome_.seed = static_cast<uint64_t>(options.seed);
  }

  Outcome run() {
    if (!options_.apart) {
      train(data_, options_.out);
      return std::move(outcome_);
    }
    for (const EtfSeries& one : data_.series) {
      if (outcome_.interrupted) {
        outcome_.left_out.push_back(one.prices.series.name +
                                    " is left out: the run was interrupted");
        continue;
      }
      try {
        train({{one}, {}}, (fs::path(options_.out) / one.prices.series.name).string());
      } catch (const TooShort& e) {
        outcome_.left_out.push_back(
            fmt::format("{} is left out: {}", one.prices.series.name, e.what()));
      }
    }
    if (outcome_.report.results.empty() && !outcome_.interrupted)
      throw Error("no series has enough days: " + outcome_.left_out.at(0));
    return std::move(outcome_);
  }

 private:
  struct TooShort : Error {
    using Error::Error;
  };

  void train(const EtfData& data, const std::string& folder) {
    std::vector<PriceSeries> prices, companions;
    for (const EtfSeries& one : data.series) prices.push_back(one.prices.series);
    for (const EtfSeries& one : data.companions) companions.push_back(one.prices.series);
    const auto all_have = [&](PriceField field) {
      const auto has = [&](const PriceSeries& s) { return s.has(field); };
      return std::all_of(prices.begin(), prices.end(), has) &&
             std::all_of(companions.begin(), companions.end(), has);
    };
    PriceTask task = options_.task(all_have(PriceField::AdjClose), all_have(PriceField::Volume));
    for (const PriceSeries& one : prices) task.series.push_back(one.name);
    for (const PriceSeries& one : companions) task.companions.push_back(one.name);
    const PriceExamples examples(task, std::move(prices), std::move(companions));
    const PriceSplit split = split_of(examples);
    Model model = make_etf_model(options_, task);
    if (outcome_.report.command.empty()) {
      outcome_.report = begin_report(options_, data_, command_, model, task);
      terminal_.print("{}", model.summary());
      for (const std::string& warning : model.warnings()) terminal_.print("warning: {}\n", warning);
    }
    if (const int64_t lost = data.series[0].prices.series.rows() - examples.series()[0].rows();
        lost > 0)
      terminal_.print("inputs     {} days of {} are not in all: they are left out\n", grouped(lost),
                      examples.series()[0].name);
    print_split(examples, split);
    RunFiles files(folder, keep_previous_);
    if (options_.plot) files.add_pictures(RunPicture::Curves);
    files.prepare();
    bool saved = false;
    const auto save = [&](const std::string& text) {
      files.save(model);
      saved = true;
      tell_training(text);
    };
    const EtfTraining training{model, options_, examples, split, interrupt_.flag(),
                               save,  terminal_};
    const EtfForecasts forecasts = [&] {
      try {
        return train_etf(training);
      } catch (...) {
        if (!saved) files.nothing_saved();
        throw;
      }
    }();
    outcome_.interrupted = forecasts.interrupted;
    outcome_.trainings += forecasts.trainings;
    outcome_.rows_trained += forecasts.rows_trained;
    outcome_.seconds += forecasts.seconds;
    if (!saved && model.epochs_trained() == 0) {
      terminal_.print("interrupted in the first epoch{}: nothing to save\n", of_series(examples));
      files.nothing_saved();
      return;
    }
    if (!saved) {
      files.save(model);
      terminal_.print(
          "interrupted{} after epoch {}: it is saved, and nothing is forecast with it\n",
          of_series(examples), model.epochs_trained());
    }
    outcome_.models.push_back(files.model().string());
    if (outcome_.models.size() == 1) {
      if (!forecasts.seeds.empty()) outcome_.seed = forecasts.seeds.front();
      describe(Model::load(files.model(), options_.run.options()), files);
    }
    add_results(outcome_.report, options_, data, examples, split, forecasts);
    if (!options_.plot || forecasts.interrupted) return;
    for (std::string& file : draw_curves(files, model, "etf", terminal_))
      outcome_.drawn.push_back(std::move(file));
  }

  /// ` GLD`, where each series has a model of its own.
  std::string of_series(const PriceExamples& examples) const {
    return options_.apart ? " " + examples.task().series[0] : "";
  }

  /// Of a walk's many trainings now and then one.
  void tell_training(const std::string& text) {
    constexpr double kSeconds = 5;
    if (options_.walk_forward > 0 && told_.seconds() < kSeconds) return;
    told_ = Stopwatch();
    terminal_.print("trained    {}\n", text);
  }

  /// What --json says of the first model, as it was saved.
  void describe(Model saved, const RunFiles& files) {
    outcome_.history = files.history().string();
    outcome_.weights_sha256 = saved.weights_sha256();
    outcome_.parameters = saved.parameter_count();
    outcome_.epochs = saved.epochs_trained();
  }

  PriceSplit split_of(const PriceExamples& examples) const {
    try {
      return split_by_date(examples, options_.fractions());
    } catch (const Error& e) {
      if (options_.apart) throw TooShort(e.what());
      throw;
    }
  }

  void print_split(const PriceExamples& examples, const PriceSplit& split) {
    if (options_.apart && data_.series.size() > 1) {
      terminal_.print("training   {}: {} examples, {} to test\n", examples.task().series[0],
                      grouped(static_cast<int64_t>(split.train.size())),
                      grouped(static_cast<int64_t>(split.test.size())));
      return;
    }
    if (options_.walk_forward > 0) {
      terminal_.print("split      a walk of {} test days, {}\n",
                      grouped(static_cast<int64_t>(split.test.size())), options_.walk_text());
      return;
    }
    terminal_.print(
        "split      {} examples train (prices up to {}), {} validate (up to {}), {} test\n",
        grouped(static_cast<int64_t>(split.train.size())), split.train_until.to_string(),
        grouped(static_cast<int64_t>(split.validation.size())), split.validation_until.to_string(),
        grouped(static_cast<int64_t>(split.test.size())));
  }

  const EtfOptions& options_;
  bool keep_previous_;
  std::string command_;
  EtfData data_;
  Terminal& terminal_;
  InterruptFlag interrupt_;
  Stopwatch told_;
  Outcome outcome_;
};

using Json = nlohmann::ordered_json;

Json or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

/// Mean over the seeds that have it.
template <class F>
Json mean(const report::ForecastResult& result, F&& number) {
  const std::optional<SeedSpread> all = report::over_seeds(result, std::forward<F>(number));
  return all ? Json(all->mean) : Json(nullptr);
}

Json result_json(const report::ForecastResult& r) {
  using Scores = ForecastScores;
  const auto error = [](double ErrorScores::* member) {
    return [member](const Scores& s) {
      return s.errors ? std::optional<double>((*s.errors).*member) : std::nullopt;
    };
  };
  const auto ratio = [](const Scores& s) { return s.errors ? s.errors->mae_ratio : std::nullopt; };
  Json out = {{"series", r.series},
              {"target", to_string(r.spec.target)},
              {"ahead", r.spec.horizon},
              {"rows", r.actual.size()}};
  out["mae"] = mean(r, error(&ErrorScores::mae));
  out["rmse"] = mean(r, error(&ErrorScores::rmse));
  out["mae_naive"] = mean(r, error(&ErrorScores::mae_naive));
  out["mae_ratio"] = mean(r, ratio);
  const std::optional<SeedSpread> ratios = report::over_seeds(r, ratio);
  out["mae_ratio_deviation"] = or_null(ratios ? ratios->deviation : std::nullopt);
  out["direction"] = mean(r, [](const Scores& s) { return s.hits.rate; });
  out["up_share"] = mean(r, [](const Scores& s) { return s.hits.up_share; });
  out["rise_r2"] = mean(r, [](const Scores& s) { return s.rise_r2; });
  const ForecastScores& judged = report::judged_seed(r).scores;
  const auto interval = [](const std::optional<Interval>& i) {
    return i ? Json{i->low, i->high} : Json(nullptr);
  };
  out["direction_interval"] = interval(judged.hit_interval);
  out["finding"] = report::finding_name(verdict(judged).finding);
  return out;
}

Json tbrain_json(const report::TBrainRow& row) {
  const report::TBrainSpread s = report::tbrain_spread(row.scores);
  return {{"series", row.series},          {"forecast", row.forecast},
          {"score", s.mean.total},         {"direction", s.mean.direction},
          {"closeness", s.mean.closeness}, {"score_deviation", or_null(s.deviation)}};
}

/// `page`: empty where none was written.
Json outcome_json(const EtfOptions& options, const EtfData& data, const Outcome& outcome,
                  const std::string& page) {
  Json out = task_json("etf", options.run, data.name());
  for (const char* other : {"train_loss", "train_accuracy", "test_loss", "test_accuracy"})
    out.erase(other);
  out["epochs"] = outcome.epochs;
  out["seed"] = outcome.seed;
  Json results = Json::array();
  for (const report::ForecastResult& r : outcome.report.results) results.push_back(result_json(r));
  for (const char* key : {"mae", "mae_naive", "direction", "up_share", "rise_r2"})
    out[key] = results.empty() ? Json(nullptr) : results[0][key];
  out["seconds"] = outcome.seconds;
  if (outcome.seconds > 0) out["examples_per_second"] = outcome.rows_per_second();
  out["trainings"] = outcome.trainings;
  out["parameters"] = outcome.parameters;
  if (!outcome.models.empty()) {
    out["weights_sha256"] = outcome.weights_sha256;
    out["model"] = outcome.models[0];
    out["history"] = outcome.history;
  }
  if (outcome.models.size() > 1) out["models"] = outcome.models;
  out["results"] = std::move(results);
  for (const report::TBrainRow& row : outcome.report.tbrain)
    out["tbrain"].push_back(tbrain_json(row));
  if (!outcome.left_out.empty()) out["left_out"] = outcome.left_out;
  if (!outcome.drawn.empty()) out["plot"] = outcome.drawn;
  if (!page.empty()) out["report"] = page;
  if (outcome.interrupted) out["interrupted"] = true;
  return out;
}

int run(EtfOptions& options, const Args& args) {
  options.check(args);
  Terminal terminal(options.json);
  const EtfData data = load_etf_data(options, terminal);
  Outcome outcome = EtfRun(options, args, data, terminal).run();
  for (std::string& text : outcome.left_out) outcome.report.notes.push_back(text);
  if (outcome.interrupted)
    outcome.report.notes.push_back("The run was interrupted: it is not whole.");
  terminal.print("\n{}", report::to_text(outcome.report));
  for (const std::string& note : outcome.report.notes) terminal.print("{}\n", note);
  terminal.print("{} trainings in {}, {} rows a second\n", outcome.trainings,
                 duration(outcome.seconds),
                 grouped(static_cast<int64_t>(outcome.rows_per_second())));
  std::string page;
  if (options.report && !outcome.models.empty()) {
    page = RunFiles(options.out, false).report().string();
    write_file_atomically(page, report::to_html(outcome.report));
    terminal.print("report in {}\n", terminal.bold(page));
  }
  if (!outcome.models.empty())
    terminal.print(
        "saved in {}{}{}\n", terminal.bold(outcome.models[0]),
        outcome.models.size() > 1 ? fmt::format(" and {} more", outcome.models.size() - 1) : "",
        options.seeds > 1 ? fmt::format(" (seed {})", outcome.seed) : "");
  if (options.json) print_json_line(outcome_json(options, data, outcome, page));
  return outcome.interrupted ? kInterrupted : kDone;
}

}  // namespace

Run declare_etf(Args& args) {
  auto options = std::make_shared<EtfOptions>();
  options->declare(args);
  return [options, &args] { return run(*options, args); };
}

}  // namespace lathe::cli
