// `lathe curves DIR...`: training histories side by side, as plots in the terminal.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "tools/cli/command.h"
#include "tools/cli/history_file.h"
#include "tools/cli/history_plot.h"
#include "tools/cli/json_line.h"
#include "tools/cli/plot.h"
#include "tools/cli/terminal.h"

namespace lathe::cli {
namespace {

struct Options {
  std::vector<std::string> folders;
  std::optional<std::string> plot;
  bool json = false;
};

/// How a run ends: the test accuracy, or, where there is none, the loss.
std::string ending(const HistoryTable& table) {
  const auto last = [&](const char* column) -> std::optional<double> {
    const auto* values = table.find(column);
    if (!values || std::isnan(values->back())) return std::nullopt;
    return values->back();
  };
  if (const auto accuracy = last("val_accuracy")) {
    return fmt::format("{:.2f} % test accuracy", 100 * *accuracy);
  }
  if (const auto loss = last("val_loss")) return fmt::format("a validation loss of {:.5g}", *loss);
  if (const auto loss = last("loss")) return fmt::format("a training loss of {:.5g}", *loss);
  return "unknown test accuracy";
}

using Parts = std::vector<std::string>;

/// A folder's path from its end: its own name first.
Parts parts_from_end(const std::string& folder) {
  std::filesystem::path path = std::filesystem::path(folder).lexically_normal();
  if (path.filename() == "history.csv") path = path.parent_path();
  Parts parts;
  for (const auto& part : path) {
    if (!part.empty()) parts.insert(parts.begin(), part.string());
  }
  if (parts.empty()) parts.emplace_back(".");
  return parts;
}

/// The names of folders in the plot: as much of the end of each path as tells it from all others.
std::vector<std::string> short_names(const std::vector<std::string>& folders) {
  std::vector<Parts> paths;
  for (const std::string& folder : folders) paths.push_back(parts_from_end(folder));
  std::vector<std::string> names;
  for (size_t i = 0; i < paths.size(); ++i) {
    size_t shown = 1, same = 0;
    for (size_t j = 0; j < paths.size(); ++j) {
      if (i == j) continue;
      const Parts &a = paths[i], &b = paths[j];
      const auto common = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
      shown = std::max(shown, std::min(a.size(), static_cast<size_t>(common) + 1));
      if (a == b && j < i) ++same;
    }
    std::filesystem::path name;
    for (size_t k = shown; k > 0; --k) name /= paths[i][k - 1];
    names.push_back(name.string() + (same > 0 ? fmt::format(" ({})", same + 1) : ""));
  }
  return names;
}

void plot(const std::vector<NamedHistory>& runs, const std::string& column,
          const std::string& title, Terminal& terminal) {
  std::vector<Curve> curves;
  for (const NamedHistory& r : runs) {
    const auto *x = r.table.find("epoch"), *y = r.table.find(column);
    if (x && y) curves.push_back({r.name, *x, *y});
  }
  const std::string drawn = draw_plot(terminal, title, curves);
  if (!drawn.empty()) terminal.print("{}\n", drawn);
}

/// The files that `--plot` names: one, or two in a folder.
std::vector<std::filesystem::path> plot_files(const Options& options) {
  if (!options.plot) return {};
  const std::filesystem::path path(*options.plot);
  if (std::filesystem::is_directory(path)) return {path / "curves.svg", path / "curves.png"};
  check_figure_name(path);
  return {path};
}

void print_json(const std::vector<NamedHistory>& runs,
                const std::vector<std::filesystem::path>& plots) {
  nlohmann::ordered_json out;
  for (const NamedHistory& r : runs) {
    nlohmann::ordered_json entry;
    entry["name"] = r.name;
    for (const std::string& column : r.table.names) {
      entry["history"][column] = r.table.columns.at(column);
    }
    out["runs"].push_back(entry);
  }
  for (const auto& file : plots) out["plot"].push_back(file.string());
  print_json_line(out);
}

int run(const Options& options) {
  const std::vector<std::filesystem::path> plots = plot_files(options);
  std::vector<NamedHistory> runs;
  const std::vector<std::string> names = short_names(options.folders);
  for (size_t i = 0; i < names.size(); ++i) {
    std::filesystem::path path(options.folders[i]);
    if (std::filesystem::is_directory(path)) path /= "history.csv";
    runs.push_back({names[i], read_history(path)});
  }
  if (!plots.empty()) {
    std::vector<NamedHistory> drawn = runs;
    if (drawn.size() == 1) drawn[0].name.clear();
    const plot::Figure figure = history_figure(runs.size() == 1 ? names[0] : "", drawn);
    for (const auto& file : plots) write_figure(figure, file);
  }
  if (options.json) {
    print_json(runs, plots);
    return kDone;
  }
  Terminal terminal(false);
  plot(runs, "val_accuracy", "test accuracy by epoch", terminal);
  plot(runs, "loss", "training loss by epoch", terminal);
  std::string sentence;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (i > 0) sentence += i + 1 == runs.size() ? " and " : ", ";
    const NamedHistory& r = runs[i];
    sentence += fmt::format("{} ends at {} after {} epoch{}", r.name, ending(r.table),
                            r.table.epochs, r.table.epochs == 1 ? "" : "s");
  }
  terminal.print("{}.\n", sentence);
  for (const auto& file : plots) terminal.print("drawn in {}\n", file.string());
  return kDone;
}

}  // namespace

Run declare_curves(Args& args) {
  auto options = std::make_shared<Options>();
  args.positions("DIR", options->folders, true,
                 "folders that lathe train wrote, or history.csv files");
  args.text("--plot", options->plot, "FILE",
            "draw loss and metrics too: NAME.svg, NAME.png, or a folder for both as curves");
  args.flag("--json", options->json, "one JSON object on one line, without plots as text");
  args.example("lathe curves run/lecture run/modern --plot curves.svg");
  return [options] { return run(*options); };
}

}  // namespace lathe::cli
