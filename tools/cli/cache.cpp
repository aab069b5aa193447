// `lathe cache`: the compiled code that is kept for later, and how to be rid of it.
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>

#include "ir/error.h"
#include "runtime/code_cache.h"
#include "runtime/code_image.h"
#include "tools/cli/command.h"
#include "tools/cli/json_line.h"
#include "tools/cli/terminal.h"

namespace lathe::cli {
namespace {

using runtime::CodeCache;

struct Options {
  std::string action = "show";
  bool json = false;
};

std::string folder_text(const CodeCache& cache) {
  return cache.folder() ? cache.folder()->string() : "";
}

/// The function whose code an entry is; nothing where it is damaged.
std::optional<std::string> function_of(const CodeCache& cache, const std::string& key) {
  const auto bytes = cache.load(key, CodeCache::Use::Look);
  const auto image = bytes ? runtime::image_from_bytes(*bytes) : std::nullopt;
  if (!image) return std::nullopt;
  return image->functions.empty() ? "" : image->functions.front().name;
}

int64_t hours_since(std::filesystem::file_time_type time) {
  const auto age = std::filesystem::file_time_type::clock::now() - time;
  return std::chrono::duration_cast<std::chrono::hours>(age).count();
}

int show(const CodeCache& cache, bool json) {
  const std::vector<CodeCache::Entry> entries = cache.entries();
  int64_t bytes = 0;
  for (const CodeCache::Entry& e : entries) bytes += e.bytes;
  const std::string trouble = cache.trouble();
  if (json) {
    nlohmann::ordered_json out;
    out["folder"] = folder_text(cache);
    out["trouble"] = trouble.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(trouble);
    out["entries"] = entries.size();
    out["bytes"] = bytes;
    out["limit_bytes"] = cache.limit();
    print_json_line(out);
    return kDone;
  }
  Terminal terminal(false);
  if (!trouble.empty()) {
    terminal.print("not used: {}\n", trouble);
    return kDone;
  }
  terminal.print("{}: {} entr{}, {} of {} kB\n", folder_text(cache), entries.size(),
                 entries.size() == 1 ? "y" : "ies", (bytes + 1023) / 1024, cache.limit() / 1024);
  for (const CodeCache::Entry& e : entries) {
    terminal.print("{}  {:>8} bytes  used {:>4} h ago  {}\n", e.key.substr(0, 12), e.bytes,
                   hours_since(e.used), function_of(cache, e.key).value_or("damaged"));
  }
  return kDone;
}

int clear(const CodeCache& cache, bool json) {
  const int64_t removed = cache.clear();
  if (json) {
    nlohmann::ordered_json out;
    out["folder"] = folder_text(cache);
    out["removed"] = removed;
    print_json_line(out);
    return kDone;
  }
  Terminal(false).print("{} entr{} removed\n", removed, removed == 1 ? "y" : "ies");
  return kDone;
}

/// Damaged entries are harmless, as a run takes them for a miss; here they go.
int verify(const CodeCache& cache, bool json) {
  int64_t good = 0, damaged = 0;
  for (const CodeCache::Entry& e : cache.entries()) {
    if (function_of(cache, e.key)) {
      ++good;
      continue;
    }
    ++damaged;
    cache.remove(e.key);
  }
  if (json) {
    nlohmann::ordered_json out;
    out["folder"] = folder_text(cache);
    out["good"] = good;
    out["damaged"] = damaged;
    print_json_line(out);
    return kDone;
  }
  Terminal(false).print("{} good, {} damaged and removed\n", good, damaged);
  return kDone;
}

int run(const Options& options) {
  const CodeCache cache = CodeCache::of_user();
  if (const std::string trouble = cache.trouble(); options.action != "show" && !trouble.empty())
    throw Error("the cache is not used: " + trouble);
  if (options.action == "clear") return clear(cache, options.json);
  if (options.action == "verify") return verify(cache, options.json);
  return show(cache, options.json);
}

}  // namespace

Run declare_cache(Args& args) {
  auto options = std::make_shared<Options>();
  args.position_choice("ACTION", options->action, {"show", "clear", "verify"},
                       "what to do (default: show)", false);
  args.flag("--json", options->json, "one JSON object on one line");
  args.example("lathe cache clear");
  return [options] { return run(*options); };
}

}  // namespace lathe::cli
