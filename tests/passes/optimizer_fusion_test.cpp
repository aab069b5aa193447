// Which updates become part of the weight gradient's kernel, and the printed reason where not.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "passes/optimizer_table.h"
#include "tests/passes/pass_test_util.h"

namespace lathe::passes {
namespace {

std::string dense(const std::string& attrs) {
  return R"(module @m {
  state %w0 : f32[5,7] {trainable = true}
  state %b0 : f32[7] {trainable = true}
  state %w1 : f32[7,3] {trainable = true}
  state %b1 : f32[3] {decay = false, trainable = true}
  func @train_step(%x: f32[B,5], %y: f32[B,3]) -> (loss: f32[]) {
    %0 = matmul(%x, %w0) : f32[B,7]
    %1 = add(%0, %b0) : f32[B,7]
    %2 = sigmoid(%1) : f32[B,7]
    %3 = matmul(%2, %w1) : f32[B,3]
    %4 = add(%3, %b1) : f32[B,3]
    %5 = sub(%4, %y) : f32[B,3]
    %6 = square(%5) : f32[B,3]
    %7 = reduce(%6) {axes = [0, 1], kind = mean} : f32[]
    minimize(%7) {)" +
         attrs + R"(}
    return %7
  }
})";
}

struct Compiled {
  ir::Module m;
  Remarks remarks;
};

Compiled compiled(const std::string& attrs, Stage stage = Stage::Planned) {
  Compiled c{module_of(dense(attrs)), {}};
  PipelineHooks hooks;
  hooks.check = true;
  run_to_stage(c.m, stage, {}, c.remarks, hooks);
  return c;
}

/// Whether that kernel multiplies over the batch, as a weight gradient's does.
bool is_of_gradient(const ir::Function& f, int kernel) {
  return std::any_of(f.body.begin(), f.body.end(), [&](ir::ValueId v) {
    const ir::Op& op = f.op(v);
    return op.kernel == kernel && op.kind == ir::OpKind::MatMul &&
           f.op(op.operands[0]).type.has_symbol();
  });
}

/// Whether each matrix, bias and slot of their shape is assigned in such a contraction.
bool is_fused(const ir::Module& m) {
  const ir::Function& f = m.function("train_step");
  return std::all_of(f.body.begin(), f.body.end(), [&](ir::ValueId v) {
    const ir::Op& op = f.op(v);
    return op.kind != ir::OpKind::Assign || m.states[op.state].type.rank() == 0 ||
           (f.kernels[op.kernel].kind == ir::KernelKind::Contraction &&
            is_of_gradient(f, op.kernel));
  });
}

std::vector<std::string> reasons(const Remarks& remarks) {
  std::vector<std::string> lines;
  for (const Remark& r : remarks)
    if (r.pass == "optimizer") lines.push_back(r.subject + ": " + r.message);
  return lines;
}

std::string refusals(const Remarks& remarks) {
  std::string lines;
  for (const Remark& r : remarks)
    if (r.pass == "fuse") lines += r.subject + ": " + r.message + "\n";
  return lines;
}

/// A row's settings: the defaults, each flag, each momentum, and decay.
std::vector<std::string> settings(const OptimizerRow& row) {
  const std::string name = "optimizer = " + std::string(row.name);
  std::vector<std::string> all = {name, name + ", weight_decay = 0.01", name + ", clipvalue = 0.5"};
  for (const Hyperparameter& h : row.hyperparameters) {
    if (h.any_optimizer) continue;
    if (std::holds_alternative<bool>(h.default_value))
      all.push_back(name + ", " + h.name + " = true");
    if (h.name == "momentum") all.push_back(name + ", momentum = 0.5");
  }
  return all;
}

TEST(OptimizerFusion, EveryRowIsFusedOrSaysWhyNot) {
  std::vector<std::string> not_fused;
  for (const OptimizerRow& row : optimizer_table()) {
    for (const std::string& attrs : settings(row)) {
      SCOPED_TRACE(attrs);
      const Compiled c = compiled(attrs);
      EXPECT_EQ(reasons(c.remarks).empty(), is_fused(c.m)) << refusals(c.remarks);
      if (attrs == "optimizer = " + std::string(row.name) && !is_fused(c.m))
        not_fused.emplace_back(row.name);
    }
  }
  EXPECT_EQ(not_fused, (std::vector<std::string>{"lamb", "adafactor", "muon"}));
}

