// Worker teams: every worker runs, barriers separate phases, idle threads cost nothing.
#include "runtime/worker_team.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "ir/error.h"

namespace lathe::runtime {
namespace {

using std::chrono::milliseconds;

class TeamOf : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Workers, TeamOf, testing::Values(1, 2, 3, 7, 16),
                         testing::PrintToStringParamName());

TEST_P(TeamOf, RunsEachWorkerOnceAndTheCallerAsWorkerZero) {
  WorkerTeam team(GetParam());
  EXPECT_EQ(team.workers(), GetParam());
  std::vector<int> calls(GetParam(), 0);  // each slot is written by one worker only
  std::vector<std::thread::id> ids(GetParam());
  for (int run = 1; run <= 200; ++run) {
    team.run([&](int64_t w) {
      ++calls[w];
      ids[w] = std::this_thread::get_id();
    });
    for (int c : calls) ASSERT_EQ(c, run);
  }
  EXPECT_EQ(ids[0], std::this_thread::get_id());
  for (int w = 1; w < GetParam(); ++w) EXPECT_NE(ids[w], ids[w - 1]);
}

// Each worker writes its slot, all meet, and each reads all slots: plain memory, so that TSan sees
// whether the barrier orders it. The parity of the round picks the array, which leaves one barrier
// a round.
TEST_P(TeamOf, BarrierOrdersTenThousandPhases) {
  const int n = GetParam();
  WorkerTeam team(n);
  std::vector<int> slots[2] = {std::vector<int>(n, -1), std::vector<int>(n, -1)};
  std::vector<int64_t> wrong(n, 0);
  constexpr int kRounds = 10000;
  team.run([&](int64_t w) {
    for (int round = 0; round < kRounds; ++round) {
      std::vector<int>& now = slots[round % 2];
      now[w] = round;
      WorkerTeam::barrier(&team, w);
      for (int value : now) wrong[w] += value != round;
    }
  });
  for (int64_t count : wrong) EXPECT_EQ(count, 0);
}

TEST_P(TeamOf, BarrierWaitsForALateWorker) {
  const int n = GetParam();
  WorkerTeam team(n);
  int value = 0;
  std::vector<int> seen(n, -1);
  for (int late = 0; late < n; late += 2) {
    team.run([&](int64_t w) {
      if (w == late) {
        std::this_thread::sleep_for(milliseconds(2));  // the others have gone to sleep by now
        value = late + 1;
      }
      WorkerTeam::barrier(&team, w);
      seen[w] = value;
    });
    for (int s : seen) EXPECT_EQ(s, late + 1);
  }
}

TEST_P(TeamOf, StaysUsableAfterAnException) {
  const int n = GetParam();
  WorkerTeam team(n);
  try {
    team.run([&](int64_t w) { throw std::runtime_error("worker " + std::to_string(w)); });
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "worker 0");
  }
  EXPECT_THROW(team.run([&](int64_t w) {
    if (w == n - 1) throw std::out_of_range("last");
  }),
               std::out_of_range);
  std::vector<int> calls(n, 0);
  team.run([&](int64_t w) { ++calls[w]; });
  EXPECT_EQ(calls, std::vector<int>(n, 1));
}

TEST(WorkerTeam, RefusesImpossibleSizes) {
  for (int workers : {0, -1, 257, 1 << 20}) {
    try {
      WorkerTeam team(workers);
      FAIL() << workers;
    } catch (const Error& e) {
      EXPECT_EQ(std::string(e.what()),
                "cannot make a team of " + std::to_string(workers) + " workers, expected 1 to 256");
    }
  }
}

TEST(WorkerTeam, LargestTeamMeets) {
  WorkerTeam team(WorkerTeam::kMaxWorkers);
  EXPECT_EQ(team.spins(), usable_cores() >= WorkerTeam::kMaxWorkers);
  std::atomic<int> arrived{0};
  std::vector<int> seen(team.workers(), 0);
  team.run([&](int64_t w) {
    for (int round = 0; round < 3; ++round) {
      arrived.fetch_add(1);
      WorkerTeam::barrier(&team, w);
      seen[w] = arrived.load();
      WorkerTeam::barrier(&team, w);
    }
  });
  for (int s : seen) EXPECT_EQ(s, 3 * team.workers());
}

TEST(WorkerTeam, SpinsOnlyWithACoreForEachWorker) {
  EXPECT_GE(usable_cores(), 1);
  EXPECT_TRUE(WorkerTeam(1).spins());
  EXPECT_FALSE(WorkerTeam(std::min(usable_cores() + 1, WorkerTeam::kMaxWorkers)).spins());
}

