#include "frontend/data/download.h"
#include "frontend/format/made_folders.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "frontend/data/http_get.h"
#include "frontend/data/sha256.h"
#include "ir/error.h"

namespace lathe::data {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_errno(const fs::path& path, const char* what) {
  throw Error(fmt::format("{}: {}: {}", path.string(), what, std::strerror(errno)));
}

/// `NAME.part`, open for writing and locked against a second process that fetches the same file.
class PartFile {
 public:
  explicit PartFile(fs::path path) : path_(std::move(path)) {
    do {
      if (fd_ >= 0) ::close(fd_);
      fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
      if (fd_ < 0) fail_errno(path_, "can't be written");
      if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
        ::close(fd_);
        throw Error(path_.string() + ": is being fetched by another process");
      }
      // Another process may have renamed the file between the two calls: then it is no part file.
    } while (!still_named());
  }
  ~PartFile() { ::close(fd_); }
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  int fd() const { return fd_; }
  const fs::path& path() const { return path_; }

  uint64_t size() const {
    struct stat status{};
    if (::fstat(fd_, &status) != 0) fail_errno(path_, "can't be read");
    return static_cast<uint64_t>(status.st_size);
  }

  void clear() {
    if (::ftruncate(fd_, 0) != 0) fail_errno(path_, "can't be written");
  }

  void become(const fs::path& final_path) {
    if (::fsync(fd_) != 0) fail_errno(path_, "can't be written");
    if (::rename(path_.c_str(), final_path.c_str()) != 0) {
      fail_errno(final_path, "can't be written");
    }
  }

  /// Leaves bytes for a later attempt, but no empty file.
  void discard_if_empty() {
    if (size() == 0) ::unlink(path_.c_str());
  }

 private:
  bool still_named() const {
    struct stat by_fd{}, by_name{};
    return ::fstat(fd_, &by_fd) == 0 && ::stat(path_.c_str(), &by_name) == 0 &&
           by_fd.st_ino == by_name.st_ino && by_fd.st_dev == by_name.st_dev;
  }

  fs::path path_;
  int fd_ = -1;
};

std::string joined(const std::string& base, const std::string& name) {
  return base + (base.ends_with('/') ? "" : "/") + name;
}

/// Tries one mirror; returns nothing, the part file then being right, or why it failed.
std::string try_mirror(const RemoteFile& file, const std::string& mirror, PartFile& part,
                       const DownloadOptions& options) {
  HttpRequest request;
  request.url = joined(mirror, file.name);
  request.expected_bytes = file.bytes;
  request.connect_timeout_ms = options.connect_timeout_ms;
  request.stall_timeout_s = options.stall_timeout_s;
  if (options.progress) {
    request.progress = [&](uint64_t done) { options.progress(file.name, done, file.bytes); };
  }
  // What was resumed may itself have been wrong, or the server bad at ranges: then the mirror gets
  // a second chance, from the first byte.
  while (true) {
    const bool resumed = part.size() > 0;
    HttpResult result = http_get(request, part.fd(), part.size());
    if (result.outcome == HttpOutcome::Interrupted) return result.failure;
    if (result.outcome == HttpOutcome::Done) {
      if (sha256_of_file(part.path()) == file.sha256) return {};
      result.failure = "sends a file with another sha256";
    }
    part.clear();
    if (!resumed) return result.failure;
  }
}

void download_file(const RemoteFile& file, const fs::path& folder, const DownloadOptions& options) {
  const fs::path path = folder / file.name;
  const auto report_done = [&] {
    if (options.progress) options.progress(file.name, file.bytes, file.bytes);
  };
  std::error_code error;
  if (fs::is_regular_file(path, error) && fs::file_size(path, error) == file.bytes &&
      sha256_of_file(path) == file.sha256) {
    return report_done();
  }
  PartFile part(folder / (file.name + ".part"));
  if (part.size() >= file.bytes) {  // complete, but an earlier run did not come to rename it?
    if (part.size() == file.bytes && sha256_of_file(part.path()) == file.sha256) {
      part.become(path);
      return report_done();
    }
    part.clear();
  }
  std::string failures;
  for (const std::string& mirror : options.mirrors) {
    std::string failure;
    try {
      failure = try_mirror(file, mirror, part, options);
    } catch (const Error& e) {
      throw Error(fmt::format("{}: {}", part.path().string(), e.what()));
    }
    if (failure.empty()) return part.become(path);
    failures += fmt::format("{}{}: {}", failures.empty() ? "" : "; ", mirror, failure);
  }
  part.discard_if_empty();
  throw Error(fmt::format("{}: can't be fetched: {}", file.name,
                          failures.empty() ? "no mirror is known" : failures));
}

void check_known(std::string_view name) {
  const std::vector<std::string> known = downloadable_datasets();
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  throw Error(fmt::format("there is no data set '{}' to fetch, expected one of: {}", name,
                          fmt::join(known, ", ")));
}

}  // namespace

std::vector<std::string> downloadable_datasets() {
  return {
#define DATASET(name, text) name,
#include "frontend/data/datasets.def"
  };
}

std::string dataset_text(std::string_view name) {
  check_known(name);
  std::string found;
#define DATASET(set, text) \
  if (name == (set)) found = text;
#include "frontend/data/datasets.def"
  return found;
}

std::vector<RemoteFile> dataset_files(std::string_view name) {
  check_known(name);
  std::vector<RemoteFile> files;
#define DATASET_FILE(dataset, file, bytes, sha256) \
  if (name == (dataset)) files.push_back({file, bytes, sha256});
#include "frontend/data/datasets.def"
  return files;
}

std::vector<std::string> dataset_mirrors(std::string_view name) {
  check_known(name);
  std::vector<std::string> mirrors;
#define MIRROR(dataset, url) \
  if (name == (dataset)) mirrors.push_back(url);
#include "frontend/data/datasets.def"
  return mirrors;
}

fs::path download_dataset(std::string_view name, const fs::path& folder,
                          const DownloadOptions& options) {
  DownloadOptions own = options;
  const std::vector<RemoteFile> files = dataset_files(name);
  if (own.mirrors.empty()) own.mirrors = dataset_mirrors(name);
  download_files(files, folder / name, own);
  return folder / name;
}

void download_files(const std::vector<RemoteFile>& files, const fs::path& folder,
                    const DownloadOptions& options) {
  std::error_code error;
  const MadeFolders made(folder, error);
  if (error) throw Error(fmt::format("{}: can't be made: {}", folder.string(), error.message()));
  try {
    for (const RemoteFile& file : files) download_file(file, folder, options);
  } catch (...) {
    made.remove_empty();  // where nothing came
    throw;
  }
}

}  // namespace lathe::data
