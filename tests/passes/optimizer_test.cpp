#include "passes/optimizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "ir/error.h"
#include "ir/text_number.h"
#include "passes/optimizer_table.h"
#include "tests/passes/pass_test_util.h"

namespace lathe::passes {
namespace {

// The gradient of sum(w * x) over a batch of 1 is x.
std::string model(const std::string& hyperparameters) {
  return R"(module @m {
  state %w : f32[2] {trainable = true}
  func @train_step(%x: f32[2]) -> (loss: f32[]) {
    %0 = mul(%w, %x) : f32[2]
    %1 = reduce(%0) {axes = [0], kind = sum} : f32[]
    minimize(%1) {)" +
         hyperparameters + R"(optimizer = sgd}
    return %1
  }
})";
}

/// Weights and velocities after each of three steps with changing gradients.
std::vector<Ran> three_steps(const std::string& hyperparameters, double rate) {
  ir::Module m = module_of(model(hyperparameters));
  run_checked(m, {"autodiff", "optimizer", "decompose", "simplify"});
  std::map<std::string, Numbers> given = {
      {"w", {1.0, -2.0}}, {"learning_rate", {rate}}, {"iterations", {0}}, {"w.momentum", {0, 0}}};
  std::vector<Ran> steps;
  for (const Numbers& g : {Numbers{0.5, 1.0}, Numbers{-0.25, 2.0}, Numbers{1.0, 0.0}}) {
    given["x"] = g;
    steps.push_back(run_exact(m, "train_step", 1, given));
    for (const auto& [name, value] : steps.back().states) given[name] = value;
  }
  return steps;
}

TEST(Optimizer, PlainSgdSubtractsTheGradient) {
  const auto steps = three_steps("", 0.1);
  EXPECT_NEAR(steps[0].states.at("w")[0], 1.0 - 0.1 * 0.5, 1e-15);
  EXPECT_NEAR(steps[2].states.at("w")[0], 1.0 - 0.1 * (0.5 - 0.25 + 1.0), 1e-15);
  EXPECT_NEAR(steps[2].states.at("w")[1], -2.0 - 0.1 * (1.0 + 2.0), 1e-15);
  EXPECT_EQ(steps[2].states.at("iterations")[0], 3);
  EXPECT_EQ(steps[2].states.count("w.momentum"), 0u) << "no slot without momentum";
}

TEST(Optimizer, MomentumFollowsKeras) {
  const auto steps = three_steps("momentum = 0.9, ", 0.1);
  const double g[3][2] = {{0.5, 1.0}, {-0.25, 2.0}, {1.0, 0.0}};
  double w[2] = {1.0, -2.0}, v[2] = {0, 0};
  for (int step = 0; step < 3; ++step)
    for (int i = 0; i < 2; ++i) {
      v[i] = 0.9 * v[i] - 0.1 * g[step][i];
      w[i] += v[i];
      EXPECT_NEAR(steps[step].states.at("w")[i], w[i], 1e-15);
      EXPECT_NEAR(steps[step].states.at("w.momentum")[i], v[i], 1e-15);
    }
}

TEST(Optimizer, NesterovFollowsKeras) {
  const auto steps = three_steps("momentum = 0.9, nesterov = true, ", 0.1);
  const double g[3][2] = {{0.5, 1.0}, {-0.25, 2.0}, {1.0, 0.0}};
  double w[2] = {1.0, -2.0}, v[2] = {0, 0};
  for (int step = 0; step < 3; ++step)
    for (int i = 0; i < 2; ++i) {
      v[i] = 0.9 * v[i] - 0.1 * g[step][i];
      w[i] += 0.9 * v[i] - 0.1 * g[step][i];
      EXPECT_NEAR(steps[step].states.at("w")[i], w[i], 1e-15);
    }
}

/// The states after `steps` steps of a model whose gradient is x, from zero slots.
std::vector<Ran> steps_of(const std::string& optimizer, const std::vector<Numbers>& gradients,
                          double rate) {
  std::string text = model("");
  text.replace(text.find("optimizer = sgd"), 15, optimizer);
  ir::Module m = module_of(text);
  Remarks remarks;
  PipelineHooks hooks;
  hooks.check = true;
  run_to_stage(m, Stage::Planned, {}, remarks, hooks);
  std::map<std::string, Numbers> given;
  for (const ir::State& s : m.states)
    given[s.name] = Numbers(s.type.elements(), s.attrs.real("value", 0));
  given["w"] = {1.0, -2.0};
  given["learning_rate"] = {rate};
  std::vector<Ran> steps;
  for (const Numbers& g : gradients) {
    given["x"] = g;
    steps.push_back(run_exact(m, "train_step", 1, given));
    for (const auto& [name, value] : steps.back().states) given[name] = value;
  }
  return steps;
}

