// `lathe train descent`: where gradient descent on a curve ends, without and with momentum.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "tools/cli/interrupt.h"
#include "tools/cli/json_line.h"
#include "tools/cli/lecture/descent_path.h"
#include "tools/cli/lecture/formula.h"
#include "tools/cli/lecture/lecture.h"
#include "tools/cli/lecture/points.h"
#include "tools/cli/model_options.h"
#include "tools/cli/run_files.h"
#include "tools/cli/run_options.h"
#include "tools/cli/run_pictures.h"
#include "tools/cli/task_json.h"
#include "tools/cli/terminal.h"
#include "tools/plot/ticks.h"

namespace lathe::cli {
namespace {

struct Options {
  PointOptions curve{"wells", "-2.5,2.5", std::nullopt, 0, 0};
  std::optional<std::string> optimizer;
  double lr = 0.05, momentum = 0.9, start = 2.2;
  int64_t steps = 100;
  std::string out = "run/descent";
  bool nesterov = false, plot = false, json = false;
  RunArgs run;
};

struct Contestant {
  std::string name;
  Optimizer optimizer;
};

/// Plain descent, descent with momentum, and the optimizer that was named.
std::vector<Contestant> contestants(const Options& options) {
  OptimizerChoice choice{"sgd", options.lr, 0, false};
  std::vector<Contestant> all = {{"sgd", choice.chosen_optimizer()}};
  if (options.momentum > 0 || options.nesterov) {  // an error for the second without the first
    choice.momentum = options.momentum;
    choice.nesterov = options.nesterov;
    all.push_back({fmt::format("sgd, {} {}", options.nesterov ? "Nesterov momentum" : "momentum",
                               plot::short_number(options.momentum)),
                   choice.chosen_optimizer()});
  }
  if (options.optimizer) {
    OptimizerChoice named{*options.optimizer, std::nullopt, 0, false};
    named.chosen_optimizer();
    if (!has_own_rate(*options.optimizer)) named.lr = options.lr;
    all.push_back({*options.optimizer, named.chosen_optimizer()});
  }
  return all;
}

struct Ending {
  std::string name;  ///< of the optimizer
  DescentPath path;
  double x = 0, y = 0;
  const Minimum* near = nullptr;  ///< the minimum that it has come to
  bool at_rest = false;           ///< its last step was a small one