TEST(OptimizerFusion, WhatIsDoneForEachElementIsFused) {
  for (const char* attrs :
       {"gradient_accumulation_steps = 4, optimizer = adam", "optimizer = sgd, use_ema = true",
        "ema_overwrite_frequency = 3, optimizer = adam, use_ema = true",
        "clipvalue = 0.5, gradient_accumulation_steps = 2, optimizer = nadam, use_ema = true, "
        "weight_decay = 0.1",
        "optimizer = adam, schedule = cosine_decay, schedule.decay_steps = 100"}) {
    const Compiled c = compiled(attrs);
    EXPECT_TRUE(is_fused(c.m)) << attrs;
    EXPECT_TRUE(reasons(c.remarks).empty()) << attrs;
  }
}

TEST(OptimizerFusion, NormsAndSumsAreTheReason) {
  const auto first = [](const std::string& attrs) {
    const Compiled c = compiled(attrs);
    EXPECT_FALSE(is_fused(c.m)) << attrs;
    const auto lines = reasons(c.remarks);
    EXPECT_EQ(lines.size(), 4u) << "one for each weight";
    return lines.empty() ? "" : *std::find_if(lines.begin(), lines.end(), [](const auto& line) {
      return line.starts_with("%w0: ");
    });
  };
  const std::string cant = "%w0: the update can't be fused into the gradient's kernel: ";
  EXPECT_EQ(first("clipnorm = 1.0, optimizer = adam"),
            cant + "clipnorm needs the norm of the whole gradient");
  EXPECT_EQ(first("global_clipnorm = 1.0, optimizer = adam"),
            cant + "global_clipnorm needs the norm of all gradients");
  EXPECT_EQ(first("optimizer = lamb"),
            cant + "lamb needs sums over the whole weight: w_square, change_square");
  EXPECT_EQ(first("clipnorm = 1.0, optimizer = adafactor"),
            cant +
                "clipnorm needs the norm of the whole gradient; adafactor needs sums over the "
                "whole weight: row, column, r_mean, u_square, w_square");
  // Biases are Adam's, and so is a matrix that is excluded.
  EXPECT_EQ(
      reasons(compiled("exclude_layers = [w1], optimizer = muon").remarks),
      (std::vector<std::string>{cant + "muon needs sums over the whole weight: square; muon needs "
                                       "matrix products of the whole gradient"}));
}

TEST(OptimizerFusion, StatesHaveTheirNamesAndInitialValues) {
  const Compiled c = compiled(
      "gradient_accumulation_steps = 2, initial_accumulator_value = 0.25, optimizer = ftrl, "
      "use_ema = true");
  for (const char* weight : {"w0", "b1"})
    for (const char* slot : {"accumulator", "linear", "average", "gradient_accumulator"}) {
      const ir::StateId s = c.m.find_state(std::string(weight) + "." + slot);
      ASSERT_NE(s, ir::kNone) << slot;
      EXPECT_EQ(c.m.states[s].type, c.m.states[c.m.find_state(weight)].type);
      EXPECT_EQ(c.m.states[s].attrs.word("role"), "slot");
      EXPECT_EQ(c.m.states[s].attrs.real("value", 0),
                std::string(slot) == "accumulator" ? 0.25 : 0.0);
    }
  const Compiled factored = compiled("optimizer = adafactor");
  const auto type = [&](const char* name) {
    const ir::StateId s = factored.m.find_state(name);
    return s == ir::kNone ? "none" : factored.m.states[s].type.to_string();
  };
  EXPECT_EQ(type("w0.row_mean"), "f32[5,1]");
  EXPECT_EQ(type("w0.column_mean"), "f32[1,7]");
  EXPECT_EQ(type("w0.velocity"), "none") << "only means are kept of a matrix";
  EXPECT_EQ(type("b0.velocity"), "f32[7]");
  EXPECT_EQ(type("b0.row_mean"), "none");
}

