// Where data sets are looked for: a named folder only, or else a fixed list of places in order.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lathe::data {

/// `$XDG_CACHE_HOME/lathe/data`, else `~/.cache/lathe/data`; nothing when neither variable holds an
/// absolute path. `lathe data get` puts data sets here.
std::optional<std::filesystem::path> user_data_folder();

/// The folders searched when none is named: `./data`, `../shared/data`, user_data_folder().
std::vector<std::filesystem::path> default_data_folders();

/// Where to look for data: `dir`, else the environment's LATHE_DATA when it is not empty, else the
/// default folders, which need not be there. Error when a named one is no folder.
std::vector<std::filesystem::path> data_folders(
    const std::optional<std::string>& dir = std::nullopt);

/// The folder of image data set `name` (`mnist`, `fashion-mnist`): `DIR/name`, DIR being `dir`,
/// else the environment's LATHE_DATA when it is not empty, else the first of the default folders
/// that has it; nothing when none has. Error when a named DIR lacks the data set, and when the first
/// folder that has any of its files lacks others: the search never goes on past that.
std::optional<std::filesystem::path> find_dataset(
    std::string_view name, const std::optional<std::string>& dir = std::nullopt);

/// find_dataset's rule for one file (`etf/SPY.csv`) instead of the four of an image data set.
std::optional<std::filesystem::path> find_data_file(
    std::string_view relative, const std::optional<std::string>& dir = std::nullopt);

}  // namespace lathe::data
