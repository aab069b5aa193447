#include "tools/cli/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "ir/error.h"

namespace lathe::cli {
namespace {

[[noreturn]] void fail_errno(const std::string& what) {
  throw Error(fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

std::string read_file(const std::string& path, size_t most) {
  const bool standard = path == "-";
  const std::string name = standard ? "standard input" : path;
  const int fd = standard ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail_errno(fmt::format("can't read {}", name));
  std::string bytes;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t n = read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    const int error = errno;
    if (n <= 0 || bytes.size() + static_cast<size_t>(n) > most) {
      if (!standard) close(fd);
      if (n == 0) return bytes;
      if (n > 0) throw Error(fmt::format("{}: is larger than {} bytes", name, most));
      errno = error;
      fail_errno(fmt::format("can't read {}", name));
    }
    bytes.append(buffer.data(), static_cast<size_t>(n));
  }
}

}  // namespace lathe::cli
