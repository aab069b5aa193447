#include "runtime/pinning.h"

#include <string>

#include "ir/error.h"

namespace lathe::runtime {

#if defined(__linux__)

namespace {

cpu_set_t affinity_here() {
  cpu_set_t set;
  if (pthread_getaffinity_np(pthread_self(), sizeof(set), &set) != 0)
    throw Error("cannot pin threads: the system does not say which cpus may be used");
  return set;
}

}  // namespace

std::vector<int> usable_cpus() {
  const cpu_set_t set = affinity_here();
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  return cpus;
}

void pin(pthread_t thread, int cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  if (pthread_setaffinity_np(thread, sizeof(one), &one) != 0)
    throw Error("cannot pin a worker to cpu " + std::to_string(cpu) + ": the system refuses");
}

PinnedHere::PinnedHere(int cpu) {
  if (cpu < 0) return;
  before_ = affinity_here();
  pin(pthread_self(), cpu);
  pinned_ = true;
}

PinnedHere::~PinnedHere() {
  if (pinned_) pthread_setaffinity_np(pthread_self(), sizeof(before_), &before_);
}

#else

std::vector<int> usable_cpus() {
  throw Error("cannot pin threads on this system");
}
void pin(pthread_t, int) {
  throw Error("cannot pin threads on this system");
}
PinnedHere::PinnedHere(int cpu) {
  if (cpu >= 0) pin(pthread_self(), cpu);
}
PinnedHere::~PinnedHere() = default;

#endif

}  // namespace lathe::runtime
