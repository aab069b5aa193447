// State stores and sessions, with a hand-written entry standing in for compiled code: streams,
// slots, ragged last steps, many steps in one entry, the stop flag, errors, and no allocation in a
// run.
#include "runtime/executable.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/error_of.h"
#include "tests/runtime/allocation_count.h"
#include "tests/runtime/hand_compiled.h"

namespace lathe::runtime {
namespace {

using test::error_of;

// A session of the hand-written executable, with buffers for `total` rows.
struct Fixture {
  explicit Fixture(int workers, int64_t total = 0)
      : session(executable, std::make_shared<StateStore>(*executable),
                std::make_shared<WorkerTeam>(workers)),
        x(3 * total + 1),
        y(3 * total + 1, -1.0f),
        sums(total + 1, -1.0f),
        spans(2 * total + 1, -1) {
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i + 1);
    stop_flag.store(0);
    stop_at_step.store(-1);
  }

  int64_t train(int64_t batch, int64_t total, const std::atomic<int32_t>* stop = nullptr,
                int watched = -1) {
    const void* params[] = {x.data(), data.data(), &scale};
    void* outputs[] = {y.data(), sums.data(), spans.data()};
    return session.run(kTrain, params, outputs, batch, total, 2, stop, watched);
  }

  std::shared_ptr<HandCompiled> executable = std::make_shared<HandCompiled>();
  Session session;
  std::vector<float> x, y, sums;
  std::vector<int32_t> spans;
  std::vector<float> data = {100, 200, 300, 400};
  float scale = 2;
};

class SessionOf : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Workers, SessionOf, testing::Values(1, 2, 3, 7, 16),
                         testing::PrintToStringParamName());

TEST_P(SessionOf, RunsAllStepsInOneEntryWithARaggedLastOne) {
  for (const auto& [batch, total] : std::vector<std::pair<int64_t, int64_t>>{
           {1, 1}, {1, 5}, {3, 3}, {3, 10}, {8, 8}, {8, 1}, {8, 101}, {5, 64}}) {
    SCOPED_TRACE("batch " + std::to_string(batch) + " total " + std::to_string(total));
    Fixture f(GetParam(), total);
    entry_calls.store(0);
    const int64_t steps = (total + batch - 1) / batch;
    ASSERT_EQ(f.train(batch, total), steps);
    EXPECT_EQ(entry_calls.load(), GetParam());  // once a worker, however many steps
    EXPECT_EQ(f.session.counts(kTrain).entries, 1);
    EXPECT_EQ(f.session.counts(kTrain).steps, steps);
    EXPECT_EQ(f.session.counts(kProbe).entries, 0);
    for (int64_t i = 0; i < 3 * total; ++i) ASSERT_EQ(f.y[i], 2 * f.x[i]);
    for (int64_t s = 0; s < steps; ++s) {
      const int64_t first = s * batch, rows = std::min(batch, total - first);
      float sum = 1000;
      for (int64_t i = 3 * first; i < 3 * (first + rows); ++i) sum += f.x[i];
      EXPECT_EQ(f.sums[s], sum);  // small whole numbers: any order gives the same
      EXPECT_EQ(f.spans[2 * s], first);
      EXPECT_EQ(f.spans[2 * s + 1], rows);
    }
    // Nothing beyond the last row and slot was written.
    EXPECT_EQ(f.y[3 * total], -1.0f);
    EXPECT_EQ(f.sums[steps], -1.0f);
    EXPECT_EQ(f.spans[2 * steps], -1);
    EXPECT_EQ(f.session.states().get("count").data<int64_t>()[0], steps);
    const Tensor w = f.session.states().get("w");
    for (float v : w.data<float>()) EXPECT_EQ(v, static_cast<float>(steps));
  }
}

TEST_P(SessionOf, AllocatesNothing) {
  if (!LATHE_COUNTS_ALLOCATIONS) GTEST_SKIP() << "a sanitizer owns malloc";
  Fixture f(GetParam(), 101);
  std::atomic<int32_t> stop{0};
  const int64_t before_new = allocations_so_far();
  delete new int;  // the count counts
  const auto probe = std::make_unique<std::vector<int>>(3);
  ASSERT_GE(allocations_so_far() - before_new, 2);
  int64_t steps = 0;
  const int64_t before = allocations_so_far();
  for (int run = 0; run < 10; ++run) steps += f.train(8, 101, &stop);
  EXPECT_EQ(allocations_so_far() - before, 0);
  EXPECT_EQ(steps, 130);
}

TEST_P(SessionOf, StopsAfterTheStepInWhichTheFlagWasSet) {
  Fixture f(GetParam(), 100);
  stop_at_step.store(3);
  EXPECT_EQ(f.train(4, 100, &stop_flag), 4);
  EXPECT_EQ(f.sums[4], -1.0f);
  EXPECT_EQ(f.spans[8], -1);
  EXPECT_EQ(f.session.states().get("count").data<int64_t>()[0], 4);
  // A flag that is set already lets one step pass; without a flag all are run.
  stop_at_step.store(-1);
  EXPECT_EQ(f.train(4, 100, &stop_flag), 1);
  EXPECT_EQ(f.train(4, 100), 25);
  stop_flag.store(0);
  EXPECT_EQ(f.train(4, 100, &stop_flag), 25);
}

