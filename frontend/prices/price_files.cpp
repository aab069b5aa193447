// The functions of lathe/prices.h that look for files.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <system_error>
#include <utility>

#include "frontend/base/letters.h"
#include "frontend/data/search_path.h"
#include "ir/error.h"
#include "ir/nearest.h"
#include "lathe/prices.h"

namespace lathe {

namespace fs = std::filesystem;

namespace {

/// Where a data folder has prices; the first one that has a ticker is taken.
constexpr auto kFolders = std::to_array<std::string_view>({"", "etf", "etf-tw", "etf-tw/tbrain"});

bool is_csv(const fs::path& path) {
  std::error_code error;
  return lower_case(path.extension().string()) == ".csv" && fs::is_regular_file(path, error);
}

/// macOS puts a ._SPY.csv, which holds no text, beside SPY.csv on file systems of others.
bool is_hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

std::vector<fs::path> csv_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (is_csv(entry.path()) && !is_hidden(entry.path())) files.push_back(entry.path());
  if (error) throw Error(fmt::format("{}: can't be read: {}", folder.string(), error.message()));
  std::sort(files.begin(), files.end());
  return files;
}

/// All tickers of the folders, by name.
std::vector<std::string> tickers_in(const std::vector<fs::path>& folders) {
  std::set<std::string> tickers;
  for (const fs::path& folder : folders) {
    std::error_code error;
    if (!fs::is_directory(folder, error)) continue;
    for (const fs::path& file : csv_files(folder)) tickers.insert(file.stem().string());
  }
  return {tickers.begin(), tickers.end()};
}

std::string joined(const std::vector<fs::path>& paths) {
  std::string text;
  for (const fs::path& path : paths) text += (text.empty() ? "" : ", ") + path.string();
  return text;
}

}  // namespace

std::vector<fs::path> files_of_prices(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  std::set<fs::path> seen;
  for (const fs::path& path : paths) {
    std::error_code error;
    if (!fs::exists(path, error)) throw Error(path.string() + ": there is no such file or folder");
    std::vector<fs::path> here = {path};
    if (fs::is_directory(path, error)) here = csv_files(path);
    if (here.empty()) throw Error(path.string() + ": has no file of prices, *.csv");
    for (fs::path& file : here) {
      const fs::path canonical = fs::weakly_canonical(file, error);
      if (seen.insert(error ? file : canonical).second) files.push_back(std::move(file));
    }
  }
  return files;
}

std::vector<fs::path> files_of_prices(const fs::path& path) {
  return files_of_prices(std::vector{path});
}

fs::path find_prices(std::string_view ticker, const std::optional<std::string>& data_dir) {
  if (ticker.empty() || ticker.find('/') != ticker.npos)
    throw Error(fmt::format("'{}' is no ticker, expected one such as SPY", ticker));
  std::vector<fs::path> folders;
  for (const fs::path& data : data::data_folders(data_dir))
    for (std::string_view folder : kFolders)
      folders.push_back(folder.empty() ? data : data / folder);
  for (const fs::path& folder : folders)
    if (fs::path file = folder / fmt::format("{}.csv", ticker); is_csv(file)) return file;

  const std::vector<std::string> known = tickers_in(folders);
  const std::string looked = joined(folders);
  if (known.empty())
    throw Error(fmt::format("no prices of '{}': there is no CSV file in {}", ticker, looked));
  throw Error(fmt::format("{} (looked in {})", ir::unknown_name("ticker", ticker, known), looked));
}

}  // namespace lathe
