// `lathe data get NAME`: fetches a data set.
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "frontend/data/download.h"
#include "frontend/data/search_path.h"
#include "ir/nearest.h"
#include "tools/cli/command.h"
#include "tools/cli/json_line.h"
#include "tools/cli/terminal.h"

namespace lathe::cli {
namespace {

struct Options {
  std::string action, name, dir;
  std::vector<std::string> mirrors;
  bool json = false;
};

std::filesystem::path target_folder(const Options& options) {
  if (!options.dir.empty()) return options.dir;
  if (auto folder = data::user_data_folder()) return *folder;
  throw Error("there is no cache folder: set HOME or XDG_CACHE_HOME, or give --dir DIR");
}

int run(const Options& options) {
  const std::vector<std::string> known = data::downloadable_datasets();
  if (std::find(known.begin(), known.end(), options.name) == known.end()) {
    throw UsageError(ir::unknown_name("data set", options.name, known));
  }
  Terminal terminal(options.json);
  const std::filesystem::path folder = target_folder(options);
  std::map<std::string, bool> finished;
  data::DownloadOptions how;
  how.mirrors = options.mirrors;
  how.progress = [&](const std::string& file, uint64_t done, uint64_t total) {
    const auto percent = total ? 100.0 * static_cast<double>(done) / static_cast<double>(total) : 0;
    if (done < total) {
      return terminal.status(fmt::format("{}  {} of {} ({:.0f} %)", file,
                                         byte_count(static_cast<double>(done)),
                                         byte_count(static_cast<double>(total)), percent));
    }
    if (!std::exchange(finished[file], true)) {
      terminal.print("{}  {}\n", file, byte_count(static_cast<double>(total)));
    }
  };
  const std::filesystem::path where = data::download_dataset(options.name, folder, how);
  terminal.print("{} is in {}\n", options.name, where.string());
  if (options.json) {
    nlohmann::ordered_json out;
    out["name"] = options.name;
    out["data"] = where.string();
    for (const data::RemoteFile& file : data::dataset_files(options.name)) {
      out["files"].push_back({{"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}});
    }
    print_json_line(out);
  }
  return kDone;
}

}  // namespace

Run declare_data(Args& args) {
  auto options = std::make_shared<Options>();
  args.position_choice("ACTION", options->action, {"get"}, "what to do");
  args.position("NAME", options->name, true,
                fmt::format("the data set: {}", fmt::join(data::downloadable_datasets(), ", ")));
  args.text("--dir", options->dir, "DIR",
            "where data sets lie; NAME becomes a folder in it (default: the user's cache folder)");
  args.texts("--mirror", options->mirrors, "URL",
             "fetch from here instead of the public mirrors; may be repeated");
  args.flag("--json", options->json, "one JSON object as the last line of standard output");
  args.example("lathe data get mnist");
  return [options] { return run(*options); };
}

}  // namespace lathe::cli
