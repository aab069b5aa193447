#include "tools/cli/history_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "frontend/format/atomic_file.h"
#include "tools/cli/args.h"
#include "tools/plot/png.h"
#include "tools/plot/svg.h"

namespace lathe::cli {
namespace {

constexpr std::string_view kValidation = "val_";

/// The columns that a panel shows, with or without `val_`, each once: loss and accuracy first, as
/// history.csv has them.
std::vector<std::string> shown_columns(std::span<const NamedHistory> runs) {
  std::vector<std::string> shown;
  for (const NamedHistory& run : runs) {
    for (std::string name : run.table.names) {
      if (name == "epoch" || name == "seconds" || name == "images_per_second") continue;
      if (name.starts_with(kValidation)) name.erase(0, kValidation.size());
      if (std::find(shown.begin(), shown.end(), name) == shown.end()) shown.push_back(name);
    }
  }
  return shown;
}

bool finite(double v) {
  return std::isfinite(v);
}

std::string series_name(const std::string& run, const char* part) {
  return run.empty() ? part : fmt::format("{}, {}", run, part);
}

}  // namespace

plot::Figure history_figure(const std::string& title, std::span<const NamedHistory> runs) {
  plot::Figure figure{title, {}};
  for (const std::string& column : shown_columns(runs)) {
    plot::Panel panel{column, {"epoch", plot::Scale::Whole, {}, {}}, {}, {}};
    for (size_t r = 0; r < runs.size(); ++r) {
      const HistoryTable& table = runs[r].table;
      const auto* epoch = table.find("epoch");
      const auto add = [&](const std::string& name, const char* part, plot::Ink ink,
                           plot::Mark mark) {
        const auto* values = table.find(name);
        // Such as the accuracy of a task that has none, or a validation that was not done.
        if (!epoch || !values || std::none_of(values->begin(), values->end(), finite)) return;
        panel.series.push_back({series_name(runs[r].name, part), *epoch, *values, ink, mark});
      };
      const bool one = runs.size() == 1;
      add(column, "training", plot::curve_ink(one ? 0 : r), plot::Mark::Dashed);
      add(std::string(kValidation) + column, "validation", plot::curve_ink(one ? 1 : r),
          plot::Mark::Line);
    }
    if (!panel.series.empty()) figure.panels.push_back(std::move(panel));
  }
  return figure;
}

void check_figure_name(const std::filesystem::path& file) {
  const auto end = file.extension();
  if (end == ".svg" || end == ".png") return;
  throw UsageError(
      fmt::format("can't tell how to draw {}, expected NAME.svg or NAME.png", file.string()));
}

void write_figure(const plot::Figure& figure, const std::filesystem::path& file) {
  check_figure_name(file);
  const plot::Scene scene = plot::draw(figure);
  write_file_atomically(file,
                        file.extension() == ".svg" ? plot::to_svg(scene) : plot::to_png(scene));
}

}  // namespace lathe::cli
