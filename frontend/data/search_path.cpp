#include "frontend/data/search_path.h"

#include <fmt/format.h>

#include <cstdlib>
#include <functional>
#include <system_error>

#include "frontend/data/image_dataset.h"
#include "ir/error.h"
#include "runtime/code_cache.h"

namespace lathe::data {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// The folder that the user named, and, for errors, where that stands if not in what is asked for.
struct NamedFolder {
  fs::path path;
  std::string_view where;
};

std::optional<NamedFolder> named_folder(const std::optional<std::string>& dir) {
  NamedFolder named;
  if (dir) {
    if (dir->empty()) throw Error("the data folder's name is empty");
    named = {*dir, ""};
  } else {
    named = {environment("LATHE_DATA"), " (LATHE_DATA)"};
    if (named.path.empty()) return std::nullopt;
  }
  std::error_code error;
  if (!fs::is_directory(named.path, error)) {
    throw Error(
        fmt::format("{}: is no folder that can be read{}", named.path.string(), named.where));
  }
  return named;
}

/// The first folder for which `here` answers, or a named one, which must.
std::optional<fs::path> search(
    const std::optional<std::string>& dir, const std::string& expected,
    const std::function<std::optional<fs::path>(const fs::path&)>& here) {
  if (auto named = named_folder(dir)) {
    if (auto found = here(named->path)) return found;
    throw Error(fmt::format("{}: has no {}{}", named->path.string(), expected, named->where));
  }
  for (const fs::path& folder : default_data_folders()) {
    if (auto found = here(folder)) return found;
  }
  return std::nullopt;
}

}  // namespace

std::optional<fs::path> user_data_folder() {
  std::optional<fs::path> folder = runtime::user_cache_folder();
  if (folder) *folder /= "data";
  return folder;
}

std::vector<fs::path> default_data_folders() {
  std::vector<fs::path> folders = {"data", fs::path("..") / "shared" / "data"};
  if (auto user = user_data_folder()) folders.push_back(*user);
  return folders;
}

std::vector<fs::path> data_folders(const std::optional<std::string>& dir) {
  if (auto named = named_folder(dir)) return {named->path};
  return default_data_folders();
}

std::optional<fs::path> find_dataset(std::string_view name, const std::optional<std::string>& dir) {
  const std::string expected = fmt::format("{}/train-images-idx3-ubyte.gz", name);
  return search(dir, expected, [&](const fs::path& folder) -> std::optional<fs::path> {
    fs::path set = folder / name;
    size_t present = 0;
    std::string_view missing;
    for (std::string_view part : kImageDatasetParts) {
      bool here = image_dataset_file(set, part).has_value();
      present += here;
      if (!here && missing.empty()) missing = part;
    }
    if (present == 0) return std::nullopt;
    if (present < kImageDatasetParts.size()) {
      throw Error(fmt::format("{}: is incomplete: it has no {}-idx{}-ubyte.gz", set.string(),
                              missing, missing.ends_with("images") ? 3 : 1));
    }
    return set;
  });
}

std::optional<fs::path> find_data_file(std::string_view relative,
                                       const std::optional<std::string>& dir) {
  return search(dir, std::string(relative), [&](const fs::path& folder) -> std::optional<fs::path> {
    std::error_code error;
    fs::path path = folder / relative;
    if (fs::exists(path, error)) return path;
    return std::nullopt;
  });
}

}  // namespace lathe::data
