// Every optimiser's step on the JIT: as the interpreter computes it, and the same bits for any
// number of workers.
#include <gtest/gtest.h>

#include <cmath>

#include "ir/parser.h"
#include "passes/optimizer_table.h"
#include "tests/llvm/agree.h"

namespace lathe {
namespace {

using testing::AgreeOptions;

ir::Module dense(const std::string& attrs) {
  return ir::parse(R"(module @m {
  state %w0 : f32[37,19] {trainable = true}
  state %b0 : f32[19] {trainable = true}
  state %w1 : f32[19,5] {trainable = true}
  state %b1 : f32[5] {trainable = true}
  func @train_step(%x: f32[B,37], %y: f32[B,5]) -> (loss: f32[]) {
    %0 = matmul(%x, %w0) : f32[B,19]
    %1 = add(%0, %b0) : f32[B,19]
    %2 = tanh(%1) : f32[B,19]
    %3 = matmul(%2, %w1) : f32[B,5]
    %4 = add(%3, %b1) : f32[B,5]
    %5 = sub(%4, %y) : f32[B,5]
    %6 = square(%5) : f32[B,5]
    %7 = reduce(%6) {axes = [0, 1], kind = mean} : f32[]
    minimize(%7) {)" +
                   attrs +
                   R"(}
    return %7
  }
})");
}

std::vector<std::string> cases() {
  std::vector<std::string> all;
  for (const passes::OptimizerRow& row : passes::optimizer_table())
    all.push_back("optimizer = " + std::string(row.name));
  all.insert(all.end(),
             {"clipnorm = 0.01, optimizer = adam", "global_clipnorm = 0.01, optimizer = sgd",
              "beta_1 = 0.99999999, beta_2 = 0.99999999, optimizer = lamb",
              "ema_overwrite_frequency = 3, gradient_accumulation_steps = 2, optimizer = nadam, "
              "schedule = cosine_decay_restarts, schedule.first_decay_steps = 3, use_ema = true, "
              "weight_decay = 0.1",
              "centered = true, momentum = 0.5, optimizer = rmsprop, schedule = polynomial_decay, "
              "schedule.cycle = true, schedule.decay_steps = 3"});
  return all;
}

/// Slots that an optimiser could hold: squares are positive, the counter goes on.
testing::Tensors sound_states(const ir::Module& planned, int64_t iterations, float rate) {
  testing::Tensors states = testing::random_states(planned, 5);
  for (auto& [name, value] : states) {
    const auto dot = name.find('.');
    if (name == "iterations") {
      value.data<int64_t>()[0] = iterations;
    } else if (name.ends_with("learning_rate")) {
      value.fill(rate);
    } else if (dot != name.npos || name.ends_with("u_product")) {
      for (float& v : value.data<float>())
        v = name.ends_with("average_gradient") ? 0.1f * v : 0.1f + std::abs(v);
    }
  }
  return states;
}

/// That most weights move a good way further than rounding may take them: otherwise a comparison
/// would say little of the step.
void expect_telling(const testing::Oracle& oracle, const testing::Tensors& before) {
  for (const char* weight : {"w0", "b0", "w1", "b1"}) {
    const runtime::Tensor& old = before.at(weight);
    const std::string name = "%" + std::string(weight);
    int64_t moved = 0;
    for (int64_t i = 0; i < old.elements(); ++i)
      moved += std::abs(testing::element(oracle.values.at(name), i) - testing::element(old, i)) >
               10 * oracle.slack.at(name)[static_cast<size_t>(i)];
    EXPECT_GT(2 * moved, old.elements()) << name << ": little of the step could be seen";
  }
}

TEST(Optimizers, AgreeWithTheInterpreterAndHaveTheSameBitsForAnyNumberOfWorkers) {
  for (const std::string& attrs : cases()) {
    const ir::Module m = dense(attrs);
    AgreeOptions o{.batch = 13};
    const testing::Compiled c = testing::compile(m, o);
    const auto inputs = testing::random_inputs(m, m.functions[0], o);
    for (const int64_t iterations : {0, 5}) {
      SCOPED_TRACE(attrs + ", step " + std::to_string(iterations));
      // A gradient clipped to nearly nothing is told from one that is nothing by a large rate.
      const float rate = attrs.find("global_clipnorm") == attrs.npos ? 0.01f : 1.0f;
      const auto states = sound_states(c.planned, iterations, rate);
      const auto one = testing::run(c, "train_step", inputs, states, o);
      const auto oracle = testing::run_oracle(m, "train_step", inputs, states, o);
      EXPECT_EQ(testing::disagreement(one, oracle), "");
      const bool updates = attrs.find("accumulation") == attrs.npos || iterations % 2 == 1;
      if (updates) expect_telling(oracle, states);
      for (const int workers : {2, 3, 7}) {
        AgreeOptions several = o;
        several.workers = workers;
        const auto more = testing::run(c, "train_step", inputs, states, several);
        for (const auto& [name, value] : one)
          EXPECT_TRUE(value == more.at(name)) << name << ", " << workers << " workers";
      }
    }
  }
}

}  // namespace
}  // namespace lathe
