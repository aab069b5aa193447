// Whole steps on the JIT against the interpreter: the lecture's model in small, at odd widths, with
// several worker counts, batches and CPUs.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "ir/parser.h"
#include "tests/llvm/agree.h"

namespace lathe {
namespace {

using testing::AgreeOptions;

const char* kTrain = R"(
module @small {
  state %w0 : f32[37,50] {trainable = true}
  state %b0 : f32[50] {trainable = true}
  state %w1 : f32[50,41] {trainable = true}
  state %b1 : f32[41] {trainable = true}
  state %w2 : f32[41,10] {trainable = true}
  state %b2 : f32[10] {trainable = true}

  func @train_step(%data: u8[N,37], %labels: u8[N], %index: i32[B]) -> (loss: f32[], accuracy: f32[]) {
    %0 = gather(%data, %index) : u8[B,37]
    %1 = convert(%0) : f32[B,37]
    %2 = map(%1) {fn = (mul a0 0.00392156862745098)} : f32[B,37]
    %3 = matmul(%2, %w0) : f32[B,50]
    %4 = add(%3, %b0) : f32[B,50]
    %5 = sigmoid(%4) : f32[B,50]
    %6 = matmul(%5, %w1) : f32[B,41]
    %7 = add(%6, %b1) : f32[B,41]
    %8 = relu(%7) : f32[B,41]
    %9 = matmul(%8, %w2) : f32[B,10]
    %10 = add(%9, %b2) : f32[B,10]
    %11 = softmax(%10) : f32[B,10]
    %12 = gather(%labels, %index) : u8[B]
    %13 = one_hot(%12) {depth = 10} : f32[B,10]
    %14 = sub(%11, %13) : f32[B,10]
    %15 = square(%14) : f32[B,10]
    %16 = reduce(%15) {axes = [1], kind = mean} : f32[B]
    %17 = reduce(%16) {axes = [0], kind = mean} : f32[]
    %18 = argmax(%11) : i32[B]
    %19 = convert(%12) : i32[B]
    %20 = equal(%18, %19) : bool[B]
    %21 = convert(%20) : f32[B]
    %22 = reduce(%21) {axes = [0], kind = mean} : f32[]
    minimize(%17) {momentum = 0.9, optimizer = sgd}
    return %17, %22
  }
}
)";

TEST(Step, AgreesWithTheInterpreter) {
  const ir::Module m = ir::parse(kTrain);
  AgreeOptions o{.batch = 101, .data_rows = 150};
  const testing::Compiled c = testing::compile(m, o);
  const testing::Tensors states = testing::random_states(c.planned, 5);
  for (int64_t batch : {1, 2, 13, 32, 101})
    for (int workers : {1, 3}) {
      o.batch = batch;
      o.workers = workers;
      const testing::Tensors inputs = testing::random_inputs(m, m.functions[0], o);
      EXPECT_EQ(testing::disagreement(testing::run(c, "train_step", inputs, states, o),
                                      testing::run_oracle(m, "train_step", inputs, states, o)),
                "")
          << "batch " << batch << ", " << workers << " workers";
    }
}

TEST(Step, AgreesOnOlderCpus) {
  const ir::Module m = ir::parse(kTrain);
  for (const char* cpu : {"x86-64", "x86-64-v3"}) {
    if (!testing::runs_here(cpu)) continue;
    EXPECT_EQ(testing::jit_disagreement(m, "train_step", {.batch = 13, .cpu = cpu}), "") << cpu;
  }
}

TEST(Step, HasTheSameBitsForAnyNumberOfWorkers) {
  const ir::Module m = ir::parse(kTrain);
  AgreeOptions o{.batch = 29, .data_rows = 40};
  const testing::Compiled c = testing::compile(m, o);
  const auto inputs = testing::random_inputs(m, m.functions[0], o);
  const auto states = testing::random_states(c.planned, 5);
  const testing::Tensors one = testing::run(c, "train_step", inputs, states, o);
  for (int workers : {2, 3, 7}) {
    o.workers = workers;
    const testing::Tensors more = testing::run(c, "train_step", inputs, states, o);
    for (auto& [name, value] : one) EXPECT_TRUE(value == more.at(name)) << name << ", " << workers;
  }
}

TEST(Step, HasTheSameBitsWithAvx2AndAvx512) {
  const ir::Module m = ir::parse(kTrain);
  AgreeOptions o{.batch = 29, .data_rows = 40};
  const auto inputs = testing::random_inputs(m, m.functions[0], o);
  auto states = testing::random_states(m, 5);
  const testing::Tensors wide = testing::run_jit(m, "train_step", inputs, states, o);
  o.cpu = "x86-64-v3";
  if (!testing::runs_here(o.cpu)) GTEST_SKIP() << o.cpu << " does not run here";
  const testing::Tensors narrow = testing::run_jit(m, "train_step", inputs, states, o);
  for (auto& [name, value] : wide) EXPECT_TRUE(value == narrow.at(name)) << name;
}

/// SGD on the square of a row's number times %w; the loss of a step is that of its batch.
const char* kDiverging = R"(
module @diverging {
  state %w : f32[3,1] {trainable = true}
  func @train_step(%x: f32[B,3]) -> (size: f32[], loss: f32[]) {
    %0 = matmul(%x, %w) : f32[B,1]
    %1 = square(%0) : f32[B,1]
    %2 = reduce(%1) {axes = [0, 1], kind = sum} : f32[]
    %3 = batch_size : f32[]
    minimize(%2) {learning_rate = 0.0, optimizer = sgd}
    return %3, %2
  }
}
)";

TEST(Step, AWatchedLossThatIsNotFiniteIsTheLastStep) {
  constexpr int64_t kBatch = 4, kSteps = 6, kRows = kBatch * kSteps - 1;
  const testing::Compiled c = testing::compile(ir::parse(kDiverging), {.batch = kBatch});
  const auto infinity = std::numeric_limits<float>::infinity();
  for (int workers : {1, 2, 3})
    for (float bad : {std::nanf(""), infinity, -infinity})
      for (int64_t step : {int64_t{0}, int64_t{2}, kSteps - 1}) {
        SCOPED_TRACE(std::to_string(workers) + " workers, step " + std::to_string(step));
        const auto store = std::make_shared<runtime::StateStore>(*c.executable);
        runtime::Tensor w(DType::F32, {3, 1});
        w.fill(0.5f);
        store->set("w", w);
        runtime::Session session(c.executable, store,
                                 std::make_shared<runtime::WorkerTeam>(workers));
        std::vector<float> x(3 * kRows, 1.0f), sizes(kSteps, -1.0f), losses(kSteps, -1.0f);
        x[3 * (step * kBatch + 1)] = bad;
        const void* params[] = {x.data()};
        void* outputs[] = {sizes.data(), losses.data()};
        EXPECT_EQ(session.run(0, params, outputs, kBatch, kRows, 0, nullptr, 1), step + 1);
        EXPECT_FALSE(std::isfinite(losses[step]));
        for (int64_t s = 0; s < step; ++s) EXPECT_EQ(losses[s], 9.0f);
        for (int64_t s = step + 1; s < kSteps; ++s) EXPECT_EQ(losses[s], -1.0f);
        EXPECT_EQ(session.counts(0).entries, 1);
        EXPECT_EQ(session.counts(0).steps, step + 1);
        // The other output is finite, and nothing else is looked at.
        EXPECT_EQ(session.run(0, params, outputs, kBatch, kRows, 0, nullptr, 0), kSteps);
        EXPECT_EQ(session.run(0, params, outputs, kBatch, kRows), kSteps);
      }
}

}  // namespace
}  // namespace lathe
