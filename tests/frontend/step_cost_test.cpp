// What a step of fit costs beside its arithmetic: nothing. Compiled code is entered once an epoch, and
// an epoch allocates the same for any number of steps.
#ifdef LATHE_LLVM

#include <gtest/gtest.h>

#include "frontend/model/model_impl.h"
#include "tests/frontend/frontend_test_util.h"
#include "tests/runtime/allocation_count.h"

namespace lathe {
namespace {

/// The allocations of an epoch of so many steps, behind one that compiled and warmed up.
int64_t allocations(int64_t steps) {
  const auto data = test::bunches(4 * steps);
  Sequential model = test::small_model();
  model.compile({.loss = "mse",
                 .optimizer = SGD(0.01, 0.9),
                 .metrics = {"accuracy"},
                 .run = {.threads = 2, .backend = Backend::Llvm}});
  const FitOptions options{.batch_size = 4};
  model.fit(data.x, data.y, options);
  const int64_t before = runtime::allocations_so_far();
  model.fit(data.x, data.y, options);
  return runtime::allocations_so_far() - before;
}

TEST(StepCost, AnEpochAllocatesTheSameForAnyNumberOfSteps) {
#if !LATHE_COUNTS_ALLOCATIONS
  GTEST_SKIP() << "allocations cannot be counted in this build";
#endif
  const int64_t few = allocations(10);
  EXPECT_GT(few, 0);
  EXPECT_EQ(allocations(1000), few);
}

}  // namespace
}  // namespace lathe

#endif  // LATHE_LLVM
