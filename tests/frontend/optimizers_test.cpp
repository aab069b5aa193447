// The optimisers' and schedules' classes: each is the row of its name, with that row's defaults.
#include <gtest/gtest.h>

#include <set>

#include "frontend/model/model_impl.h"
#include "passes/optimizer_table.h"
#include "passes/schedule_table.h"
#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

using test::bunches;
using test::error_of;
using test::interpreter;

std::vector<Optimizer> made_by_default() {
  return {SGD(),   RMSprop(), Adagrad(), Adadelta(), Adam(),      AdamW(), Adamax(),
          Nadam(), Ftrl(),    Lion(),    Lamb(),     Adafactor(), Muon()};
}

TEST(Optimizers, ClassesHaveTheRowsDefaults) {
  std::set<std::string> made;
  for (const Optimizer& optimizer : made_by_default()) {
    const passes::OptimizerRow* row = passes::find_optimizer(optimizer.name);
    ASSERT_NE(row, nullptr) << optimizer.name;
    made.insert(optimizer.name);
    EXPECT_EQ(optimizer.options, NamedOptions{}) << optimizer.name;
    EXPECT_EQ(ir::Attr(*optimizer.learning_rate), row->hyperparameters.at(0).default_value);
  }
  // Rows that are others with an option that the class has.
  made.insert({"momentum", "nesterov", "amsgrad"});
  for (const passes::OptimizerRow& row : passes::optimizer_table())
    EXPECT_EQ(made.count(std::string(row.name)), 1u) << row.name << " has no class";
}

TEST(Optimizers, WhatIsChosenIsHandedOn) {
  const Optimizer adam = Adam(
      {.learning_rate = 0.01, .beta_1 = 0.95, .amsgrad = true, .weight_decay = 0.1, .clipnorm = 2});
  EXPECT_EQ(adam.name, "adam");
  EXPECT_EQ(adam.learning_rate, 0.01);
  EXPECT_EQ(
      adam.options,
      (NamedOptions{{"beta_1", 0.95}, {"amsgrad", true}, {"weight_decay", 0.1}, {"clipnorm", 2}}));
  EXPECT_EQ(AdamW({.weight_decay = 0}).options, (NamedOptions{{"weight_decay", 0}}));
  EXPECT_EQ(SGD(0.1, 0.9, true).options, (NamedOptions{{"momentum", 0.9}, {"nesterov", true}}));
  EXPECT_EQ(SGD({.momentum = 0.9, .use_ema = true, .ema_overwrite_frequency = 5}).options,
            (NamedOptions{{"momentum", 0.9}, {"use_ema", true}, {"ema_overwrite_frequency", 5}}));
}

TEST(Optimizers, OptionsAreToldByTheNearestName) {
  const auto error = [](const char* text) {
    return error_of([&] {
      Sequential model({Input({2}), Dense(1)});
      model.compile({.loss = "mse", .optimizer = text});
    });
  };
  EXPECT_EQ(error("adam(bta_1=0.9)"),
            "optimizer 'adam': unknown hyperparameter 'bta_1'; did you mean 'beta_1'?");
  EXPECT_NE(error("adam(beta_1=None)").find("must be a number"), std::string::npos);
}

TEST(Optimizers, KerassNoneSwitchesOff) {
  const auto attrs = [](const char* text) { return detail::optimizer_attrs(Optimizer(text)); };
  EXPECT_EQ(attrs("adamw(weight_decay=None)"), attrs("adamw(weight_decay=0.0)"));
  EXPECT_EQ(attrs("sgd(clipnorm=None, global_clipnorm=None)"),
            attrs("sgd(clipnorm=0.0, global_clipnorm=0.0)"));
}

std::string bits(const Optimizer& optimizer) {
  Sequential model({Input({2}), Dense(8, "tanh"), Dense(3, "softmax")});
  model.compile(
      {.loss = "sparse_categorical_crossentropy", .optimizer = optimizer, .run = interpreter()});
  const auto data = bunches(24);
  model.fit(data.x, data.y, {.batch_size = 8, .epochs = 2});
  return model.weights_sha256();
}