TEST(OptimizerFusion, MuonLeavesWhatIsNoMatrixOrExcludedToAdam) {
  const auto adams = [](const std::string& attrs) {
    const Compiled c = compiled(attrs, Stage::Simplified);
    std::string names;
    for (const ir::State& s : c.m.states)
      if (s.name.ends_with(".velocity")) names += s.name.substr(0, s.name.find('.')) + " ";
    return names;
  };
  EXPECT_EQ(adams("optimizer = muon"), "b0 b1 ");
  EXPECT_EQ(adams("exclude_layers = [none, w1], optimizer = muon"), "b0 w1 b1 ");
  EXPECT_EQ(adams("exclude_layers = [w], optimizer = muon"), "w0 b0 w1 b1 ");
  EXPECT_EQ(error_of(dense("exclude_layers = 3, optimizer = muon"), {"autodiff", "optimizer"}),
            "optimizer 'muon': 'exclude_layers' must be a list of words, not of type int");
  EXPECT_EQ(error_of(dense("ns_steps = 101, optimizer = muon"), {"autodiff", "optimizer"}),
            "optimizer 'muon': 'ns_steps' must be 0 to 100, not 101");
  EXPECT_EQ(error_of(dense("muon_a = inf, optimizer = muon"), {"autodiff", "optimizer"}),
            "optimizer 'muon': 'muon_a' must be a finite number, not inf");
}

TEST(OptimizerFusion, AStateMayBeExcludedFromDecay) {
  const Compiled with = compiled("optimizer = sgd, weight_decay = 0.5", Stage::Simplified);
  const Compiled without = compiled("optimizer = sgd", Stage::Simplified);
  std::map<std::string, Numbers> given = {{"learning_rate", {0.5}}, {"iterations", {0}}};
  const Ran a = run_exact(with.m, "train_step", 4, given);
  const Ran b = run_exact(without.m, "train_step", 4, given);
  EXPECT_EQ(a.states.at("b1"), b.states.at("b1")) << "decay = false";
  const Ran start =
      run_exact(without.m, "train_step", 4, {{"learning_rate", {0}}, {"iterations", {0}}});
  for (size_t i = 0; i < a.states.at("b0").size(); ++i)
    EXPECT_NEAR(a.states.at("b0")[i], b.states.at("b0")[i] - 0.25 * start.states.at("b0")[i],
                1e-12);
}

TEST(OptimizerFusion, GlobalClippingUsesTheNormOfAllGradients) {
  const Compiled free = compiled("learning_rate = 1.0, optimizer = sgd", Stage::Simplified);
  const Compiled clipped =
      compiled("global_clipnorm = 0.01, learning_rate = 1.0, optimizer = sgd", Stage::Simplified);
  const auto run = [](const Compiled& c, double rate) {
    return run_exact(c.m, "train_step", 4, {{"learning_rate", {rate}}, {"iterations", {0}}}).states;
  };
  const auto start = run(free, 0), a = run(free, 1), b = run(clipped, 1);
  double squares = 0;
  for (const char* name : {"w0", "b0", "w1", "b1"})
    for (size_t i = 0; i < start.at(name).size(); ++i)
      squares += std::pow(a.at(name)[i] - start.at(name)[i], 2);
  ASSERT_GT(squares, 1e-4);
  for (const char* name : {"w0", "b0", "w1", "b1"})
    for (size_t i = 0; i < start.at(name).size(); ++i)
      EXPECT_NEAR(b.at(name)[i] - start.at(name)[i],
                  0.01 / std::sqrt(squares) * (a.at(name)[i] - start.at(name)[i]), 1e-12);
}

TEST(OptimizerFusion, BadCommonArgumentsAreExplained) {
  const auto error = [](const std::string& attrs) {
    return error_of(dense(attrs), {"autodiff", "optimizer"});
  };
  EXPECT_EQ(error("clipnorm = 1.0, clipvalue = 1.0, optimizer = adam"),
            "optimizer 'adam': 'clipnorm' and 'clipvalue' are given, but a gradient is clipped one "
            "way only");
  EXPECT_EQ(error("gradient_accumulation_steps = 2.5, optimizer = sgd"),
            "optimizer 'sgd': 'gradient_accumulation_steps' must be a whole number, not 2.5");
  EXPECT_EQ(error("learning_rate_power = 0.5, optimizer = ftrl"),
            "optimizer 'ftrl': 'learning_rate_power' must be at most 0, not 0.5");
  EXPECT_EQ(error("beta_1 = 1.0, optimizer = adam"),
            "optimizer 'adam': 'beta_1' must be at least 0 and below 1, not 1");
  EXPECT_EQ(error("optimizer = sgd, weight_decay = -1.0"),
            "optimizer 'sgd': 'weight_decay' must be at least 0, not -1");
  EXPECT_EQ(error("ema_momentum = 2.0, optimizer = sgd, use_ema = true"),
            "optimizer 'sgd': 'ema_momentum' must be 0 to 1, not 2");
}

}  // namespace
}  // namespace lathe::passes
