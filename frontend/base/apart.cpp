#include "frontend/base/apart.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "ir/error.h"

namespace lathe::detail {

namespace {

/// How a report begins: the work is done, or what it threw comes behind.
constexpr char kDone = '+', kThrew = '-';
constexpr size_t kMostMessage = 64 * 1024;

[[noreturn]] void cannot(const char* what) {
  throw Error(std::string("can't ") + what + ": " + std::strerror(errno));
}

/// A descriptor that is closed in the end.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

void limit(decltype(RLIMIT_CPU) what, rlim_t most) {
  const rlimit both{most, most};
  setrlimit(what, &both);
}

[[noreturn]] void be_the_child(const std::function<void()>& work, unsigned seconds, int to) {
  // What a dying library says would stand beside the one error that there is to be.
  const int nowhere = ::open("/dev/null", O_WRONLY);
  if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, seconds);
  std::string report(1, kDone);
  try {
    work();
  } catch (const Error& e) {
    report = kThrew + std::string(e.what()).substr(0, kMostMessage);
  } catch (...) {  // such as no memory: nothing to say
    report.clear();
  }
  _exit(::write(to, report.data(), report.size()) < 0 ? 1 : 0);
}

/// All that is written until nobody can write any more.
std::string read_all(int from) {
  std::string all;
  char part[4096];
  for (;;) {
    const ssize_t got = ::read(from, part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return all;
    all.append(part, static_cast<size_t>(got));
  }
}

}  // namespace

SharedMemory::SharedMemory(size_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) cannot("get memory");
  data_ = p;
}

SharedMemory::~SharedMemory() {
  if (data_) munmap(data_, bytes_);
}

void run_apart(const std::function<void()>& work, unsigned seconds, const std::string& failure) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) cannot("make a pipe");
  Descriptor read_end(ends[0]), write_end(ends[1]);
  const pid_t child = fork();
  if (child < 0) cannot("start a process");
  if (child == 0) be_the_child(work, seconds, write_end.get());
  write_end.close();
  const std::string report = read_all(read_end.get());
  // How it ended is not asked: a program that ignores SIGCHLD would not be told.
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
  if (report == std::string(1, kDone)) return;
  throw Error(report.size() > 1 ? report.substr(1) : failure);
}

}  // namespace lathe::detail