const std::vector<Numbers> kGradients = {{0.5, 1.0}, {-0.25, 2.0}, {1.0, 0.0}, {0.125, -3.0}};

TEST(Optimizer, AdamFollowsKeras) {
  for (const bool amsgrad : {false, true}) {
    const auto steps = steps_of(amsgrad ? "optimizer = adam, amsgrad = true" : "optimizer = adam",
                                kGradients, 0.01);
    double w[2] = {1.0, -2.0}, m[2] = {0, 0}, v[2] = {0, 0}, v_hat[2] = {0, 0};
    for (int t = 1; t <= 4; ++t)
      for (int i = 0; i < 2; ++i) {
        const double g = kGradients[t - 1][i];
        const double alpha = 0.01 * std::sqrt(1 - std::pow(0.999, t)) / (1 - std::pow(0.9, t));
        m[i] += (g - m[i]) * (1 - 0.9);
        v[i] += (g * g - v[i]) * (1 - 0.999);
        v_hat[i] = std::max(v_hat[i], v[i]);
        w[i] -= m[i] * alpha / (std::sqrt(amsgrad ? v_hat[i] : v[i]) + 1e-7);
        EXPECT_NEAR(steps[t - 1].states.at("w")[i], w[i], 1e-12);
      }
    EXPECT_EQ(steps[0].states.count("w.velocity_hat"), amsgrad ? 1u : 0u);
  }
}

TEST(Optimizer, NadamFollowsKeras) {
  const auto steps = steps_of("optimizer = nadam", kGradients, 0.01);
  double w[2] = {1.0, -2.0}, m[2] = {0, 0}, v[2] = {0, 0}, product = 1;
  for (int t = 1; t <= 4; ++t) {
    const double u = 0.9 * (1 - 0.5 * std::pow(0.96, t));
    const double u_next = 0.9 * (1 - 0.5 * std::pow(0.96, t + 1));
    product *= u;
    for (int i = 0; i < 2; ++i) {
      const double g = kGradients[t - 1][i];
      m[i] += (g - m[i]) * (1 - 0.9);
      v[i] += (g * g - v[i]) * (1 - 0.999);
      const double m_hat = u_next * m[i] / (1 - product * u_next) + (1 - u) * g / (1 - product);
      const double v_hat = v[i] / (1 - std::pow(0.999, t));
      w[i] -= m_hat * 0.01 / (std::sqrt(v_hat) + 1e-7);
      EXPECT_NEAR(steps[t - 1].states.at("w")[i], w[i], 1e-12);
    }
    EXPECT_NEAR(steps[t - 1].states.at("optimizer.u_product")[0], product, 1e-12);
  }
}

TEST(Optimizer, StatesAreMadeWithRolesAndInitialValues) {
  ir::Module m = module_of(model("learning_rate = 0.25, momentum = 0.5, "));
  run_checked(m, {"autodiff", "optimizer"});
  const ir::State& rate = m.states.at(m.find_state("learning_rate"));
  EXPECT_EQ(rate.attrs.word("role"), "rate");
  EXPECT_EQ(rate.attrs.word("init"), "constant");
  EXPECT_EQ(rate.attrs.real("value", 0), 0.25);
  EXPECT_EQ(m.states.at(m.find_state("iterations")).attrs.word("role"), "counter");
  EXPECT_EQ(m.states.at(m.find_state("w.momentum")).attrs.word("role"), "slot");
}

