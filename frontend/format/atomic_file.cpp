#include "frontend/format/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "ir/error.h"

namespace lathe {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& target, int error) {
  throw Error("can't write " + target + ": " +
              std::error_code(error, std::generic_category()).message());
}

/// The file that `path` stands for: symbolic links are followed, so that they stay what they are.
/// Error for those that lead in a circle.
fs::path followed(fs::path path) {
  constexpr int kMostLinks = 40;  // as Linux
  std::error_code error;
  for (int i = 0; i < kMostLinks && fs::is_symlink(path, error); ++i)
    path = path.parent_path() / fs::read_symlink(path, error);
  if (fs::is_symlink(path, error)) fail(path.string(), ELOOP);
  return path;
}

void write_all(int fd, std::string_view bytes, const std::string& target) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail(target, n < 0 ? errno : ENOSPC);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

/// A file beside `path` that is removed unless it was renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& path) : target_(path.string()) {
    // The process's number tells apart writers of one file; O_EXCL what a crash left behind.
    for (int i = 0; i < 100 && fd_ < 0; ++i) {
      name_ = target_ + ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(i);
      fd_ = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (fd_ < 0 && errno != EEXIST) break;
    }
    if (fd_ < 0) fail(target_, errno);
    struct stat old{};
    if (::stat(target_.c_str(), &old) == 0) ::fchmod(fd_, old.st_mode & 0777);  // who may read it
  }
  ~TemporaryFile() {
    if (fd_ >= 0) ::close(fd_);
    if (!renamed_) ::unlink(name_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(std::string_view bytes) { write_all(fd_, bytes, target_); }

  void commit() {
    if (::fsync(fd_) != 0) fail(target_, errno);
    const int fd = fd_;
    fd_ = -1;
    if (::close(fd) != 0) fail(target_, errno);
    if (::rename(name_.c_str(), target_.c_str()) != 0) fail(target_, errno);
    renamed_ = true;
    sync_folder();
  }

 private:
  /// So that the new name outlives a crash. Not all file systems can; the file is whole anyway.
  void sync_folder() const {
    fs::path folder = fs::path(target_).parent_path();
    if (folder.empty()) folder = ".";
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    ::fsync(fd);
    ::close(fd);
  }

  std::string target_, name_;
  int fd_ = -1;
  bool renamed_ = false;
};

/// A pipe, a terminal, /dev/null: there is nothing to replace.
void write_device(const std::string& target, std::string_view bytes) {
  const int fd = ::open(target.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) fail(target, errno);
  try {
    write_all(fd, bytes, target);
  } catch (const Error&) {
    ::close(fd);
    throw;
  }
  if (::close(fd) != 0) fail(target, errno);
}

}  // namespace

void write_file_atomically(const fs::path& path, std::string_view bytes) {
  const fs::path target = followed(path);
  std::error_code error;
  const fs::file_status status = fs::status(target, error);
  if (fs::exists(status) && fs::is_other(status)) return write_device(target.string(), bytes);
  TemporaryFile file(target);
  file.write(bytes);
  file.commit();
}

}  // namespace lathe
