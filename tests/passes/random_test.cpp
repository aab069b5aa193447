// Passes keep what random modules compute, at every stage.
#include <gtest/gtest.h>

#include "ir/error.h"
#include "ir/parser.h"
#include "ir/printer.h"
#include "ir/proto.h"
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

/// The module as text and as bytes, and back.
void expect_round_trip(const ir::Module& m, std::string_view pass) {
  ASSERT_TRUE(ir::same(m, ir::parse(ir::print(m)))) << pass << "\n" << ir::print(m);
  ir::ModelFile file;
  file.module = m;
  ASSERT_TRUE(ir::same(m, ir::read_model(ir::write_model(file)).module)) << pass << "\n"
                                                                         << ir::print(m);
}

TEST(RandomModules, RoundTripAfterEveryPass) {
  PipelineHooks hooks;
  int count = 0;
  hooks.after = [&](const PassInfo& pass, const ir::Module& m, bool) {
    ++count;
    expect_round_trip(m, pass.name);
  };
  for (uint64_t seed = 0; seed < 5 * kModules && !testing::Test::HasFatalFailure(); ++seed) {
    ir::Module m = ir::random_module(seed);
    Remarks remarks;
    try {
      run_to_stage(m, Stage::Planned, {}, remarks, hooks);
    } catch (const Error&) {  // no gradient: the passes before have been seen
    }
  }
  EXPECT_GT(count, static_cast<int>(10 * kModules));
}

}  // namespace
}  // namespace lathe::passes