TEST(Optimizer, BadSettingsAreExplained) {
  const auto error = [](const std::string& text) {
    return error_of(model(text), {"autodiff", "optimizer"});
  };
  EXPECT_EQ(error("momentum = 1.5, "), "optimizer 'sgd': 'momentum' must be 0 to 1, not 1.5");
  EXPECT_EQ(error("learning_rate = -1.0, "),
            "optimizer 'sgd': 'learning_rate' must be at least 0, not -1");
  EXPECT_EQ(error("learning_rate = inf, "),
            "optimizer 'sgd': 'learning_rate' must be at least 0, not inf");
  EXPECT_EQ(error("learning_rate = nan, "),
            "optimizer 'sgd': 'learning_rate' must be at least 0, not nan");
  EXPECT_EQ(error("nesterov = 1, "), "optimizer 'sgd': 'nesterov' must be true or false");
  EXPECT_EQ(error("momentum = high, "),
            "optimizer 'sgd': 'momentum' must be a number, not of type word");
  EXPECT_EQ(error("ema_momentum = 0.9, "),
            "optimizer 'sgd': 'ema_momentum' is given without 'use_ema = true'");
  EXPECT_EQ(error("ema_overwrite_frequency = 3, use_ema = false, "),
            "optimizer 'sgd': 'ema_overwrite_frequency' is given without 'use_ema = true'");
  EXPECT_EQ(
      error("gradient_accumulation_steps = 1, "),
      "optimizer 'sgd': 'gradient_accumulation_steps' must be at least 2, or 0 for none, not 1");
  EXPECT_EQ(error("beta_1 = 0.9, "),
            "optimizer 'sgd' has no hyperparameter 'beta_1'; it has learning_rate, momentum, "
            "nesterov, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, "
            "ema_overwrite_frequency, gradient_accumulation_steps");
  ir::Attrs attrs;
  attrs.set("optimizer", "sgdd");
  try {
    optimizer_steps(attrs);
    FAIL() << "an unknown optimizer was accepted";
  } catch (const Error& e) {
    EXPECT_EQ(std::string(e.what()).find("there is no optimizer 'sgdd'; there is sgd"), 0u);
  }
}

TEST(Optimizer, ASlotOfAnotherTypeIsRefused) {
  EXPECT_EQ(error_of(R"(module @m {
  state %w : f32[2]
  state %w.momentum : f32[3]
  func @train_step(%g: f32[2]) -> () {
    update(%w, %g) {momentum = 0.5, optimizer = sgd}
    return
  }
})",
                     {"optimizer"}),
            "state 'w.momentum' has type f32[3], but the optimizer needs it as f32[2]");
}

TEST(Optimizer, AStateOfTheModelsOwnIsRefused) {
  const auto error = [](const std::string& state, const std::string& attrs) {
    return error_of("module @m {\n  state %w : f32[2]\n  state %" + state + R"(
  func @train_step(%g: f32[2]) -> () {
    update(%w, %g) {)" + attrs +
                        R"(}
    return
  }
})",
                    {"optimizer"});
  };
  EXPECT_EQ(error("learning_rate : f32[] {trainable = true}", "optimizer = sgd"),
            "state 'learning_rate' is the model's own, but the optimizer keeps its rate there: "
            "another name, or {role = rate}, is expected");
  EXPECT_EQ(
      error("w.momentum : f32[2] {role = weight}", "momentum = 0.5, optimizer = sgd"),
      "state 'w.momentum' is the model's own, but the optimizer keeps its slot there: another "
      "name, or {role = slot}, is expected");
  EXPECT_EQ(error("w.momentum : f32[2] {role = slot}", "momentum = 0.5, optimizer = sgd"), "");
}

TEST(Optimizer, UpdatesThatNeedDifferentSharedStatesAreRefused) {
  const auto error = [](const std::string& a, const std::string& b) {
    const std::string in_one = R"(module @m {
  state %a : f32[2]
  state %b : f32[2]
  func @train_step(%g: f32[2]) -> () {
    update(%a, %g) {)" + a + "}\n    update(%b, %g) {" +
                               b + "}\n    return\n  }\n}";
    const std::string in_two = R"(module @m {
  state %a : f32[2]
  state %b : f32[2]
  func @train_step(%g: f32[2]) -> () {
    update(%a, %g) {)" + a + R"(}
    return
  }
  func @other(%g: f32[2]) -> () {
    update(%b, %g) {)" + b + "}\n    return\n  }\n}";
    std::string first = error_of(in_one, {"optimizer"}), second = error_of(in_two, {"optimizer"});
    const std::string where = "function 'train_step': the updates of '%a' and '%b' have ";
    const std::string other = "function 'other': the updates of '%a' and '%b' have ";
    if (first.starts_with(where)) first = first.substr(where.size());
    if (second.starts_with(other)) second = second.substr(other.size());
    EXPECT_EQ(first, second);
    return first;
  };
  const std::string rates = "different learning rates, but a module has one";
  EXPECT_EQ(error("learning_rate = 0.1, optimizer = sgd", "learning_rate = 0.5, optimizer = sgd"),
            rates);
  EXPECT_EQ(error("optimizer = sgd", "optimizer = adam"), rates) << "by default";
  EXPECT_EQ(error("learning_rate = 0.1, optimizer = sgd",
                  "learning_rate = 0.1, optimizer = sgd, schedule = cosine_decay, "
                  "schedule.decay_steps = 10"),
            rates);
  EXPECT_EQ(error("learning_rate = 0.1, optimizer = sgd", "learning_rate = 0.1, optimizer = adam"),
            "");
  EXPECT_EQ(error("clipnorm = 1.0, optimizer = adam", "beta_1 = 0.5, optimizer = adam"), "");
  EXPECT_EQ(error("optimizer = nadam", "beta_1 = 0.5, optimizer = nadam"),
            "different settings, but optimizer 'nadam' keeps one '%optimizer.u_product' for all "
            "weights");
  EXPECT_EQ(error("optimizer = nadam", "layer = d0, optimizer = nadam"), "");
}

