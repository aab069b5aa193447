// `lathe train function`: the network as a box that turns x into y, learned from points.
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "tools/cli/json_line.h"
#include "tools/cli/lecture/curve_fit.h"
#include "tools/cli/lecture/formula.h"
#include "tools/cli/lecture/lecture.h"
#include "tools/cli/plot.h"
#include "tools/cli/run_pictures.h"
#include "tools/cli/task_json.h"

namespace lathe::cli {
namespace {

struct Options : NetOptions {
  PointOptions points;
  std::string compare;

  Options() {
    task = "function";
    out = "run/function";
    hidden = "32,32";
    activation = "tanh";
    optimizer = "adam";
    lr = 0.02;
    batch = 32;
    epochs = 2000;
  }
};

void print_plot(const std::vector<plot::Series>& series, const std::string& title,
                Terminal& terminal) {
  std::vector<Curve> curves;
  for (const plot::Series& s : series) {
    if (s.mark != plot::Mark::Dots) curves.push_back({s.name, s.x, s.y});
  }
  terminal.print("\n{}\n", draw_plot(terminal, title, curves));
}

plot::Panel curves_panel(const std::vector<plot::Series>& series) {
  return {"", {"x", plot::Scale::Linear, {}}, {"y", plot::Scale::Linear, {}}, series};
}

void describe(const Points& points, const PointOptions& options, nlohmann::ordered_json& out) {
  out["points"] = points.x.size();
  out["range"] = {points.low, points.high};
  if (points.truth) out["noise"] = options.noise;
}

int run_one(const Options& options, bool out_given, const Points& points, Terminal& terminal) {
  Sequential model = curve_model(points, options.units(), options);
  SmallTraining training(options, out_given, RunPicture::Function, terminal);
  nlohmann::ordered_json more = {{"train_mse", nullptr}, {"test_mse", nullptr}};
  if (training.train(model, curve_data(points))) {
    const CurveErrors errors = errors_of(model, points);
    std::vector<plot::Series> series = series_of(points);
    series.push_back(curve_of(model, points, widths_text(options.units()), plot::curve_ink(0)));
    print_plot(series, points.name, terminal);
    terminal.print("mean squared error: {:.6f} of the points, {:.6f} of {}\n", errors.train,
                   errors.test, points.truth ? "the function itself" : "the rows kept apart");
    training.draw(model,
                  plot::Figure{fmt::format("{} by {}", points.name, widths_text(options.units())),
                               {curves_panel(series)}});
    more["train_mse"] = errors.train;
    more["test_mse"] = errors.test;
    more["test_loss"] = errors.test;
  }
  describe(points, options.points, more);
  return training.finish(model, points.name, more);
}

struct Contestant {
  std::vector<int64_t> hidden;
  CurveErrors errors;
  plot::Series curve;
};

/// The hidden layers of those that --compare puts side by side.
std::vector<std::vector<int64_t>> compared_layers(const Options& options, const Points& points) {
  std::vector<std::vector<int64_t>> all;
  if (options.compare == "width") {
    for (int64_t units = 1; units <= 64; units *= 2) all.push_back({units});
  } else {
    int64_t parameters = 0;
    check_value("--hidden", [&] {
      parameters = curve_model(points, options.units(), options).parameter_count();
    });
    for (size_t depth = 1; depth <= 5; ++depth) {
      all.push_back(units_of(points, depth, parameters, options));
    }
  }
  return all;
}

struct Compared {
  std::vector<int64_t> hidden;
  Sequential model;
};

/// UsageError when one of them can't be: none has been trained then.
std::vector<Compared> compared_networks(const Options& options, const Points& points) {
  std::vector<Compared> all;
  check_value("--compare " + options.compare, [&] {
    for (const std::vector<int64_t>& hidden : compared_layers(options, points)) {
      all.push_back({hidden, curve_model(points, hidden, options)});
    }
  });
  return all;
}

/// Of all together, each once.
void print_warnings(std::vector<Compared>& networks, Terminal& terminal) {
  std::set<std::string> told;
  for (Compared& network : networks) {
    for (const std::string& warning : network.model.warnings()) {
      if (told.insert(warning).second) terminal.print("warning: {}\n", warning);
    }
  }
}

plot::Figure comparison_figure(const Options& options, const Points& points,
                               const std::vector<Contestant>& trained) {
  std::vector<plot::Series> series = series_of(points);
  const bool width = options.compare == "width";
  plot::Series errors{"error", {}, {}, plot::Ink::Text, plot::Mark::LineAndDots};
  plot::Panel panel{"mean squared error",
                    {width ? "units of the hidden layer" : "hidden layers",
                     width ? plot::Scale::Log : plot::Scale::Linear,
                     {}},
                    {"", plot::Scale::Log, {}},
                    {}};
  for (const Contestant& c : trained) {
    series.push_back(c.curve);
    errors.x.push_back(
        static_cast<double>(width ? c.hidden[0] : static_cast<int64_t>(c.hidden.size())));
    errors.y.push_back(c.errors.test);
  }
  panel.x.ticks = errors.x;
  panel.series = {errors};
  plot::Panel curves = curves_panel(series);
  curves.title = points.name;
  return {width ? "one hidden layer, ever wider" : "deep against wide, with as many parameters",
          {curves, panel}};
}

int run_comparison(const Options& options, bool out_given, const Points& points,
                   Terminal& terminal) {
  std::vector<Compared> networks = compared_networks(options, points);
  RunFiles files(options.out, !out_given);
  if (options.plot) {
    files.add_pictures(RunPicture::Compare);
    files.prepare();
  }
  const InterruptFlag interrupt;
  print_warnings(networks, terminal);
  terminal.print("{:<24} {:>10} {:>12} {:>12}\n", "layers", "parameters", "points' mse",
                 points.truth ? "truth's mse" : "kept mse");
  std::vector<Contestant> trained;
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  const auto draw = [&]() -> std::vector<std::string> {
    if (!options.plot) return {};
    if (!trained.empty()) {
      return draw_picture(files, RunPicture::Compare, comparison_figure(options, points, trained),
                          terminal);
    }
    files.nothing_saved();
    return {};
  };
  bool interrupted = false;
  double seconds = 0;
  for (auto& [hidden, model] : networks) {
    const std::string name = widths_text(hidden);
    try {
      interrupted = !fit_small(model, curve_data(points), options, name, interrupt, terminal);
    } catch (...) {
      try_after_failure([&] { draw(); });  // those before
      throw;
    }
    seconds += seconds_of(model);
    if (interrupted) break;
    const CurveErrors errors = errors_of(model, points);
    trained.push_back(
        {hidden, errors, curve_of(model, points, name, plot::curve_ink(trained.size()))});
    terminal.print("{:<24} {:>10} {:>12.6f} {:>12.6f}\n", name, model.parameter_count(),
                   errors.train, errors.test);
    rows.push_back({{"hidden", hidden},
                    {"parameters", model.parameter_count()},
                    {"train_mse", errors.train},
                    {"test_mse", errors.test}});
  }
  if (interrupted) terminal.print("interrupted: the networks above are what there is\n");
  nlohmann::ordered_json out = task_json(options.task, options.run, points.name);
  out["epochs"] = options.epochs;
  out["seed"] = options.seed;
  out["seconds"] = seconds;
  out["compare"] = options.compare;
  describe(points, options.points, out);
  out["networks"] = rows;
  const std::vector<std::string> drawn = draw();
  if (!drawn.empty()) out["plot"] = drawn;
  if (interrupted) out["interrupted"] = true;
  if (options.json) print_json_line(out);
  return interrupted ? kInterrupted : kDone;
}

/// Unless told otherwise the learning rate falls to 0, so that the curve comes to rest. One layer
/// alone takes, and needs, a larger one.
void let_rate_fall(Options& options, const Points& points) {
  const auto rows = static_cast<int64_t>(points.x.size());
  const int64_t steps = options.epochs * ((rows + options.batch - 1) / options.batch);
  options.optimizer =
      fmt::format("{}(learning_rate=cosine_decay({}, decay_steps={}))", options.optimizer,
                  options.compare == "width" ? 0.05 : *options.lr, steps);
  options.lr.reset();
}

int run(Options& options, const Args& args) {
  options.check(args);
  args.exclude("--csv", {"--f", "--points", "--range", "--noise"}, "the file has the points");
  if (options.compare == "width") {
    args.exclude("--compare", {"--hidden"}, "width tries one hidden layer of 1 to 64 units");
  }
  check_points(options.points);
  const Points points = make_points(options.points, options.seed);
  if (!args.given("--lr") && !args.given("--optimizer")) let_rate_fall(options, points);
  Terminal terminal(options.json);
  return options.compare.empty() ? run_one(options, args.given("--out"), points, terminal)
                                 : run_comparison(options, args.given("--out"), points, terminal);
}

}  // namespace

Run declare_function(Args& args) {
  auto options = std::make_shared<Options>();
  args.text("--f", options->points.formula, "F", formula_help() + " (default: sine)");
  args.text("--csv", options->points.csv, "FILE", "points from the columns x and y instead");
  args.whole("--points", options->points.points, 2, 1'000'000, "how many are drawn (default: 200)");
  args.text("--range", options->points.range, "LOW,HIGH", "of x (default: -3,3)");
  args.real("--noise", options->points.noise, 0, 1e6, "deviation on the y of points (default: 0)");
  args.choice("--compare", options->compare, {"depth", "width"},
              "depth: 1 to 5 hidden layers with as many parameters as --hidden makes; width: one "
              "hidden layer of 1, 2, 4 to 64 units");
  options->declare_net(args);
  options->declare_training(args, "points, truth and curve, and the loss,");
  args.example(
      "lathe train function --f \"sin(3*x)\" --noise 0.1 --plot\n"
      "lathe train function --compare depth --hidden 16,16 --plot\n"
      "Without --lr and --optimizer the learning rate falls to 0 as a cosine does, from 0.02, of\n"
      "--compare width from 0.05. With --compare nothing is saved but the pictures.");
  return [options, &args] { return run(*options, args); };
}

}  // namespace lathe::cli
