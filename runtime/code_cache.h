// Compiled code kept between processes: a folder with one file an entry, found by its key.
//
// The folder and its files belong to the user alone (0700, 0600): what is run as code must not be
// written by anybody else, so nothing is taken from a folder or file that has another owner or that
// others may write to. A file is written under a temporary name and renamed, so several processes may
// write at once and any of them may die meanwhile. Whatever goes wrong is a miss, never an error:
// without a folder that can be used there is no cache, and that is all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lathe::runtime {

/// `$XDG_CACHE_HOME/lathe`, else `~/.cache/lathe`; nothing when neither variable holds an absolute
/// path.
std::optional<std::filesystem::path> user_cache_folder();

class CodeCache {
 public:
  /// Entries take up to this many bytes in all; those that were not used for longest go first.
  static constexpr int64_t kDefaultLimit = int64_t{256} << 20;

  /// In `folder`, which is made when something is stored. Nothing: no cache.
  explicit CodeCache(std::optional<std::filesystem::path> folder, int64_t limit = kDefaultLimit);
  /// The user's: the folder `code` in user_cache_folder().
  static CodeCache of_user();

  const std::optional<std::filesystem::path>& folder() const { return folder_; }
  int64_t limit() const { return limit_; }

  enum class Use { Take, Look };
  /// What was stored under a key, which is a SHA-256 in hexadecimal digits. `Take` makes the entry
  /// the one used last. What it holds is not looked at: its reader knows damaged bytes.
  std::optional<std::string> load(std::string_view key, Use use = Use::Take) const;
  /// False when it could not be stored.
  bool store(std::string_view key, std::string_view bytes) const;

  struct Entry {
    std::string key;
    int64_t bytes = 0;
    std::filesystem::file_time_type used;
  };
  /// Used last first. Empty where there is no folder that may be used.
  std::vector<Entry> entries() const;
  /// Why the folder can't be used: it has another owner, for one. Empty: it can, or will be made.
  std::string trouble() const;
  void remove(std::string_view key) const;
  /// Removes all entries, and what writers that died left; returns how many entries there were.
  int64_t clear() const;

 private:
  std::filesystem::path path(std::string_view key) const;
  void make_room() const;
  void remove_leftovers(bool all) const;

  std::optional<std::filesystem::path> folder_;
  int64_t limit_;
};

}  // namespace lathe::runtime