TEST(OptimizerTable, SaysWhatARowTakes) {
  const OptimizerRow* sgd = find_optimizer("sgd");
  ASSERT_NE(sgd, nullptr);
  EXPECT_EQ(find_optimizer("nothing"), nullptr);
  ASSERT_EQ(sgd->hyperparameters.size(), 11u);
  EXPECT_FALSE(sgd->hyperparameters[2].any_optimizer);
  EXPECT_TRUE(sgd->hyperparameters[3].any_optimizer);
  EXPECT_EQ(sgd->hyperparameters[0].name, "learning_rate");
  EXPECT_EQ(std::get<double>(sgd->hyperparameters[0].default_value), 0.01);
  EXPECT_EQ(std::get<bool>(sgd->hyperparameters[2].default_value), false);
  EXPECT_EQ(sgd->formula,
            "v = momentum * v - lr * g; "
            "w = momentum == 0 ? w - lr * g : nesterov ? w + (momentum * v - lr * g) : w + v");
}

TEST(OptimizerTable, AVariantIsARowWithOtherDefaults) {
  const OptimizerRow* adamw = find_optimizer("adamw");
  ASSERT_NE(adamw, nullptr);
  EXPECT_EQ(adamw->formula, find_optimizer("adam")->formula);
  ir::Attrs attrs;
  attrs.set("optimizer", "adamw");
  EXPECT_EQ(optimizer_steps(attrs).common.weight_decay, 0.004);
  attrs.set("weight_decay", 0.5);
  EXPECT_EQ(optimizer_steps(attrs).common.weight_decay, 0.5);
  attrs.set("optimizer", "adam");
  attrs.erase("weight_decay");
  EXPECT_EQ(optimizer_steps(attrs).common.weight_decay, 0);
}

// Every row's expressions use only what has been made before them.
TEST(OptimizerTable, EveryRowExpands) {
  for (const OptimizerRow& row : optimizer_table()) {
    ir::Attrs attrs;
    attrs.set("optimizer", std::string(row.name));
    for (int flags = 0; flags < 2; ++flags) {
      for (const Hyperparameter& h : row.hyperparameters)
        if (std::holds_alternative<bool>(h.default_value)) attrs.set(h.name, flags == 1);
      const OptimizerSteps steps = optimizer_steps(attrs);
      EXPECT_LE(steps.weight.arity(), steps.arguments) << row.name;
      int known = OptimizerSteps::FirstFree;
      for (const OptimizerStep& step : steps.steps) {
        if (step.old >= 0) ++known;
        EXPECT_LE(std::max({step.value.arity(), step.left + 1, step.right + 1}), known)
            << row.name << ": " << step.name;
        ++known;
      }
    }
  }
}

TEST(OptimizerTable, WhatIsSharedByAllWeightsHasTheSameNumbersAtEveryRank) {
  for (const OptimizerRow& row : optimizer_table()) {
    ir::Attrs attrs;
    attrs.set("optimizer", std::string(row.name));
    const auto shared = [&](int rank) {
      std::vector<OptimizerStep> steps =
          optimizer_steps(attrs, {"w", std::vector<int64_t>(rank, 4)}).steps;
      std::erase_if(steps, [](const OptimizerStep& s) {
        return s.kind != OptimizerStep::Kind::Scalar && s.kind != OptimizerStep::Kind::Carried;
      });
      return steps;
    };
    for (int rank = 0; rank <= 3; ++rank) EXPECT_EQ(shared(rank), shared(2)) << row.name << rank;
  }
}

