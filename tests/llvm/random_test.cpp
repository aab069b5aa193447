// Random modules through the whole pipeline: every stage verifies, the JIT computes what the
// interpreter makes of the module as it was built, and results do not depend on how it ran.
#include <gtest/gtest.h>

#include <cmath>
#include <iostream>

#include "ir/error.h"
#include "ir/printer.h"
#include "passes/pipeline.h"
#include "tests/ir/random_module.h"
#include "tests/llvm/agree.h"

namespace lathe {
namespace {

using runtime::Tensor;
using testing::AgreeOptions;
using testing::Tensors;

constexpr uint64_t kModules = 300;

AgreeOptions options(uint64_t seed) {
  AgreeOptions o{.batch = 1 + static_cast<int64_t>(seed % 5), .seed = seed, .opt_level = 1};
  o.max_batch = 7;
  o.hooks.check = true;
  return o;
}

/// Nothing, where autodiff refuses the module: an op without a gradient stands in the way.
std::optional<ir::Module> updated_module(uint64_t seed) {
  ir::Module m = ir::random_module(seed);
  passes::Remarks remarks;
  try {
    passes::run_to_stage(m, passes::Stage::Updated, {}, remarks);
  } catch (const Error&) {
    return std::nullopt;
  }
  return m;
}

/// What a function makes of its inputs on the interpreter, and how far a result moves when all
/// floats that go in move by a little: where that is far (a comparison near a tie, a cancellation),
/// comparing with another executor says nothing.
struct Oracle {
  Tensors inputs, states, expected, moved;

  Oracle(const ir::Module& m, const ir::Function& f, const AgreeOptions& o)
      : inputs(testing::random_inputs(m, f, o)),
        states(testing::random_states(m, o.seed)),
        expected(testing::run_interpreter(m, f.name, inputs, states, o)),
        moved(testing::run_interpreter(m, f.name, inputs, states, o, 1e-6)) {}

  /// Empty, or the results that differ. `left_out` counts those that are not worth comparing.
  std::string compare(const Tensors& jit, int& left_out) const {
    std::string report;
    for (const auto& [name, e] : expected) {
      const Tensors one{{name, e}};
      if (!testing::disagreement({{name, moved.at(name)}}, one, 1e-4).empty())
        ++left_out;
      else
        report += testing::disagreement(jit, one, 1e-4);
    }
    return report;
  }
};

void expect_agreement(bool fuse_ops, uint64_t first, uint64_t step) {
  int refused = 0, compared = 0, left_out = 0;
  for (uint64_t seed = first; seed < kModules; seed += step) {
    const std::optional<ir::Module> m = updated_module(seed);
    if (!m) {
      ++refused;
      continue;
    }
    AgreeOptions o = options(seed);
    o.fuse_ops = fuse_ops;
    SCOPED_TRACE("seed " + std::to_string(seed));
    testing::Compiled c;
    ASSERT_NO_THROW(c = testing::compile(*m, o)) << ir::print(*m);
    for (const ir::Function& f : m->functions) {
      const Oracle oracle(*m, f, o);
      const std::string report =
          oracle.compare(testing::run(c, f.name, oracle.inputs, oracle.states, o), left_out);
      compared += static_cast<int>(oracle.expected.size());
      EXPECT_EQ(report, "") << "@" << f.name << ", batch " << o.batch << "\n"
                            << ir::print(*m) << ir::print(c.planned);
      if (!report.empty()) return;
    }
  }
  std::cout << refused << " modules have no gradient; of " << compared << " results " << left_out
            << " hang on the last digits of the inputs and were left out\n";
  EXPECT_LT(left_out * 20, compared);
}

TEST(RandomModules, AgreeWithTheInterpreter) {
  expect_agreement(true, 0, 1);
}

TEST(RandomModules, AgreeWithAKernelForEachOp) {
  expect_agreement(false, 0, 3);
}

}  // namespace
}  // namespace lathe
