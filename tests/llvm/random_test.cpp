// Random modules through the whole pipeline: every stage verifies, the JIT computes what the
// interpreter makes of the module as it was built, and results do not depend on how it ran.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
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

#ifdef LATHE_SANITIZED  // which are slow
constexpr uint64_t kModules = 100;
#else
constexpr uint64_t kModules = 300;
#endif
const std::vector<int64_t> kWide = {1, 5, 16, 17, 40};  ///< dimensions: whole vectors and tails

AgreeOptions options(uint64_t seed) {
  AgreeOptions o{.batch = 1 + static_cast<int64_t>(seed % 5),
                 .seed = seed,
                 .opt_level = seed % 4 == 0 ? 2 : 0};
  o.max_batch = 7;
  o.hooks.check = true;
  return o;
}

/// Nothing, where autodiff refuses the module: an op without a gradient stands in the way.
std::optional<ir::Module> updated_module(uint64_t seed, const std::vector<int64_t>& sizes = {}) {
  ir::Module m = ir::random_module(seed, sizes);
  passes::Remarks remarks;
  try {
    passes::run_to_stage(m, passes::Stage::Updated, {}, remarks);
  } catch (const Error&) {
    return std::nullopt;
  }
  return m;
}

/// A call with inputs and states of its own, and what the interpreter makes of it.
struct Call {
  Tensors inputs, states;
  testing::Oracle oracle;

  Call(const ir::Module& m, const ir::Function& f, const AgreeOptions& o)
      : inputs(testing::random_inputs(m, f, o)),
        states(testing::random_states(m, o.seed)),
        oracle(testing::run_oracle(m, f.name, inputs, states, o)) {}

  std::string compare(const testing::Compiled& c, const ir::Function& f,
                      const AgreeOptions& o) const {
    return testing::first_differences(testing::run(c, f.name, inputs, states, o), oracle);
  }
};

void expect_agreement(bool fuse_ops, uint64_t first, uint64_t step,
                      const std::vector<int64_t>& sizes = {}) {
  int refused = 0;
  int64_t compared = 0, blurred = 0;
  for (uint64_t seed = first; seed < kModules; seed += step) {
    const std::optional<ir::Module> m = updated_module(seed, sizes);
    if (!m) {
      ++refused;
      continue;
    }
    AgreeOptions o = options(seed);
    o.fuse_ops = fuse_ops;
    if (seed % 5 == 0) o.hooks.skip = {"simplify"};  // odd forms reach the kernels
    SCOPED_TRACE("seed " + std::to_string(seed));
    testing::Compiled c;
    ASSERT_NO_THROW(c = testing::compile(*m, o)) << ir::print(*m);
    for (const ir::Function& f : m->functions) {
      const Call call(*m, f, o);
      const std::string report = call.compare(c, f, o);
      compared += call.oracle.elements();
      blurred += call.oracle.blurred();
      EXPECT_EQ(report, "") << "@" << f.name << ", batch " << o.batch << "\n"
                            << ir::print(*m) << ir::print(c.planned);
      if (!report.empty()) return;
    }
  }
  std::cout << refused << " modules have no gradient; of " << compared << " elements " << blurred
            << " hang on the last digits of what is computed\n";
  EXPECT_LT(static_cast<double>(blurred),
            testing::Oracle::kMostBlurred * static_cast<double>(compared));
}

/// The function without assigns, with outputs of which each row is made of its own row of the
/// inputs and of what is the same for every step; false where there are none.
bool keep_rowwise(ir::Function& f) {
  std::vector<bool> mixed(f.ops.size(), false);
  std::vector<ir::ValueId> body, streams;
  for (ir::ValueId id : f.body) {
    const ir::Op& op = f.op(id);
    if (op.kind == ir::OpKind::Assign) continue;
    body.push_back(id);
    mixed[id] = op.kind == ir::OpKind::BatchSize || op.kind == ir::OpKind::RandomUniform;
    for (ir::ValueId v : op.operands)
      if (mixed[v] || (f.op(v).type.has_symbol() && !op.type.has_symbol())) mixed[id] = true;
    if (!mixed[id] && op.type.has_symbol()) streams.push_back(id);
  }
  f.body = std::move(body);
  f.outputs.clear();
  for (size_t i = streams.size() < 3 ? 0 : streams.size() - 3; i < streams.size(); ++i)
    f.outputs.push_back({"row" + std::to_string(i), streams[i]});
  return !streams.empty();
}

/// `count` rows of every stream from `first` on; all else as it is.
Tensors rows_of(const Tensors& values, const std::vector<std::pair<std::string, TensorType>>& types,
                int64_t first, int64_t count) {
  Tensors part;
  for (const auto& [name, type] : types) {
    const Tensor& whole = values.at(name);
    if (!type.has_symbol() || !type.shape[0].is_batch()) {
      part.emplace(name, whole);
      continue;
    }
    std::vector<int64_t> shape(whole.shape().begin(), whole.shape().end());
    shape[0] = count;
    Tensor t(type.dtype, shape);
    const int64_t bytes = type.row_elements() * dtype_size(type.dtype);
    std::memcpy(t.raw(), static_cast<const uint8_t*>(whole.raw()) + first * bytes, count * bytes);
    part.emplace(name, std::move(t));
  }
  return part;
}

