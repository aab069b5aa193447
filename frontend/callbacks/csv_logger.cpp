#include <algorithm>
#include <cerrno>
#include <system_error>

#include "frontend/base/csv_cell.h"
#include "ir/error.h"
#include "ir/text_number.h"
#include "lathe/callbacks.h"

namespace lathe {

namespace {

bool has_first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  return static_cast<bool>(std::getline(file, line));
}

}  // namespace

CSVLogger::CSVLogger(std::filesystem::path filename, CSVLoggerOptions options)
    : path_(std::move(filename)), options_(std::move(options)) {
  if (options_.separator.size() != 1)
    throw Error("CSVLogger: the separator must be one character, not '" + options_.separator + "'");
}

void CSVLogger::on_train_begin(FitContext&) {
  header_ = !options_.append || !has_first_line(path_);
  names_.clear();
  file_ = std::ofstream(path_, options_.append ? std::ios::app : std::ios::trunc);
  if (!file_)
    throw Error("CSVLogger: can't write " + path_.string() + ": " +
                std::error_code(errno, std::generic_category()).message());
}

void CSVLogger::on_epoch_end(FitContext& fit, EpochResult& result) {
  if (names_.empty()) {
    bool validated = false;
    for (const auto& [name, value] : result.logs) {
      names_.push_back(name);
      validated = validated || name.starts_with("val_");
    }
    std::sort(names_.begin(), names_.end());
    if (!validated)
      for (size_t i = 0, n = names_.size(); i < n; ++i) names_.push_back("val_" + names_[i]);
    if (header_) {
      std::vector<std::string> head = {"epoch"};
      head.insert(head.end(), names_.begin(), names_.end());
      write_row(head);
    }
  }
  std::vector<std::string> row = {std::to_string(fit.epoch - 1)};
  for (const std::string& name : names_)
    row.push_back(result.logs.has(name) ? ir::number_to_text(result.logs[name], true) : "NA");
  write_row(row);
}

void CSVLogger::on_train_end(FitContext&) {
  file_.close();
}

void CSVLogger::write_row(const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& text : cells)
    line += (line.empty() ? "" : options_.separator) + csv_cell(text, options_.separator[0]);
  file_ << line << '\n' << std::flush;
  if (!file_) throw Error("CSVLogger: can't write " + path_.string());
}

}  // namespace lathe