double cpu_seconds(pthread_t thread) {
  clockid_t clock;
  EXPECT_EQ(pthread_getcpuclockid(thread, &clock), 0);
  timespec t{};
  EXPECT_EQ(clock_gettime(clock, &t), 0);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// By the CPU clocks of the threads themselves: whatever else the machine does, a sleeping thread's
// clock stands still.
TEST(WorkerTeam, IdleWorkersUseNoCpuAfterAMillisecond) {
  WorkerTeam team(4);
  std::vector<pthread_t> threads(4);
  team.run([&](int64_t w) { threads[w] = pthread_self(); });
  std::this_thread::sleep_for(milliseconds(1));
  std::vector<double> before(4);
  for (int w = 1; w < 4; ++w) before[w] = cpu_seconds(threads[w]);
  std::this_thread::sleep_for(milliseconds(50));
  // Room for a thread that a busy machine has not let finish its spin yet; spinning on would use
  // milliseconds.
  for (int w = 1; w < 4; ++w) EXPECT_LT(cpu_seconds(threads[w]) - before[w], 200e-6) << w;
}

TEST(WorkerTeam, WorkersWaitingAtABarrierSleep) {
  WorkerTeam team(2);
  pthread_t waiting{};
  double used = 0;
  team.run([&](int64_t w) {
    if (w == 1) waiting = pthread_self();
    WorkerTeam::barrier(&team, w);
    if (w == 0) {
      std::this_thread::sleep_for(milliseconds(2));
      const double before = cpu_seconds(waiting);
      std::this_thread::sleep_for(milliseconds(30));
      used = cpu_seconds(waiting) - before;
    }
    WorkerTeam::barrier(&team, w);
  });
  EXPECT_LT(used, 200e-6);
}

// Nor do those that are left out of a program.
TEST(WorkerTeam, RunsAloneWithoutWakingAnyone) {
  WorkerTeam team(3);
  std::vector<pthread_t> threads(3);
  team.run([&](int64_t w) { threads[w] = pthread_self(); });
  std::this_thread::sleep_for(milliseconds(2));
  std::vector<double> before(3);
  for (int w = 1; w < 3; ++w) before[w] = cpu_seconds(threads[w]);
  int calls = 0;
  for (int i = 0; i < 1000; ++i)
    team.run_alone([&](int64_t w) {
      EXPECT_EQ(w, 0);
      EXPECT_TRUE(pthread_equal(pthread_self(), threads[0]));
      ++calls;
    });
  EXPECT_EQ(calls, 1000);
  for (int w = 1; w < 3; ++w) EXPECT_LT(cpu_seconds(threads[w]) - before[w], 200e-6) << w;
  EXPECT_THROW(team.run_alone([](int64_t) { throw std::out_of_range("alone"); }),
               std::out_of_range);
  std::vector<int> together(3, 0);
  team.run([&](int64_t w) { ++together[w]; });
  EXPECT_EQ(together, std::vector<int>(3, 1));
}

#if defined(__linux__)
std::vector<int> cpus_here() {
  cpu_set_t set;
  EXPECT_EQ(pthread_getaffinity_np(pthread_self(), sizeof(set), &set), 0);
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  return cpus;
}

TEST(WorkerTeam, PinsEachWorkerToACoreWhereAsked) {
  const std::vector<int> usable = cpus_here();
  const int n = std::min(usable_cores() + 1, WorkerTeam::kMaxWorkers);  // one core has two
  for (const bool pin : {true, false}) {
    WorkerTeam team(n, pin);
    std::vector<std::vector<int>> cpus(n);
    const auto look = [&](int64_t w) { cpus[w] = cpus_here(); };
    team.run(look);
    for (int w = 0; w < n; ++w)
      EXPECT_EQ(cpus[w], pin ? std::vector<int>{usable[w % usable.size()]} : usable) << w;
    cpus[0].clear();
    team.run_alone(look);
    EXPECT_EQ(cpus[0], pin ? std::vector<int>{usable[0]} : usable);
    EXPECT_THROW(team.run([](int64_t) { throw std::out_of_range("pinned"); }), std::out_of_range);
    EXPECT_EQ(cpus_here(), usable);  // the caller is let go again
  }
}
#endif

TEST(WorkerTeam, RefusesAProgramInsideAProgram) {
  WorkerTeam team(2);
  EXPECT_THROW(team.run([&](int64_t w) {
    if (w == 0) team.run([](int64_t) {});
  }),
               InternalError);
  std::atomic<int> runs{0};
  team.run([&](int64_t) { runs.fetch_add(1); });
  EXPECT_EQ(runs.load(), 2);
}

TEST(WorkerTeam, WorkersBlockSignals) {
  WorkerTeam team(3);
  std::vector<int> blocked(3, -1);
  team.run([&](int64_t w) {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    blocked[w] = sigismember(&mask, SIGINT);
  });
  EXPECT_EQ(blocked, (std::vector<int>{0, 1, 1}));
}

TEST(WorkerTeam, CanBeRunFromAnotherThread) {
  WorkerTeam team(2);
  std::vector<int> calls(2, 0);
  std::thread([&] { team.run([&](int64_t w) { ++calls[w]; }); }).join();
  team.run([&](int64_t w) { ++calls[w]; });
  EXPECT_EQ(calls, (std::vector<int>{2, 2}));
}

// The child reports by its exit code: 0 only if running refuses, a new team works and the old one
// can be destroyed.
#if !defined(LATHE_SANITIZED_THREADS)  // TSan does not let a forked child start threads
TEST(WorkerTeam, RefusesToRunAfterFork) {
  auto team = std::make_unique<WorkerTeam>(3);
  team->run([](int64_t) {});
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    int failed = 1;
    try {
      team->run([](int64_t) {});
    } catch (const Error&) {
      failed = 0;
    }
    team.reset();
    std::atomic<int> calls{0};
    WorkerTeam(2).run([&](int64_t) { calls.fetch_add(1); });
    _exit(failed + (calls.load() != 2 ? 2 : 0));
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  std::atomic<int> calls{0};
  team->run([&](int64_t) { calls.fetch_add(1); });
  EXPECT_EQ(calls.load(), 3);
}
#endif

}  // namespace
}  // namespace lathe::runtime
