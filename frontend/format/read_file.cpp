#include "frontend/format/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "ir/error.h"

namespace lathe::detail {

namespace {

class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  int fd() const { return fd_; }
  /// What a regular file says of its size; 0 for others.
  size_t size_hint() const {
    struct stat status{};
    return ::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode)
               ? static_cast<size_t>(status.st_size)
               : 0;
  }

 private:
  int fd_;
};

}  // namespace

std::string read_file(const std::filesystem::path& path, const std::string& what, size_t most) {
  const auto fail = [&](int error) {
    throw Error("can't read " + what + ": " +
                std::error_code(error, std::generic_category()).message());
  };
  const OpenFile file(path);
  if (file.fd() < 0) fail(errno);
  std::string bytes;
  size_t done = 0;
  for (size_t room = file.size_hint() + 1;; room = std::max<size_t>(bytes.size(), 65536)) {
    // One byte beyond `most` tells that there is more.
    bytes.resize(std::min(bytes.size() + room, most + 1));
    ssize_t n = 0;
    while (done < bytes.size() &&
           (n = ::read(file.fd(), bytes.data() + done, bytes.size() - done))) {
      if (n > 0) done += static_cast<size_t>(n);
      if (n < 0 && errno != EINTR) fail(errno);
    }
    if (done > most)
      throw Error("can't read " + what + ": it has more than " + std::to_string(most) + " bytes");
    if (done < bytes.size()) break;
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace lathe::detail
