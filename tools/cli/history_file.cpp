#include "tools/cli/history_file.h"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "ir/error.h"
#include "ir/text_number.h"
#include "tools/cli/args.h"
#include "tools/cli/files.h"

namespace lathe::cli {
namespace {

constexpr std::array<std::string_view, 4> kLogColumns = {"loss", "accuracy", "val_loss",
                                                         "val_accuracy"};

bool is_fixed(std::string_view name) {
  for (std::string_view column : kLogColumns) {
    if (column == name) return true;
  }
  return false;
}

std::string value_of(const Logs& logs, std::string_view name) {
  return logs.has(name) ? ir::number_to_text(logs[name], false) : "";
}

}  // namespace

std::string history_csv(const std::vector<EpochResult>& epochs) {
  std::vector<std::string> more;
  if (!epochs.empty()) {
    for (const auto& [name, value] : epochs.back().logs) {
      if (!is_fixed(name)) more.push_back(name);
    }
  }
  std::string out = "epoch,seconds";
  for (std::string_view name : kLogColumns) out += fmt::format(",{}", name);
  out += ",images_per_second";
  for (const std::string& name : more) out += "," + name;
  out += '\n';
  for (const EpochResult& e : epochs) {
    out += fmt::format("{},{}", e.epoch, ir::number_to_text(e.seconds, false));
    for (std::string_view name : kLogColumns) out += "," + value_of(e.logs, name);
    out += "," + ir::number_to_text(e.rows_per_second, false);
    for (const std::string& name : more) out += "," + value_of(e.logs, name);
    out += '\n';
  }
  return out;
}

const std::vector<double>* HistoryTable::find(const std::string& name) const {
  const auto found = columns.find(name);
  return found == columns.end() ? nullptr : &found->second;
}

HistoryTable read_history(const std::filesystem::path& path) {
  return parse_history(read_file(path.string(), size_t{1} << 26), path.string());
}

HistoryTable parse_history(const std::string& text, const std::string& name) {
  HistoryTable table;
  int line_number = 0;
  for (std::string& line : split_list(text, '\n')) {
    ++line_number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    const std::vector<std::string> fields = split_list(line);
    if (table.names.empty()) {
      if (fields[0] != "epoch") {
        throw Error(
            fmt::format("{}:1: is no history, expected a first line epoch,seconds,loss,…", name));
      }
      table.names = fields;
      for (const std::string& column : fields)
        if (!table.columns.try_emplace(column).second)
          throw Error(fmt::format("{}:1: two columns are named '{}'", name, column));
      continue;
    }
    if (fields.size() != table.names.size()) {
      throw Error(fmt::format("{}:{}: {} fields, expected {}", name, line_number, fields.size(),
                              table.names.size()));
    }
    for (size_t i = 0; i < fields.size(); ++i) {
      double value = std::numeric_limits<double>::quiet_NaN();
      if (!fields[i].empty()) {
        const auto number = ir::text_to_number(fields[i]);
        if (!number) {
          throw Error(fmt::format("{}:{}: '{}' is not a number", name, line_number,
                                  fields[i].substr(0, 24)));
        }
        value = *number;
      }
      table.columns[table.names[i]].push_back(value);
    }
    ++table.epochs;
  }
  if (table.epochs == 0) throw Error(name + ": holds no epoch");
  return table;
}

}  // namespace lathe::cli
