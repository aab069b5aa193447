// Work in a process of its own: what it gives back, and every way in which it may end.
#include "frontend/base/apart.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "ir/error.h"
#include "tests/frontend/frontend_test_util.h"

namespace lathe::detail {
namespace {

using test::error_of;

std::string error_of_work(const std::function<void()>& work, unsigned seconds = 60) {
  return error_of([&] { run_apart(work, seconds, "it failed"); });
}

TEST(Apart, SharedMemoryAloneComesBack) {
  const SharedMemory memory(3 * sizeof(float));
  int here = 1;
  EXPECT_EQ(error_of_work([&] {
              here = 2;
              memory.as<float>()[2] = 7;
            }),
            "");
  EXPECT_EQ(here, 1);
  EXPECT_EQ(memory.as<float>().size(), 3u);
  EXPECT_EQ(memory.as<float>()[0], 0);
  EXPECT_EQ(memory.as<float>()[2], 7);
  EXPECT_TRUE(SharedMemory(0).as<float>().empty());
}

TEST(Apart, ErrorsAreThrownHere) {
  EXPECT_EQ(error_of_work([] { throw Error("what was wrong, and where"); }),
            "what was wrong, and where");
  EXPECT_EQ(error_of_work([] { throw Error(std::string(200'000, 'x')); }).size(), 64u * 1024);
}

TEST(Apart, AnyOtherEndIsTheFailure) {
  EXPECT_EQ(error_of_work([] { throw std::bad_alloc(); }), "it failed");
  EXPECT_EQ(error_of_work([] { std::raise(SIGKILL); }), "it failed");
  EXPECT_EQ(error_of_work([] {
              std::cerr << "says much\n";
              std::abort();
            }),
            "it failed");
  EXPECT_EQ(error_of_work([] { _exit(3); }), "it failed");
  EXPECT_EQ(error_of_work(
                [] {
                  const std::atomic<bool> on{true};
                  while (on) {
                  }
                },
                1),
            "it failed");
}

TEST(Apart, AProgramMayIgnoreItsChildren) {
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  EXPECT_EQ(error_of_work([] {}), "");
  EXPECT_EQ(error_of_work([] { throw Error("what was wrong"); }), "what was wrong");
  EXPECT_EQ(error_of_work([] { std::raise(SIGKILL); }), "it failed");
  std::signal(SIGCHLD, before);
}

TEST(Apart, WorkWhileOtherThreadsRun) {
  Sequential model = test::small_model();
  model.compile({.loss = "sparse_categorical_crossentropy", .run = {.threads = 3}});
  const test::Points data = test::bunches(30);
  model.fit(data.x, data.y, {});
  const SharedMemory memory(sizeof(int));
  run_apart([&] { memory.as<int>()[0] = 5; }, 60, "it failed");
  EXPECT_EQ(memory.as<int>()[0], 5);
}

}  // namespace
}  // namespace lathe::detail
