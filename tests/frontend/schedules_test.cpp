// Optimisers whose learning rate follows a schedule.
#include <gtest/gtest.h>

#include "tests/frontend/frontend_test_util.h"
#include "tests/temp_folder.h"

namespace lathe {
namespace {

using test::bunches;
using test::error_of;
using test::interpreter;

Sequential scheduled(const std::string& schedule, const char* option = "schedule") {
  Sequential model = test::small_model();
  Optimizer optimizer("adam");
  optimizer.options[option] = schedule;
  model.compile({.loss = Loss("sparse_categorical_crossentropy"),
                 .optimizer = optimizer,
                 .seed = 3,
                 .run = interpreter()});
  return model;
}

TEST(Schedules, SetTheRateOfEachStep) {
  for (const char* option : {"schedule", "learning_rate"}) {
    Sequential model = scheduled("exponential_decay(0.5, decay_steps=1, decay_rate=0.5)", option);
    EXPECT_FLOAT_EQ(static_cast<float>(model.learning_rate()), 0.5f);
    const auto data = bunches(12);
    model.fit(data.x, data.y, {.batch_size = 4, .epochs = 1});
    EXPECT_FLOAT_EQ(static_cast<float>(model.learning_rate()), 0.125f) << "of the third step";
  }
}

TEST(Schedules, GoOnInALoadedModel) {
  const test::TempFolder folder;
  const auto path = folder / "model.lathe";
  const auto data = bunches(12);
  Sequential model = scheduled("piecewise_constant(boundaries=[2, 4], values=[0.5, 0.25, 0.125])");
  model.fit(data.x, data.y, {.batch_size = 4, .epochs = 1});
  EXPECT_FLOAT_EQ(static_cast<float>(model.learning_rate()), 0.5f);
  model.save(path);
  Model back = Model::load(path, interpreter());
  back.fit(data.x, data.y, {.batch_size = 4, .epochs = 1});
  EXPECT_FLOAT_EQ(static_cast<float>(back.learning_rate()), 0.125f);
}

TEST(Schedules, StandInTheOptimizersText) {
  Sequential model = test::small_model();
  model.compile({.loss = "scce",
                 .optimizer = "adam(beta_1=0.8, learning_rate=exponential_decay(0.5, "
                              "decay_steps=1, decay_rate=0.5))",
                 .run = interpreter()});
  const auto data = bunches(12);
  model.fit(data.x, data.y, {.batch_size = 4, .epochs = 1});
  EXPECT_FLOAT_EQ(static_cast<float>(model.learning_rate()), 0.125f);
  EXPECT_EQ(error_of([&] { model.set_learning_rate(0.1); }),
            "the learning rate follows the schedule exponential_decay: it can't be set");
  Optimizer twice = "adam(learning_rate=0.1)";
  twice.learning_rate = 0.2;
  EXPECT_EQ(error_of([&] { model.compile({.loss = "scce", .optimizer = twice}); }),
            "adam: option 'learning_rate' is given twice");
}

TEST(Schedules, BadOnesAreExplained) {
  const auto error = [](const std::string& schedule) {
    return error_of([&] { scheduled(schedule); });
  };
  EXPECT_NE(error("cosine_deca(0.1, decay_steps=10)").find("cosine_decay"), std::string::npos);
  EXPECT_EQ(error("cosine_decay(0.1)"), "schedule 'cosine_decay' needs 'decay_steps'");
  EXPECT_EQ(
      error("cosine_decay(0.1, decay_steps=10, initial_learning_rate=0.2)"),
      "schedule 'cosine_decay(0.1, decay_steps=10, initial_learning_rate=0.2)' has two initial "
      "learning rates");
}

}  // namespace
}  // namespace lathe
