#include "runtime/code_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace lathe::runtime {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kEnding = ".code";
constexpr std::string_view kUnfinished = ".unfinished-";
constexpr size_t kKeyDigits = 64;
/// No writer takes that long: what is older was left by one that died.
constexpr auto kLeftover = std::chrono::minutes(10);
/// An entry that is larger was not made by us.
constexpr int64_t kMostBytes = int64_t{1} << 30;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

class File {
 public:
  explicit File(int descriptor) : fd_(descriptor) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  int fd_;
};

/// Of a file or folder that is ours and that nobody else may write to.
bool is_private(const struct stat& s) {
  return s.st_uid == geteuid() && (s.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

std::optional<std::string> read_all(int fd, int64_t size) {
  std::string bytes(static_cast<size_t>(size), '\0');
  size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t n = read(fd, bytes.data() + have, bytes.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return std::nullopt;  // it became shorter meanwhile
    have += static_cast<size_t>(n);
  }
  return bytes;
}

bool is_key(std::string_view text) {
  return text.size() == kKeyDigits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

/// Calls `each` for the folder's files; what can't be read is left out.
template <class Each>
void for_files(const fs::path& folder, Each each) {
  std::error_code error;
  fs::directory_iterator at(folder, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) each(*at);
}

}  // namespace

std::optional<fs::path> user_cache_folder() {
  // A relative $XDG_CACHE_HOME is to be ignored, says the XDG base directory specification.
  fs::path cache = environment("XDG_CACHE_HOME");
  if (!cache.is_absolute()) {
    fs::path home = environment("HOME");
    if (!home.is_absolute()) return std::nullopt;
    cache = home / ".cache";
  }
  return cache / "lathe";
}

CodeCache::CodeCache(std::optional<fs::path> folder, int64_t limit)
    : folder_(std::move(folder)), limit_(limit) {}

CodeCache CodeCache::of_user() {
  std::optional<fs::path> folder = user_cache_folder();
  if (folder) *folder /= "code";
  return CodeCache(std::move(folder));
}

std::string CodeCache::trouble() const {
  if (!folder_) return "there is no cache folder: set HOME or XDG_CACHE_HOME";
  struct stat s = {};
  if (lstat(folder_->c_str(), &s) != 0)
    return errno == ENOENT ? "" : folder_->string() + ": " + std::strerror(errno);
  if (!S_ISDIR(s.st_mode)) return folder_->string() + ": is no folder";
  if (s.st_uid != geteuid()) return folder_->string() + ": belongs to somebody else";
  if (!is_private(s)) return folder_->string() + ": others may write to it";
  return "";
}

fs::path CodeCache::path(std::string_view key) const {
  return *folder_ / (std::string(key) + std::string(kEnding));
}

std::optional<std::string> CodeCache::load(std::string_view key, Use use) const {
  if (!is_key(key) || !trouble().empty()) return std::nullopt;
  const File file(open(path(key).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat s = {};
  if (!file || fstat(file.get(), &s) != 0 || !S_ISREG(s.st_mode) || !is_private(s) ||
      s.st_size > kMostBytes)
    return std::nullopt;
  std::optional<std::string> bytes = read_all(file.get(), s.st_size);
  if (!bytes || !bytes->starts_with(key)) return std::nullopt;
  bytes->erase(0, kKeyDigits);
  if (use == Use::Take) futimens(file.get(), nullptr);
  return bytes;
}

bool CodeCache::store(std::string_view key, std::string_view bytes) const {
  if (!is_key(key) || !folder_ || static_cast<int64_t>(kKeyDigits + bytes.size()) > limit_)
    return false;
  std::error_code error;
  fs::create_directories(folder_->parent_path(), error);
  if (mkdir(folder_->c_str(), S_IRWXU) != 0 && errno != EEXIST) return false;
  if (!trouble().empty()) return false;
  std::string temporary = (*folder_ / (std::string(kUnfinished) + "XXXXXX")).string();
  {
    const File file(mkostemp(temporary.data(), O_CLOEXEC));  // 0600
    if (!file) return false;
    // The key comes first: a file under another's name is no entry.
    if (!write_all(file.get(), key) || !write_all(file.get(), bytes)) {
      unlink(temporary.c_str());
      return false;
    }
  }
  if (rename(temporary.c_str(), path(key).c_str()) != 0) {
    unlink(temporary.c_str());
    return false;
  }
  make_room();
  remove_leftovers(false);
  return true;
}

std::vector<CodeCache::Entry> CodeCache::entries() const {
  std::vector<Entry> all;
  if (!trouble().empty()) return all;
  for_files(*folder_, [&](const fs::directory_entry& file) {
    const std::string name = file.path().filename().string();
    if (!name.ends_with(kEnding)) return;
    const std::string key = name.substr(0, name.size() - kEnding.size());
    std::error_code error;
    const auto size = file.file_size(error);
    if (error || !is_key(key)) return;
    const auto used = file.last_write_time(error);
    if (!error) all.push_back({key, static_cast<int64_t>(size), used});
  });
  std::ranges::sort(all, [](const Entry& a, const Entry& b) {
    return a.used != b.used ? a.used > b.used : a.key < b.key;
  });
  return all;
}

void CodeCache::make_room() const {
  int64_t bytes = 0;
  for (const Entry& e : entries()) {
    bytes += e.bytes;
    if (bytes > limit_) remove(e.key);
  }
}

void CodeCache::remove_leftovers(bool all) const {
  if (!trouble().empty()) return;
  const auto now = fs::file_time_type::clock::now();
  for_files(*folder_, [&](const fs::directory_entry& file) {
    if (!file.path().filename().string().starts_with(kUnfinished)) return;
    std::error_code error;
    const auto written = file.last_write_time(error);
    if (!error && (all || now - written > kLeftover)) unlink(file.path().c_str());
  });
}

void CodeCache::remove(std::string_view key) const {
  if (is_key(key) && trouble().empty()) unlink(path(key).c_str());
}

int64_t CodeCache::clear() const {
  const std::vector<Entry> all = entries();
  for (const Entry& e : all) remove(e.key);
  remove_leftovers(true);
  return static_cast<int64_t>(all.size());
}

}  // namespace lathe::runtime
