// Threads, the start and end of a program, and the barrier.
//
// All waiting goes through WaitWord. A thread that will sleep first counts itself in `sleepers_`
// and then looks at the word again; a writer first writes the word and then looks at `sleepers_`.
// Both do so sequentially consistent, so one of them sees the other, and nobody sleeps through a
// wake-up, while a write that nobody sleeps on costs no system call.
#include "runtime/worker_team.h"

#include <algorithm>
#include <chrono>
#include <climits>
#include <csignal>
#include <string>
#include <thread>

#include "ir/error.h"
#include "runtime/pinning.h"

#if defined(__linux__)
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif
#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace lathe::runtime {

namespace {

// A waiting thread looks at the word without pause for a few microseconds, then gives its core away
// between looks, and sleeps when the wait is longer than a sleep and its wake-up cost (60 to 90 us
// measured on a virtual machine). Sleeping sooner makes the woken worker the late one of the next
// phase, so that from then on somebody sleeps at every barrier. Yielding costs nothing on a free
// core and lets the late worker run where the system has put two workers on one core.
constexpr auto kSpinTime = std::chrono::microseconds(3);
constexpr auto kYieldTime = std::chrono::microseconds(100);
constexpr int kLooksPerClockRead = 16;

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

// Sleeps unless the word has changed already; may also return for no reason.
void sleep_while(std::atomic<uint32_t>& word, uint32_t seen) {
#if defined(__linux__)
  static_assert(sizeof(word) == sizeof(uint32_t));
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, seen, nullptr, nullptr, 0);
#else
  word.wait(seen, std::memory_order_seq_cst);
#endif
}

void wake_all(std::atomic<uint32_t>& word) {
#if defined(__linux__)
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
#else
  word.notify_all();
#endif
}

std::atomic<uint32_t> fork_count{0};

// Forks between the start of the process and now, as its descendants see it.
uint32_t forks_so_far() {
  static const int registered =
      pthread_atfork(nullptr, nullptr, [] { fork_count.fetch_add(1, std::memory_order_relaxed); });
  LATHE_CHECK(registered == 0, "pthread_atfork failed");
  return fork_count.load(std::memory_order_relaxed);
}

}  // namespace

int usable_cores() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void WaitWord::store(uint32_t value) {
  value_.store(value, std::memory_order_seq_cst);
  wake_sleepers();
}

uint32_t WaitWord::decrement() {
  const uint32_t left = value_.fetch_sub(1, std::memory_order_seq_cst) - 1;
  if (left == 0) wake_sleepers();
  return left;
}

void WaitWord::wake_sleepers() {
  if (sleepers_.load(std::memory_order_seq_cst) != 0) wake_all(value_);
}

void WaitWord::wait_while(uint32_t seen, bool spin) {
  if (value_.load(std::memory_order_acquire) != seen) return;
  if (spin) {
    const auto begin = std::chrono::steady_clock::now();
    auto waited = begin - begin;
    do {
      for (int i = 0; i < kLooksPerClockRead; ++i) {
        relax();
        if (value_.load(std::memory_order_acquire) != seen) return;
      }
      waited = std::chrono::steady_clock::now() - begin;
      if (waited > kSpinTime) std::this_thread::yield();
    } while (waited < kYieldTime);
  }
  sleepers_.fetch_add(1, std::memory_order_seq_cst);
  while (value_.load(std::memory_order_seq_cst) == seen) sleep_while(value_, seen);
  sleepers_.fetch_sub(1, std::memory_order_relaxed);
}

WorkerTeam::WorkerTeam(int workers, bool pin)
    : workers_(workers), spin_(workers <= usable_cores()), fork_count_(forks_so_far()) {
  if (workers < 1 || workers > kMaxWorkers) {
    throw Error("cannot make a team of " + std::to_string(workers) + " workers, expected 1 to " +
                std::to_string(kMaxWorkers));
  }
  const std::vector<int> cpus = pin ? usable_cpus() : std::vector<int>();
  threads_.resize(workers);
  threads_[0].team = this;
  // Signals are for the threads of the program that uses us: ours inherit a full mask.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int failed = 0;
  int made = 1;
  for (; made < workers; ++made) {
    Thread& t = threads_[made];
    t.team = this;
    t.worker = made;
    failed = pthread_create(&t.handle, nullptr, thread_main, &t);
    if (failed != 0) break;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (failed != 0) {
    threads_.resize(made);  // shrinks in place: running threads keep pointers into it
    end_threads();
    throw Error("cannot start worker thread " + std::to_string(made) + " of " +
                std::to_string(workers) + ": the system has no more threads to give");
  }
  if (!pin) return;
  caller_cpu_ = cpus[0];
  try {
    for (int w = 1; w < workers; ++w)
      runtime::pin(threads_[w].handle, cpus[static_cast<size_t>(w) % cpus.size()]);
  } catch (...) {
    end_threads();
    throw;
  }
}

WorkerTeam::~WorkerTeam() {
  if (fork_count_ == forks_so_far()) end_threads();
}

void WorkerTeam::end_threads() {
  if (threads_.size() < 2) return;
  program_ = nullptr;
  start_.store(start_.load() + 1);
  for (size_t i = 1; i < threads_.size(); ++i) pthread_join(threads_[i].handle, nullptr);
}

void* WorkerTeam::thread_main(void* thread) {
  Thread& self = *static_cast<Thread*>(thread);
  WorkerTeam& team = *self.team;
  for (uint32_t seen = 0;; ++seen) {
    team.start_.wait_while(seen, team.spin_);
    if (team.program_ == nullptr) return nullptr;
    team.call_program(self);
    team.pending_.decrement();
  }
}

void WorkerTeam::call_program(Thread& self) noexcept {
  try {
    program_(argument_, self.worker);
  } catch (...) {
    self.error = std::current_exception();
  }
}

void WorkerTeam::run_program(RawProgram program, void* argument, int workers) {
  const PinnedHere pinned(caller_cpu_);
  LATHE_CHECK(!running_.exchange(true, std::memory_order_acquire),
              "a worker team was asked to run two programs at once");
  if (workers_ > 1 && fork_count_ != forks_so_far()) {
    running_.store(false, std::memory_order_release);
    throw Error("a worker team of " + std::to_string(workers_) +
                " workers has no threads after fork: make a new one in the child process");
  }
  call_workers(program, argument, workers);
  std::exception_ptr first;
  for (Thread& t : threads_) {
    if (t.error && !first) first = t.error;
    t.error = nullptr;
  }
  running_.store(false, std::memory_order_release);
  if (first) std::rethrow_exception(first);
}

// Threads that are not woken never look at the program, so that one of worker 0 alone may stand there.
void WorkerTeam::call_workers(RawProgram program, void* argument, int workers) {
  program_ = program;
  argument_ = argument;
  if (workers > 1) {
    pending_.store(static_cast<uint32_t>(workers_ - 1));
    start_.store(start_.load() + 1);
  }
  call_program(threads_[0]);
  if (workers > 1)
    while (const uint32_t left = pending_.load()) pending_.wait_while(left, spin_);
}

void WorkerTeam::barrier(void* team, int64_t) {
  static_cast<WorkerTeam*>(team)->meet();
}

void WorkerTeam::meet() {
  // Nobody can move the epoch on before this worker has arrived, so this is the current one.
  const uint32_t epoch = epoch_.load();
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == static_cast<uint32_t>(workers_)) {
    arrived_.store(0, std::memory_order_relaxed);  // published by the epoch
    epoch_.store(epoch + 1);
  } else {
    epoch_.wait_while(epoch, spin_);
  }
}

}  // namespace lathe::runtime
