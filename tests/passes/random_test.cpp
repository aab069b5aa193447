// Passes keep what random modules compute, at every stage.
#include <gtest/gtest.h>

#include "ir/error.h"
#include "ir/printer.h"
#include "tests/ir/random_module.h"
#include "tests/passes/pass_test_util.h"

namespace lathe::passes {
namespace {

#ifdef NDEBUG
constexpr uint64_t kModules = 200;
#else  // sanitizers and checked containers are slow
constexpr uint64_t kModules = 30;
#endif

/// Random modules in which autodiff and the optimizer have done their work; a module that they
/// refuse (an op without a gradient in the way) is left out.
std::vector<ir::Module> updated_modules() {
  std::vector<ir::Module> modules;
  for (uint64_t seed = 0; seed < kModules; ++seed) {
    ir::Module m = ir::random_module(seed);
    try {
      run_checked(m, {"autodiff", "optimizer"});
    } catch (const Error&) {
      continue;
    }
    modules.push_back(std::move(m));
  }
  return modules;
}

void expect_same(const ir::Module& before, const ir::Module& after, double tolerance) {
  for (const ir::Function& f : before.functions)
    for (int64_t batch : {1, 4})
      ASSERT_LE(difference(run_exact(after, f.name, batch), run_exact(before, f.name, batch)),
                tolerance)
          << "batch " << batch << "\n"
          << ir::print(before) << ir::print(after);
}

TEST(RandomModules, KeepTheirResults) {
  const std::vector<ir::Module> modules = updated_modules();
  EXPECT_GT(modules.size(), kModules / 2);
  for (const ir::Module& m : modules) {
    for (const std::vector<std::string>& passes :
         {std::vector<std::string>{"simplify"}, {"decompose"}, {"decompose", "simplify"}}) {
      ir::Module changed = m;
      run_checked(changed, passes);
      expect_same(m, changed, 1e-11);
    }
  }
}

TEST(RandomModules, SimplifyLeavesNothingToSimplify) {
  for (uint64_t seed = 0; seed < kModules; ++seed) {
    ir::Module m = ir::random_module(seed);
    run_checked(m, {"simplify"});
    const std::string once = ir::print(m);
    run_checked(m, {"simplify"});
    ASSERT_EQ(ir::print(m), once);
  }
}

TEST(RandomModules, KeepTheirResultsThroughThePipeline) {
  PipelineHooks hooks;
  hooks.check = true;
  Remarks remarks;
  for (const ir::Module& m : updated_modules()) {
    ir::Module planned = m;
    ASSERT_NO_THROW(run_from_stage(planned, Stage::Updated, Stage::Planned, {}, remarks, hooks))
        << ir::print(m);
    expect_same(m, planned, 1e-11);
  }
}

}  // namespace
}  // namespace lathe::passes