void expect_same_bits(const Tensors& a, const Tensors& b, const std::string& what) {
  for (const auto& [name, value] : a) EXPECT_TRUE(value == b.at(name)) << name << ", " << what;
}

TEST(RandomModules, HaveTheSameBitsForAnyNumberOfWorkers) {
  for (uint64_t seed = 1; seed < kModules; seed += 6) {
    const std::optional<ir::Module> m = updated_module(seed, kWide);
    if (!m) continue;
    SCOPED_TRACE("seed " + std::to_string(seed));
    AgreeOptions o = options(seed);
    o.max_batch = o.batch = 101;
    const testing::Compiled c = testing::compile(*m, o);
    for (const ir::Function& f : m->functions) {
      const Tensors inputs = testing::random_inputs(*m, f, o),
                    states = testing::random_states(*m, seed);
      o.workers = 1;
      const Tensors one = testing::run(c, f.name, inputs, states, o);
      for (int workers : {2, 3, 7}) {
        o.workers = workers;
        expect_same_bits(one, testing::run(c, f.name, inputs, states, o),
                         std::to_string(workers) + " workers");
      }
    }
  }
}

// One order of every sum at every width; without fused multiply-add, as on a plain x86-64, other
// bits.
TEST(RandomModules, HaveTheSameBitsWithAvx2) {
  if (!testing::runs_here("x86-64-v3")) GTEST_SKIP() << "x86-64-v3 does not run here";
  for (uint64_t seed = 3; seed < kModules; seed += 12) {
    const std::optional<ir::Module> m = updated_module(seed, kWide);
    if (!m) continue;
    SCOPED_TRACE("seed " + std::to_string(seed));
    AgreeOptions o = options(seed);
    const testing::Compiled here = testing::compile(*m, o);
    o.cpu = "x86-64-v3";
    const testing::Compiled avx2 = testing::compile(*m, o);
    o.cpu = "x86-64";
    const testing::Compiled plain = testing::compile(*m, o);
    for (const ir::Function& f : m->functions) {
      const Call call(*m, f, o);
      expect_same_bits(testing::run(here, f.name, call.inputs, call.states, o),
                       testing::run(avx2, f.name, call.inputs, call.states, o), "avx2");
      EXPECT_EQ(call.compare(plain, f, o), "");
    }
  }
}

TEST(RandomModules, HaveTheSameBitsForARowInAnyBatch) {
  for (uint64_t seed = 2; seed < kModules; seed += 6) {
    std::optional<ir::Module> m = updated_module(seed, kWide);
    if (!m) continue;
    std::erase_if(m->functions, [](ir::Function& f) { return !keep_rowwise(f); });
    SCOPED_TRACE("seed " + std::to_string(seed));
    AgreeOptions o = options(seed);
    o.max_batch = 101;
    o.workers = 2;
    const testing::Compiled c = testing::compile(*m, o);
    for (const ir::Function& f : m->functions) {
      std::vector<std::pair<std::string, TensorType>> params, outputs;
      for (ir::ValueId p : f.params) params.emplace_back(f.op(p).name, f.op(p).type);
      for (const ir::Output& out : f.outputs) outputs.emplace_back(out.name, f.op(out.value).type);
      o.batch = 101;
      o.total = 0;
      const Tensors inputs = testing::random_inputs(*m, f, o),
                    states = testing::random_states(*m, seed),
                    all = testing::run(c, f.name, inputs, states, o);
      for (const auto& [first, count] : {std::pair<int64_t, int64_t>{0, 1}, {69, 32}, {100, 1}}) {
        o.batch = count;
        expect_same_bits(rows_of(all, outputs, first, count),
                         testing::run(c, f.name, rows_of(inputs, params, first, count), states, o),
                         "rows from " + std::to_string(first));
      }
      o.batch = 23;  // four full steps and one of 9 rows
      o.total = 101;
      expect_same_bits(rows_of(all, outputs, 0, 101), testing::run(c, f.name, inputs, states, o),
                       "in steps of 23 rows");
    }
  }
}

TEST(RandomModules, AgreeWithTheInterpreter) {
  expect_agreement(true, 0, 1);
}

TEST(RandomModules, AgreeWithTheInterpreterOnWholeVectorsAndTails) {
  expect_agreement(true, 1, 6, kWide);
}

TEST(RandomModules, AgreeWithAKernelForEachOp) {
  expect_agreement(false, 0, 6);
}

}  // namespace
}  // namespace lathe