TEST_P(SessionOf, EndsAfterTheStepWhoseWatchedOutputIsNotFinite) {
  constexpr int kSum = 1;
  for (float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                    -std::numeric_limits<float>::infinity()}) {
    for (int64_t step : {0, 3, 24}) {
      Fixture f(GetParam(), 100);
      f.x[3 * 4 * step + 5] = bad;
      EXPECT_EQ(f.train(4, 100, nullptr, kSum), step + 1);
      EXPECT_FALSE(std::isfinite(f.sums[step]));
      EXPECT_EQ(f.sums[step + 1], -1.0f);
      EXPECT_EQ(f.session.states().get("count").data<int64_t>()[0], step + 1);
      EXPECT_EQ(f.session.counts(kTrain).steps, step + 1);
      EXPECT_EQ(f.train(4, 100), 25);  // unwatched, all are run
    }
  }
  Fixture f(GetParam(), 100);
  f.x[0] = std::numeric_limits<float>::max();  // large is not infinite
  EXPECT_EQ(f.train(4, 100, nullptr, kSum), 25);
}

TEST(Session, StopFlagFromAnotherThreadEndsALongRun) {
  constexpr int64_t total = 500000;
  Fixture f(2, total);
  std::atomic<int32_t> stop{0};
  entry_calls.store(0);
  std::thread interrupter([&] {
    while (entry_calls.load() == 0) std::this_thread::yield();
    stop.store(1);
  });
  const int64_t done = f.train(1, total, &stop);
  interrupter.join();
  EXPECT_GE(done, 1);
  EXPECT_EQ(f.session.states().get("count").data<int64_t>()[0], done);
  EXPECT_EQ(f.sums[done], -1.0f);
}

TEST_P(SessionOf, EveryWorkerHasTheModeAndTheCallerGetsItsOwnBack) {
  Fixture f(GetParam());
  Tensor tiny(DType::F32, {16});
  tiny.fill(7.0f);
  void* outputs[] = {tiny.raw()};
  EXPECT_EQ(f.session.run(kProbe, {}, outputs, 1, 1), 1);
  for (int w = 0; w < 16; ++w) EXPECT_EQ(tiny.data<float>()[w], w < GetParam() ? 0.0f : 1.0f);
  volatile float denormal = std::numeric_limits<float>::denorm_min();
  EXPECT_GT(denormal + denormal, 0.0f);
}

TEST(Session, NoRowsIsNoStep) {
  Fixture f(2, 4);
  entry_calls.store(0);
  EXPECT_EQ(f.train(4, 0), 0);
  EXPECT_EQ(entry_calls.load(), 0);
}

TEST(Session, FunctionsShareStatesAndTeam) {
  Fixture f(3, 8);
  const auto team = f.session.team();
  auto store = std::make_shared<StateStore>(std::vector<StateInfo>{
      {"extra", {DType::F32, {4}}, {}},
      {"count", {DType::I64, {}}, {}},
      {"w", {DType::F32, {2, 5}}, Layout::panels(3)},
  });  // another order, and one more
  Session first(f.executable, store, team), second(f.executable, store, team);
  const void* params[] = {f.x.data(), f.data.data(), &f.scale};
  void* outputs[] = {f.y.data(), f.sums.data(), f.spans.data()};
  EXPECT_EQ(first.run(kTrain, params, outputs, 4, 8, 2), 2);
  EXPECT_EQ(second.run(kTrain, params, outputs, 2, 8, 2), 4);
  EXPECT_EQ(store->get("count").data<int64_t>()[0], 6);
  EXPECT_EQ(store->get("w").data<float>()[9], 6.0f);
  EXPECT_EQ(f.session.states().get("count").data<int64_t>()[0], 0);
}

