// Random numbers in kernels have the bits of runtime/philox.h, whatever the kernel, the width of its
// rows, the batch and the workers.
#include <gtest/gtest.h>

#include "codegen/compile.h"
#include "ir/builder.h"
#include "ir/parser.h"
#include "ir/printer.h"
#include "ir/scalar_expr.h"
#include "runtime/philox.h"
#include "tests/llvm/agree.h"

namespace lathe {
namespace {

using ir::Builder;
using ir::ValueId;
using testing::AgreeOptions;

const Dim B = Dim::batch();
constexpr uint64_t kSeed = 0xFEDCBA9876543210;
constexpr uint32_t kStep = 12, kStream = 5;

testing::Tensors seed_and_step() {
  testing::Tensors inputs;
  for (const auto& [name, value] : {std::pair{"seed", kSeed}, {"step", uint64_t{kStep}}}) {
    runtime::Tensor t(TensorType{DType::I64, {}});
    t.data<int64_t>()[0] = static_cast<int64_t>(value);
    inputs.emplace(name, std::move(t));
  }
  return inputs;
}

/// Every number drawn, or its negation where `negated`.
void expect_numbers(const runtime::Tensor& drawn, bool negated, const std::string& what,
                    uint64_t seed = kSeed) {
  const auto values = drawn.data<float>();
  for (size_t i = 0; i < values.size(); ++i) {
    const float u = runtime::uniform_at(seed, kStream, kStep, i);
    ASSERT_EQ(values[i], negated ? -u : u) << what << ", element " << i;
  }
}

/// Widths around a block of four numbers, a vector and the loops that are written out.
const Shape kShapes[] = {{},       {1},      {3},       {16},         {21},    {64},     {B},
                         {B, 1},   {B, 2},   {B, 3},    {B, 4},       {B, 7},  {B, 15},  {B, 16},
                         {B, 17},  {B, 32},  {B, 33},   {B, 50},      {B, 62}, {B, 64},  {B, 65},
                         {B, 100}, {B, 128}, {B, 3, 7}, {B, 2, 3, 4}, {3, 37}, {19, 20}, {B, 1, 6}};

ir::Module drawing() {
  ir::Module m;
  m.name = "m";
  ir::Function& f = m.functions.emplace_back();
  f.name = "f";
  Builder b(m, f);
  const ValueId seed = b.param("seed", {DType::I64, {}}), step = b.param("step", {DType::I64, {}});
  for (size_t i = 0; i < std::size(kShapes); ++i) {
    const ValueId u = b.random_uniform(seed, step, kStream, kShapes[i]);
    b.output("u" + std::to_string(i), u);
    b.output("n" + std::to_string(i), b.map("neg", {u}));
  }
  return m;
}

TEST(RandomUniform, IsARowsKernelOfAnyWidth) {
  const ir::Module m = drawing();
  for (const char* cpu : {"", "x86-64-v3", "x86-64"})
    for (const bool fuse_ops : {true, false}) {
      if (!testing::runs_here(cpu)) continue;
      AgreeOptions o{.max_batch = 9, .cpu = cpu, .opt_level = 1, .fuse_ops = fuse_ops};
      o.hooks.check = true;
      const testing::Compiled compiled = testing::compile(m, o);
      for (const ir::Kernel& k : compiled.planned.functions[0].kernels)
        EXPECT_EQ(k.kind, ir::KernelKind::Rows) << k.name;
      EXPECT_EQ(compiled.planned.functions[0].kernels.size(),
                std::size(kShapes) * (fuse_ops ? 1 : 2));
      for (const auto& [batch, workers] : {std::pair{1, 1}, {9, 1}, {5, 3}, {9, 2}}) {
        o.batch = batch;
        o.workers = workers;
        const testing::Tensors out = testing::run(compiled, "f", seed_and_step(), {}, o);
        for (size_t i = 0; i < std::size(kShapes); ++i)
          for (const bool negated : {false, true})
            expect_numbers(out.at((negated ? "n" : "u") + std::to_string(i)), negated,
                           TensorType{DType::F32, kShapes[i]}.to_string() + " on " +
                               std::to_string(workers) + " workers, batch " +
                               std::to_string(batch));
      }
    }
}

/// A dropout behind a matmul, whose numbers a second one reads again: [rows, 9] times [9, columns].
ir::Module dropping(const Shape& rows, int64_t columns) {
  ir::Module m;
  m.name = "m";
  ir::Function& f = m.functions.emplace_back();
  f.name = "f";
  Builder b(m, f);
  const ValueId seed = b.param("seed", {DType::I64, {}}), step = b.param("step", {DType::I64, {}});
  Shape shape = rows;
  shape.push_back(9);
  const ValueId x = b.param("x", {DType::F32, shape});
  const ValueId w = b.param("w", {DType::F32, {9, columns}});
  const ValueId v = b.param("v", {DType::F32, {columns, columns}});
  shape.back() = columns;
  using namespace ir::scalar_dsl;
  const E drop = select(E::arg(1) < E(0.4), E(0.0), E::arg(0));
  const ValueId u = b.random_uniform(seed, step, kStream, shape);
  const ValueId y = b.map(drop, {b.matmul(x, w), u});
  b.output("y", y);
  b.output("z", b.map(drop, {b.matmul(y, v), u}));
  b.output("u", u);
  return m;
}

TEST(RandomUniform, IsDrawnBehindAMatmul) {
  constexpr int64_t kSmallSeed = int64_t{3} << 40;  // the interpreter takes no larger ones
  const std::vector<std::pair<Shape, int64_t>> sizes = {
      {{B}, 1}, {{B}, 3}, {{B}, 8}, {{B}, 33}, {{B}, 50}, {{B}, 64}, {{B, 3}, 7}, {{21}, 37}};
  for (const char* cpu : {"", "x86-64-v3", "x86-64"})
    for (const auto& [rows, columns] : sizes) {
      if (!testing::runs_here(cpu)) continue;
      const ir::Module m = dropping(rows, columns);
      AgreeOptions o{.max_batch = 20, .cpu = cpu, .opt_level = 1};
      o.hooks.check = true;
      const testing::Compiled compiled = testing::compile(m, o);
      for (const ir::Kernel& k : compiled.planned.functions[0].kernels)
        EXPECT_EQ(k.kind, ir::KernelKind::Contraction) << ir::print(compiled.planned);
      for (const auto& [batch, workers] : {std::pair{1, 1}, {20, 1}, {17, 3}}) {
        o.batch = batch;
        o.workers = workers;
        testing::Tensors inputs = testing::random_inputs(m, m.functions[0], o);
        inputs.at("seed").data<int64_t>()[0] = kSmallSeed;
        inputs.at("step").data<int64_t>()[0] = kStep;
        const testing::Tensors out = testing::run(compiled, "f", inputs, {}, o);
        expect_numbers(out.at("u"), false, std::to_string(columns) + " columns", kSmallSeed);
        EXPECT_EQ(testing::disagreement(out, testing::run_oracle(m, "f", inputs, {}, o)), "")
            << columns << " columns, batch " << batch << ", " << workers << " workers";
      }
    }
}

// A second step of a call draws rows from 0 on, as the first does: its key is the step's number.
TEST(RandomUniform, CountsElementsWithinTheStep) {
  const ir::Module m = drawing();
  AgreeOptions o{.batch = 4, .total = 7, .max_batch = 4, .opt_level = 1};
  const testing::Tensors out = testing::run(testing::compile(m, o), "f", seed_and_step(), {}, o);
  const auto u = out.at("u11").data<float>();  // [B,7]
  ASSERT_EQ(u.size(), 49u);
  for (size_t i = 0; i < u.size(); ++i)
    EXPECT_EQ(u[i], runtime::uniform_at(kSeed, kStream, kStep, i % 28)) << i;
}

// The seed may be made by the kernel that draws, where both are one number.
TEST(RandomUniform, TakesASeedOfItsOwnKernel) {
  ir::Module m = ir::parse(R"(module @m {
    state %seed : i64[]
    func @f(%step: i64[]) -> (y: f32[]) {
      %one = constant {value = 1} : i64[]
      %0 = add(%seed, %one) : i64[]
      %1 = random_uniform(%0, %step) {stream = 5} : f32[]
      assign(%seed, %0)
      return %1
    }
  })");
  AgreeOptions o{.workers = 2, .opt_level = 1};
  o.hooks.check = true;
  const testing::Compiled compiled = testing::compile(m, o);
  EXPECT_EQ(compiled.planned.functions[0].kernels.size(), 1u) << ir::print(compiled.planned);
  runtime::Tensor before(TensorType{DType::I64, {}});
  before.data<int64_t>()[0] = static_cast<int64_t>(kSeed) - 1;
  testing::Tensors states, inputs = seed_and_step();
  states.emplace("seed", std::move(before));
  inputs.erase("seed");
  expect_numbers(testing::run(compiled, "f", inputs, states, o).at("y"), false, "seed + 1");
}

// A hand-written loops kernel may hold a draw, too.
TEST(RandomUniform, IsDrawnInLoops) {
  const ir::Module m = ir::parse_verified(R"(module @m {
    func @f(%seed: i64[], %step: i64[]) -> (y: f32[B,7]) {arena = 0, lower_bound = 0, max_batch = 9} {
      kernel @k loops {phase = 0} {
        %0 = random_uniform(%seed, %step) {stream = 5} : f32[B,7]
      }
      return %0
    }
  })");
  const testing::Compiled compiled{m, codegen::compile_llvm(m, {.opt_level = 1})};
  AgreeOptions o{.batch = 9, .workers = 2};
  expect_numbers(testing::run(compiled, "f", seed_and_step(), {}, o).at("y"), false, "loops");
}

}  // namespace
}  // namespace lathe
