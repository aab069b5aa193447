// history.csv: what training reports, a line an epoch.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lathe/history.h"

namespace lathe::cli {

/// epoch,seconds,loss,accuracy,val_loss,val_accuracy,images_per_second, then further metrics. A
/// value that an epoch lacks is an empty field, NaN is `nan`.
std::string history_csv(const std::vector<EpochResult>& epochs);

/// Columns by name, a value an epoch; NaN for an empty field. Error, with the line, for anything
/// that is no history.
struct HistoryTable {
  std::vector<std::string> names;
  std::map<std::string, std::vector<double>> columns;
  size_t epochs = 0;

  /// The column, or nullptr.
  const std::vector<double>* find(const std::string& name) const;
};
HistoryTable read_history(const std::filesystem::path& path);
/// The same of a text, which errors call `name`.
HistoryTable parse_history(const std::string& text, const std::string& name);

}  // namespace lathe::cli
