// A persistent team of threads that runs SPMD programs, and the barrier those programs meet at.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <type_traits>
#include <vector>

namespace lathe::runtime {

/// Logical CPUs this process may run on (its affinity mask), at least 1.
int usable_cores();

/// A 32-bit word that threads can wait on: they spin for a few microseconds, yield their core
/// for about a hundred, then sleep.
class alignas(64) WaitWord {
 public:
  uint32_t load() const { return value_.load(std::memory_order_acquire); }
  /// Writes the word and wakes whoever sleeps on it. Releases what was written before.
  void store(uint32_t value);
  /// Subtracts 1 and returns what is left; wakes the sleepers when that is 0.
  uint32_t decrement();
  /// Returns once the word is not `seen`; acquires. With `spin` false it sleeps at once.
  void wait_while(uint32_t seen, bool spin);

 private:
  void wake_sleepers();

  std::atomic<uint32_t> value_{0};
  std::atomic<uint32_t> sleepers_{0};
};

/// `workers` threads, of which the one that calls `run` is worker 0. The others are started by the
/// constructor, sleep while there is nothing to run, and end with the team. They block all signals.
///
/// One `run` at a time, from any thread, never from inside a program. After fork the child has none
/// of the threads: there a team of more than one worker may only be destroyed.
class WorkerTeam {
 public:
  static constexpr int kMaxWorkers = 256;

  /// Throws Error unless 1 <= workers <= kMaxWorkers, or if the system has no thread left.
  /// `pin`: worker w stays on usable CPU number w, counted round and round where there are fewer; the
  /// thread that calls `run` only while it does. Throws Error if the system can't.
  explicit WorkerTeam(int workers, bool pin = false);
  ~WorkerTeam();
  WorkerTeam(const WorkerTeam&) = delete;
  WorkerTeam& operator=(const WorkerTeam&) = delete;

  int workers() const { return workers_; }
  /// False where there are more workers than cores: then waiting threads sleep at once.
  bool spins() const { return spin_; }

  /// Calls `program(int64_t worker)` once on every worker and returns when all have returned.
  /// Allocates nothing. If workers throw, the exception of the lowest-numbered one is rethrown, so
  /// a program may throw where no other worker can be left waiting for it at a barrier.
  template <class Program>
  void run(Program&& program) {
    run_program(raw<Program>, const_cast<void*>(static_cast<const void*>(std::addressof(program))),
                workers_);
  }

  /// The same for worker 0 alone, the calling thread: nobody else is woken. The program meets at no
  /// barrier.
  template <class Program>
  void run_alone(Program&& program) {
    run_program(raw<Program>, const_cast<void*>(static_cast<const void*>(std::addressof(program))),
                1);
  }

  /// Returns when every worker of the team (a WorkerTeam*) has called it; what any of them wrote
  /// before, all see after. Only for the workers of a running program. The type is that of
  /// `Call::barrier`.
  static void barrier(void* team, int64_t worker);

 private:
  using RawProgram = void (*)(void* argument, int64_t worker);
  struct Thread {
    WorkerTeam* team = nullptr;
    int64_t worker = 0;
    pthread_t handle{};
    std::exception_ptr error;
  };

  template <class Program>
  static void raw(void* program, int64_t worker) {
    (*static_cast<std::remove_reference_t<Program>*>(program))(worker);
  }

  /// On all workers, or on the first alone.
  void run_program(RawProgram program, void* argument, int workers);
  void call_workers(RawProgram program, void* argument, int workers);
  void call_program(Thread& self) noexcept;
  void meet();
  static void* thread_main(void* thread);
  void end_threads();

  int workers_;
  bool spin_;
  int caller_cpu_ = -1;           ///< where worker 0 is pinned; -1: nowhere
  uint32_t fork_count_;           ///< forks seen when the threads were made
  RawProgram program_ = nullptr;  ///< null tells the threads to end
  void* argument_ = nullptr;
  std::vector<Thread> threads_;  ///< one a worker; that of worker 0 has no handle
  std::atomic<bool> running_{false};

  WaitWord start_;                                ///< goes up by one with each program
  WaitWord pending_;                              ///< threads that have not finished the program
  WaitWord epoch_;                                ///< goes up by one with each barrier
  alignas(64) std::atomic<uint32_t> arrived_{0};  ///< workers that wait at the barrier
};

}  // namespace lathe::runtime
