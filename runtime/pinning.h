// Threads that stay on one core.
#pragma once

#include <pthread.h>

#include <vector>

namespace lathe::runtime {

/// The numbers of the logical CPUs that this process may run on, ascending. Error where the system
/// does not tell.
std::vector<int> usable_cpus();

/// Lets `thread` run on that CPU alone. Error if the system refuses.
void pin(pthread_t thread, int cpu);

/// Pins the calling thread for as long as this lives, then lets it run where it could before. Does
/// nothing for a `cpu` of -1.
class PinnedHere {
 public:
  explicit PinnedHere(int cpu);
  ~PinnedHere();
  PinnedHere(const PinnedHere&) = delete;
  PinnedHere& operator=(const PinnedHere&) = delete;

 private:
#if defined(__linux__)
  cpu_set_t before_;
#endif
  bool pinned_ = false;
};

}  // namespace lathe::runtime
