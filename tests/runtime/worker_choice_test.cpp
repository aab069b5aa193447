// Which calls run on one worker: by made-up times, and by those of a session.
#include "runtime/worker_choice.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

#include "runtime/executable.h"

namespace lathe::runtime {
namespace {

/// Calls of `steps` steps, which take `all` seconds a step on all workers and `one` on one.
int calls_alone(WorkerChoice& choice, int calls, double all, double one, int64_t steps = 1) {
  int alone = 0;
  for (int i = 0; i < calls; ++i) {
    alone += choice.alone();
    choice.took(steps, static_cast<double>(steps) * (choice.alone() ? one : all));
  }
  return alone;
}

TEST(WorkerChoice, TriesBothAndKeepsTheFaster) {
  WorkerChoice small;
  EXPECT_FALSE(small.alone());
  EXPECT_EQ(calls_alone(small, 3, 25e-6, 14e-6), 0);
  EXPECT_EQ(calls_alone(small, 500, 25e-6, 14e-6), 500);
  WorkerChoice larger;
  EXPECT_EQ(calls_alone(larger, 503, 60e-6, 100e-6), 3);
  WorkerChoice even;  // the other cores are left free
  calls_alone(even, 6, 50e-6, 51e-6);
  EXPECT_TRUE(even.alone());
}

TEST(WorkerChoice, NeverTriesLongStepsAlone) {
  WorkerChoice choice;
  EXPECT_EQ(calls_alone(choice, 5000, 1.5 * WorkerChoice::kLongStep, 1e-6), 0);
}

// The first call of all finds cold caches and sleeping workers.
TEST(WorkerChoice, JudgesByTheLeastTime) {
  WorkerChoice choice;
  choice.took(1, 3e-3);
  EXPECT_EQ(calls_alone(choice, 2, 25e-6, 14e-6), 0);
  EXPECT_TRUE(choice.alone());
  choice.took(1, 5e-3);  // something else ran
  choice.took(1, 14e-6);
  choice.took(1, 5e-3);
  EXPECT_TRUE(choice.alone());
}

TEST(WorkerChoice, NeedsNoMoreOfLongCalls) {
  WorkerChoice choice;
  choice.took(1000, 25e-3);
  EXPECT_TRUE(choice.alone());
  choice.took(1000, 40e-3);
  EXPECT_FALSE(choice.alone());
  EXPECT_EQ(calls_alone(choice, WorkerChoice::kCallsBetweenTrials, 25e-6, 1e-6, 1000), 0);
}

TEST(WorkerChoice, LooksAgainNowAndThen) {
  WorkerChoice choice;
  calls_alone(choice, 6, 25e-6, 14e-6);
  ASSERT_TRUE(choice.alone());
  // What was faster is slower now: it is found at the next trial, and not before.
  EXPECT_EQ(calls_alone(choice, WorkerChoice::kCallsBetweenTrials, 25e-6, 90e-6),
            WorkerChoice::kCallsBetweenTrials);
  EXPECT_EQ(calls_alone(choice, 6, 25e-6, 90e-6), 3);
  EXPECT_EQ(calls_alone(choice, 500, 25e-6, 90e-6), 0);
}

TEST(WorkerChoices, AreByBatchAndLength) {
  WorkerChoices choices;
  WorkerChoice& one = choices.of(32, 1);
  EXPECT_EQ(&choices.of(32, 1), &one);
  EXPECT_NE(&choices.of(33, 1), &one);
  EXPECT_NE(&choices.of(32, 2), &one);
  EXPECT_EQ(&choices.of(32, 2), &choices.of(32, 15));
  EXPECT_NE(&choices.of(32, 15), &choices.of(32, 16));
  EXPECT_EQ(&choices.of(32, 16), &choices.of(32, 1 << 20));
}

TEST(WorkerChoices, ForgetTheOneOutOfUse) {
  WorkerChoices choices;
  calls_alone(choices.of(1, 1), 6, 25e-6, 14e-6);
  calls_alone(choices.of(2, 1), 6, 25e-6, 14e-6);
  for (int64_t batch = 100; batch < 100 + WorkerChoices::kKept - 1; ++batch) {
    choices.of(batch, 1);
    EXPECT_TRUE(choices.of(1, 1).alone());
  }
  EXPECT_FALSE(choices.of(2, 1).alone());
}

void spin_for(std::chrono::microseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

/// Of `entries` of its function each does steps that take 100 µs on the side that it makes slow, and
/// counts the workers that enter it.
std::atomic<int64_t> entered{0};
template <bool kSlowAlone>
void entry(const Call* c, int64_t worker) {
  entered.fetch_add(1);
  for (int64_t step = 0; step * c->batch < c->total; ++step) {
    if (worker == 0) {
      if ((c->workers == 1) == kSlowAlone) spin_for(std::chrono::microseconds(100));
      static_cast<int64_t*>(c->outputs[0])[step] = step;
      *c->steps_done = step + 1;
    }
  }
}

class OneSideSlow : public Executable {
 public:
  const std::vector<FunctionInfo>& functions() const override { return functions_; }
  const std::vector<StateInfo>& states() const override { return states_; }
  Entry entry(int function) const override {
    return function == 0 ? runtime::entry<false> : runtime::entry<true>;
  }

 private:
  static FunctionInfo info(const char* name) {
    return {.name = name, .params = {}, .outputs = {{"step", {DType::I64, {}}}}};
  }
  std::vector<FunctionInfo> functions_ = {info("slow_together"), info("slow_alone")};
  std::vector<StateInfo> states_;
};

// However noisy the machine is, one of the first trials sees both sides undisturbed.
TEST(Session, RunsShortStepsOnTheFasterSide) {
  const auto code = std::make_shared<OneSideSlow>();
  Session session(code, std::make_shared<StateStore>(*code), std::make_shared<WorkerTeam>(2));
  constexpr int64_t kSteps = 20;
  std::vector<int64_t> out(kSteps);
  void* outputs[] = {out.data()};
  for (const int function : {0, 1}) {
    const int64_t faster = function == 0 ? 1 : 2;
    int64_t calls = 0, workers = 0, streak = 0;
    entered.store(0);
    while (streak < 20 && calls < 5 * WorkerChoice::kCallsBetweenTrials) {
      std::fill(out.begin(), out.end(), -1);
      ASSERT_EQ(session.run(function, {}, outputs, 1, kSteps), kSteps);
      EXPECT_EQ(out.back(), kSteps - 1);
      const RunCounts counts = session.counts(function);
      EXPECT_EQ(counts.entries, ++calls);
      EXPECT_EQ(counts.steps, calls * kSteps);
      workers += counts.workers;
      ASSERT_EQ(entered.load(), workers);
      // The trial is over when 3 calls and 3 calls have been timed.
      streak = calls > 6 && counts.workers == faster ? streak + 1 : 0;
    }
    EXPECT_EQ(streak, 20) << "function " << function;
  }
}

TEST(Session, OfOneWorkerHasNoChoice) {
  const auto code = std::make_shared<OneSideSlow>();
  Session session(code, std::make_shared<StateStore>(*code), std::make_shared<WorkerTeam>(1));
  int64_t out = -1;
  void* outputs[] = {&out};
  for (int i = 0; i < 10; ++i) ASSERT_EQ(session.run(1, {}, outputs, 1, 1), 1);
  EXPECT_EQ(session.counts(1).workers, 1);
  EXPECT_EQ(session.counts(1).entries, 10);
}

}  // namespace
}  // namespace lathe::runtime