/// Whether all states are finite after each of four steps from the states' initial values.
bool stays_finite(const std::string& attrs) {
  std::string text = model("");
  text.replace(text.find("optimizer = sgd"), 15, attrs);
  ir::Module m = module_of(text);
  run_checked(m, {"autodiff", "optimizer", "decompose", "simplify"});
  std::map<std::string, Numbers> given;
  for (const ir::State& s : m.states)
    given[s.name] = Numbers(s.type.elements(), s.attrs.real("value", 0));
  given["w"] = {1.0, -2.0};
  for (const Numbers& g : {Numbers{0.5, 1.0}, Numbers{-0.25, 2.0}, Numbers{1.0, 0.5}}) {
    given["x"] = g;
    for (const auto& [name, value] : run_exact(m, "train_step", 1, given).states) {
      given[name] = value;
      if (!std::all_of(value.begin(), value.end(), [](double v) { return std::isfinite(v); }))
        return false;
    }
  }
  return true;
}

// The learning rate, whose lower end is 0, is the first of them.
TEST(OptimizerTable, EveryRowStaysFiniteAtBothEndsOfWhatItAllows) {
  for (const OptimizerRow& row : optimizer_table())
    for (const Hyperparameter& h : row.hyperparameters) {
      if (h.any_optimizer || !std::holds_alternative<double>(h.default_value)) continue;
      for (double end : {h.low, h.high}) {
        if (std::isinf(end)) continue;
        ir::Attrs attrs;
        attrs.set("optimizer", std::string(row.name));
        attrs.set(h.name, end);
        if (h.below_high && end == h.high) {
          EXPECT_THROW(optimizer_steps(attrs), Error) << row.name << ": " << h.name;
          end = std::nextafter(end, 0.0);
        }
        EXPECT_TRUE(stays_finite(h.name + " = " + ir::number_to_text(end, true) +
                                 ", optimizer = " + std::string(row.name)))
            << row.name << ": " << h.name << " = " << end;
      }
    }
}

TEST(Optimizer, FtrlChangesNothingAtRateZero) {
  const auto steps = steps_of("beta = 0.5, optimizer = ftrl", kGradients, 0);
  EXPECT_EQ(steps.back().states.at("w"), (Numbers{1.0, -2.0}));
  EXPECT_EQ(steps.back().states.at("w.linear"), (Numbers{0, 0}));
  EXPECT_EQ(steps.back().states.at("w.accumulator"), (Numbers{0.1, 0.1}));
}

TEST(OptimizerTable, EveryRowUpdatesWeightsOfEveryRank) {
  for (const OptimizerRow& row : optimizer_table()) {
    const std::string name(row.name);
    ir::Module m =
        module_of(R"(module @m {
  state %a : f32[]
  state %b : f32[3]
  state %c : f32[2,3]
  state %d : f32[2,3,2]
  func @train_step(%p: f32[], %q: f32[3], %r: f32[2,3], %s: f32[2,3,2]) -> () {
    update(%a, %p) {optimizer = )" +
                  name + "}\n    update(%b, %q) {optimizer = " + name +
                  "}\n    update(%c, %r) {optimizer = " + name +
                  "}\n    update(%d, %s) {optimizer = " + name + "}\n    return\n  }\n}");
    run_checked(m, {"optimizer", "decompose", "simplify"});
    std::map<std::string, Numbers> given;
    for (const ir::State& s : m.states)
      if (!s.attrs.word("role").empty())
        given[s.name] = Numbers(s.type.elements(), s.attrs.real("value", 0));
    for (const char* weight : {"a", "b", "c", "d"})
      given[weight] = Numbers(m.states[m.find_state(weight)].type.elements(), 0.5);
    const Ran ran = run_exact(m, "train_step", 1, given);
    for (const char* weight : {"a", "b", "c", "d"})
      for (const double w : ran.states.at(weight)) {
        EXPECT_TRUE(std::isfinite(w)) << row.name << ": " << weight;
        EXPECT_NE(w, 0.5) << row.name << ": " << weight;
      }
  }
}

}  // namespace
}  // namespace lathe::passes