TEST(Session, RefusesBadCallsBeforeAnyStep) {
  Fixture f(2, 20);
  entry_calls.store(0);
  const void* params[] = {f.x.data(), f.data.data(), &f.scale};
  void* outputs[] = {f.y.data(), f.sums.data(), f.spans.data()};
  const auto run = [&](int64_t batch, int64_t total, int64_t rows) {
    return error_of([&] { f.session.run(kTrain, params, outputs, batch, total, rows); });
  };
  EXPECT_EQ(run(9, 20, 2), "cannot run function 'train': batch 9 is not in 1 to 8");
  EXPECT_EQ(run(0, 20, 2), "cannot run function 'train': batch 0 is not in 1 to 8");
  EXPECT_EQ(run(4, -1, 2), "cannot run function 'train': -1 rows in all");
  EXPECT_EQ(run(4, 20, 0), "cannot run function 'train': a resident data set of 0 rows");
  EXPECT_EQ(error_of([&] { f.session.run(3, params, outputs, 4, 20, 2); }),
            "there is no function 3, expected 0 to 2");
  EXPECT_EQ(error_of([&] {
              f.session.run(kTrain, std::span<const void* const>(params, 2), outputs, 4, 20, 2);
            }),
            "cannot run function 'train': 2 parameters given, expected 3");
  EXPECT_EQ(error_of([&] {
              f.session.run(kTrain, params, std::span<void* const>(outputs, 1), 4, 20, 2);
            }),
            "cannot run function 'train': 1 outputs given, expected 3");
  EXPECT_EQ(error_of([&] { f.train(4, 20, nullptr, 0); }),
            "cannot run function 'train': output 'y' of type f32[B,3] can't be watched, expected "
            "f32[]");
  EXPECT_EQ(error_of([&] { f.train(4, 20, nullptr, 3); }),
            "cannot run function 'train': there is no output 3 to watch");
  params[1] = nullptr;
  EXPECT_EQ(run(4, 20, 2), "cannot run function 'train': parameter 'data' is null");
  params[1] = reinterpret_cast<const char*>(f.data.data()) + 1;
  EXPECT_EQ(run(4, 20, 2),
            "cannot run function 'train': parameter 'data' of type f32[N,2] is not aligned to its "
            "elements");
  EXPECT_EQ(entry_calls.load(), 0);
  EXPECT_EQ(f.session.states().get("count").data<int64_t>()[0], 0);
}

TEST(Session, NeedsItsStates) {
  const auto executable = std::make_shared<HandCompiled>();
  const auto team = std::make_shared<WorkerTeam>(1);
  const StateInfo count{"count", {DType::I64, {}}, {}};
  const auto with = [&](std::vector<StateInfo> states) {
    return error_of(
        [&] { Session(executable, std::make_shared<StateStore>(std::move(states)), team); });
  };
  EXPECT_EQ(with({count}), "the executable needs state 'w', which is not there");
  EXPECT_EQ(with({count, {"w", {DType::F32, {2, 5}}, {}}}),
            "state 'w' is f32[2,5] in layout rows, the executable needs f32[2,5] in layout "
            "panels(3)");
  EXPECT_EQ(with({count, {"w", {DType::F32, {2, 5}}, Layout::panels(3)}}), "");
}

#if defined(LATHE_DEBUG)
TEST_P(SessionOf, DebugBuildsSeeWritesBehindArenaAndScratch) {
  for (int32_t where : {0, 1}) {
    Fixture f(GetParam());
    const void* params[] = {&where};
    try {
      f.session.run(kOverrun, params, {}, 1, 1);
      ADD_FAILURE() << "the write went unseen";
    } catch (const InternalError& e) {
      const std::string want = where == 0 ? "behind the 16384 bytes of the arena"
                                          : "behind the 192 bytes of the scratch of worker " +
                                                std::to_string(GetParam() - 1);
      EXPECT_NE(std::string(e.what()).find(want), std::string::npos) << e.what();
    }
  }
}
#endif

TEST(Executable, FindsFunctions) {
  const HandCompiled e;
  EXPECT_EQ(e.find_function("train"), kTrain);
  EXPECT_EQ(e.find_function("probe"), kProbe);
  EXPECT_EQ(e.find_function("predict"), -1);
}

TEST(StateStore, SetsAndGetsTheLogicalTensor) {
  StateStore store{HandCompiled()};
  EXPECT_EQ(store.get("w"), Tensor(DType::F32, {2, 5}));
  const Tensor w =
      Tensor::from({1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f, 7.0f, 8.0f, 9.0f, 10.0f}, {2, 5});
  store.set("w", w);
  EXPECT_EQ(store.get("w"), w);
  const float* const physical = static_cast<const float*>(store.pointers()[0]);
  const std::vector<float> want = {1, 2, 3, 6, 7, 8, 4, 5, 0, 9, 10, 0};
  EXPECT_EQ(std::vector<float>(physical, physical + 12), want);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(physical) % kAlignment, 0u);
  store.set("count", Tensor::from({int64_t{-5}}, {}));
  EXPECT_EQ(store.get("count").data<int64_t>()[0], -5);
  EXPECT_EQ(store.find("count"), 1);
  store.check_canaries();

  EXPECT_EQ(error_of([&] { store.set("v", w); }), "there is no state 'v'");
  EXPECT_EQ(error_of([&] { store.get("v"); }), "there is no state 'v'");
  EXPECT_EQ(error_of([&] { store.set("w", Tensor(DType::F32, {5, 2})); }),
            "state 'w' is f32[2,5], it cannot be set to a f32[5,2]");
  EXPECT_EQ(error_of([&] { store.set("count", Tensor(DType::I32, {})); }),
            "state 'count' is i64[], it cannot be set to a i32[]");
  EXPECT_EQ(store.get("w"), w);
}

}  // namespace
}  // namespace lathe::runtime