TEST(Optimizers, TrainAsTheirTextsDo) {
  EXPECT_EQ(bits(RMSprop({.learning_rate = 0.01, .momentum = 0.5, .centered = true})),
            bits("rmsprop(learning_rate=0.01, momentum=0.5, centered=true)"));
  EXPECT_EQ(bits(Ftrl({.learning_rate = 0.05, .l1_regularization_strength = 0.1})),
            bits("ftrl(learning_rate=0.05, l1_regularization_strength=0.1)"));
  EXPECT_EQ(bits(Nadam({.gradient_accumulation_steps = 2})),
            bits("nadam(gradient_accumulation_steps=2)"));
  EXPECT_EQ(bits(SGD(CosineDecay(0.5, 4), 0.9)),
            bits("sgd(momentum=0.9, learning_rate=cosine_decay(0.5, decay_steps=4))"));
  EXPECT_EQ(bits(Adam({.learning_rate = PiecewiseConstantDecay({2, 4}, {0.1, 0.05, 0.01})})),
            bits("adam(learning_rate=piecewise_constant(boundaries=[2, 4], "
                 "values=[0.1, 0.05, 0.01]))"));
  EXPECT_NE(bits(Adam(0.01)), bits(Adam(0.02)));
  EXPECT_EQ(error_of([] { bits(Adam({.beta_1 = 1.5})); }),
            error_of([] { bits("adam(beta_1=1.5)"); }));
}

TEST(Optimizers, MuonLeavesEmbeddingsAndExcludedLayersToAdam) {
  const auto adams = [](const Optimizer& optimizer) {
    Tensor in = Input({2});
    Tensor words = Flatten()(Embedding(5, 4)(in));
    Model model({in}, {Dense(3, {.name = "out"})(Dense(6, {.name = "hidden"})(words))});
    model.compile({.loss = "mse", .optimizer = optimizer, .run = interpreter()});
    model.train_on_batch(Array::from<float>({0, 1, 4, 2}, {2, 2}),
                         Array::from<float>({0, 1, 2, 3, 4, 5}, {2, 3}));
    std::string names;
    for (const auto& [name, value] : model.impl().states())
      if (name.ends_with(".velocity")) names += name.substr(0, name.find('.')) + " ";
    return names;
  };
  EXPECT_EQ(adams(Muon()), "embedding_embeddings hidden_bias out_bias ");
  EXPECT_EQ(adams(Muon({.exclude_layers = {"out", "nothing"}})),
            "embedding_embeddings hidden_bias out_bias out_kernel ");
  EXPECT_EQ(adams(Muon({.exclude_embeddings = false})), "hidden_bias out_bias ");
  EXPECT_EQ(Muon({.exclude_layers = {"out"}}).name, "muon(exclude_layers=[out])");
}

TEST(Optimizers, SchedulesAreTheTextsOfTheirRows) {
  const auto text = [](const LearningRate& rate) { return std::get<std::string>(rate.value()); };
  const std::vector<std::string> texts = {
      text(PiecewiseConstantDecay({5, 20}, {0.2, 0.1, 0.02})),
      text(ExponentialDecay(0.2, 10, 0.7)),
      text(InverseTimeDecay(0.2, 10, 0.5, true)),
      text(PolynomialDecay(0.2, 15, {.end_learning_rate = 0.01, .cycle = true})),
      text(CosineDecay(0.02, 30, {.warmup_target = 0.2, .warmup_steps = 8})),
      text(CosineDecayRestarts(0.2, 8)),
      text(Warmup(0.1, 50))};
  EXPECT_EQ(
      texts,
      (std::vector<std::string>{
          "piecewise_constant_decay(boundaries=[5.0, 20.0], values=[0.2, 0.1, 0.02])",
          "exponential_decay(0.2, decay_rate=0.7, decay_steps=10.0)",
          "inverse_time_decay(0.2, decay_rate=0.5, decay_steps=10.0, staircase=true)",
          "polynomial_decay(0.2, cycle=true, decay_steps=15.0, end_learning_rate=0.01)",
          "cosine_decay(0.02, decay_steps=30.0, warmup_steps=8.0, warmup_target=0.2)",
          "cosine_decay_restarts(0.2, first_decay_steps=8.0)", "warmup(0.1, warmup_steps=50.0)"}));
  std::set<std::string> made = {"constant", "piecewise_constant"};  // a number, and another name
  for (const std::string& t : texts) made.insert(t.substr(0, t.find('(')));
  for (const passes::ScheduleRow& row : passes::schedule_table())
    EXPECT_EQ(made.count(std::string(row.name)), 1u) << row.name << " has no function";
}

}  // namespace
}  // namespace lathe
