// Histories of training as figures, and figures as files.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "tools/cli/history_file.h"
#include "tools/plot/chart.h"

namespace lathe::cli {

struct NamedHistory {
  std::string name;  ///< empty where there is only one
  HistoryTable table;
};

/// A panel of the loss and of each metric by epoch, training dashed, validation in one line. One run
/// has a colour for each of the two, several have one each.
plot::Figure history_figure(const std::string& title, std::span<const NamedHistory> runs);

/// Writes NAME.svg or NAME.png as a whole. UsageError for another name, before anything is drawn.
void write_figure(const plot::Figure& figure, const std::filesystem::path& file);
void check_figure_name(const std::filesystem::path& file);

}  // namespace lathe::cli