  std::string words() const {
    if (!path.finite) return "has diverged: a smaller --lr may help";
    if (!near) return "has not come to a minimum";
    return fmt::format("{}{} minimum at {}", at_rest ? "" : "is still moving, near ",
                       near->global ? "the global" : "a local", plot::short_number(near->x));
  }
};

/// A minimum that is nearer than this part of the range has been reached; a step that is smaller than
/// a tenth of that is rest. Whoever only passes the minimum takes a larger one.
constexpr double kNear = 0.01, kRest = 0.001;

Ending ending_of(const std::string& name, DescentPath path, const ir::ScalarExpr& f,
                 const std::vector<Minimum>& minima, double range) {
  Ending end{name, std::move(path)};
  end.x = end.path.x.back();
  end.y = value_of(f, end.x);
  double nearest = kNear * range;
  for (const Minimum& m : minima) {
    const double away = std::fabs(m.x - end.x);
    if (away >= nearest) continue;
    nearest = away;
    end.near = &m;
  }
  const size_t steps = end.path.x.size() - 1;
  end.at_rest = steps > 0 && std::fabs(end.x - end.path.x[steps - 1]) < kRest * range;
  return end;
}

plot::Figure figure_of(const Points& curve, const std::vector<Ending>& endings) {
  plot::Figure figure{fmt::format("descent on {}", curve.name), {}};
  plot::Panel by_step{"f(x) after each step", {"step", plot::Scale::Whole, {}}, {}, {}};
  const double far = curve.high - curve.low;
  for (size_t i = 0; i < endings.size(); ++i) {
    const std::string& name = endings[i].name;
    const DescentPath& path = endings[i].path;
    plot::Series way{name, {}, {}, plot::curve_ink(i), plot::Mark::LineAndDots}, steps = way;
    for (size_t k = 0; k < path.x.size(); ++k) {
      const double x = path.x[k], y = value_of(*curve.truth, x);
      if (!(std::fabs(x - (curve.low + curve.high) / 2) < far)) break;  // off the picture
      way.x.push_back(x);
      way.y.push_back(y);
      steps.x.push_back(static_cast<double>(k));
      steps.y.push_back(y);
    }
    steps.mark = plot::Mark::Line;
    figure.panels.push_back({name,
                             {"x", plot::Scale::Linear, {}},
                             {"f(x)", plot::Scale::Linear, {}},
                             {{"f", curve.test_x, curve.test_y, plot::Ink::Axis}, way}});
    by_step.series.push_back(std::move(steps));
  }
  figure.panels.push_back(std::move(by_step));
  return figure;
}

nlohmann::ordered_json to_json(const Options& options, const Points& curve,
                               const std::vector<Minimum>& minima,
                               const std::vector<Ending>& endings) {
  nlohmann::ordered_json out = task_json("descent", options.run, curve.name);
  out["f"] = curve.name;
  out["start"] = options.start;
  out["lr"] = options.lr;
  out["minima"] = nlohmann::ordered_json::array();
  out["runs"] = nlohmann::ordered_json::array();
  for (const Minimum& m : minima) {
    out["minima"].push_back({{"x", m.x}, {"f", m.y}, {"global", m.global}});
  }
  for (const Ending& end : endings) {
    nlohmann::ordered_json run = {{"optimizer", end.name},
                                  {"steps", end.path.x.size() - 1},
                                  {"x", end.x},
                                  {"f", end.y},
                                  {"minimum", nullptr},
                                  {"at_rest", end.at_rest},
                                  {"diverged", !end.path.finite}};
    if (end.near && end.at_rest) run["minimum"] = end.near->global ? "global" : "local";
    run["path"] = end.path.x;
    out["runs"].push_back(run);
  }
  return out;
}

int run(const Options& options, const Args& args) {
  check_points(options.curve);
  const std::vector<Contestant> all = contestants(options);
  const RunOptions run = options.run.options();
  require_folder_name("--out", options.out);
  const Points curve = make_points(options.curve, 0);
  RunFiles files(options.out, !args.given("--out"));
  if (options.plot) {
    files.add_pictures(RunPicture::Descent);
    files.prepare();
  }
  Terminal terminal(options.json);
  const InterruptFlag interrupt;
  const std::vector<Minimum> minima = minima_of(*curve.truth, curve.low, curve.high);
  terminal.print("f(x) = {}, from x = {} by {} steps of learning rate {}\n", curve.name,
                 options.start, options.steps, plot::short_number(options.lr));
  for (const Minimum& m : minima) {
    terminal.print("{} minimum: f({:.4f}) = {:.4f}\n", m.global ? "global" : "local", m.x, m.y);
  }
  std::vector<Ending> endings;
  const auto begun = std::chrono::steady_clock::now();
  size_t width = 0;
  for (const Contestant& c : all) width = std::max(width, c.name.size());
  for (const Contestant& c : all) {
    if (interrupt.flag()->load() != 0) break;
    DescentPath path =
        descend(*curve.truth, options.start, options.steps, c.optimizer, run, interrupt.flag());
    endings.push_back(
        ending_of(c.name, std::move(path), *curve.truth, minima, curve.high - curve.low));
    const Ending& end = endings.back();
    terminal.print("{:<{}}  ends at x = {:.4f}, f = {:.4f}: {}\n", c.name, width, end.x, end.y,
                   end.words());
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
  const bool interrupted = interrupt.flag()->load() != 0;
  nlohmann::ordered_json out = to_json(options, curve, minima, endings);
  out["seconds"] = taken.count();
  if (options.plot && !endings.empty()) {
    out["plot"] = draw_picture(files, RunPicture::Descent, figure_of(curve, endings), terminal);
  } else if (options.plot) {
    files.nothing_saved();
  }
  if (interrupted) {
    terminal.print("interrupted\n");
    out["interrupted"] = true;
  }
  if (options.json) print_json_line(out);
  if (interrupted) return kInterrupted;
  for (const Ending& end : endings) {
    if (!end.path.finite) throw Error(fmt::format("{} {}", end.name, end.words()));
  }
  return kDone;
}

}  // namespace

Run declare_descent(Args& args) {
  auto options = std::make_shared<Options>();
  args.text("--f", options->curve.formula, "F", formula_help() + " (default: wells)");
  args.text("--range", options->curve.range, "LOW,HIGH",
            "where minima are looked for, and what is drawn (default: -2.5,2.5)");
  args.real("--start", options->start, -1e6, 1e6, "the x to begin at (default: 2.2)");
  args.whole("--steps", options->steps, 1, 1'000'000, "how many (default: 100)");
  args.real("--lr", options->lr, 0, 1e6,
            "learning rate of all, unless --optimizer names its own (default: 0.05)");
  args.real("--momentum", options->momentum, 0, 1,
            "of the second one; 0: there is none (default: 0.9)");
  args.flag("--nesterov", options->nesterov, "Nesterov's form of momentum");
  args.text("--optimizer", options->optimizer, "NAME",
            "one more, of lathe list optimizers, with options: \"adam(beta_1=0.95)\"");
  options->run.threads = 1;  // more would only wait for each other
  options->run.declare(args, "1");
  args.text("--out", options->out, "DIR", "where pictures go (default: run/descent)");
  args.flag("--plot", options->plot, "draw the ways into DIR: descent.svg and descent.png");
  args.flag("--json", options->json, "one JSON object as the last line of standard output");
  args.example(
      "lathe train descent --optimizer adam --plot\n"
      "Nothing in it is random: the same options give the same path. The exit code is 1 when x\n"
      "does not stay finite.");
  return [options, &args] { return run(*options, args); };
}

}  // namespace lathe::cli
