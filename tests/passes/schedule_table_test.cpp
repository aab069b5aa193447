// Learning-rate schedules against their formulas in double, over 100 steps of a training step.
#include "passes/schedule_table.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>
#include <set>

#include "tests/passes/pass_test_util.h"

namespace lathe::passes {
namespace {

constexpr double kPi = std::numbers::pi;

std::string model(const std::string& schedule) {
  return R"(module @m {
  state %w : f32[2]
  func @train_step(%g: f32[2]) -> () {
    update(%w, %g) {learning_rate = 0.5, optimizer = sgd)" +
         schedule + R"(}
    return
  }
})";
}

double cosine(double part) {
  return 0.5 * (1 + std::cos(kPi * part));
}

double restarts(double step, double first, double t_mul, double m_mul, double alpha) {
  double length = first, height = 1;
  while (step >= length) {
    step -= length;
    length *= t_mul;
    height *= m_mul;
  }
  return 0.5 * ((1 - alpha) * height * cosine(step / length) + alpha);
}

struct Case {
  const char* attrs;
  std::function<double(int)> rate;  ///< of step 0, 1, …
};

const Case kCases[] = {
    {"constant", [](int) { return 0.5; }},
    {"piecewise_constant, schedule.boundaries = [10, 20.5], schedule.values = [1.0, 0.5, 0.1]",
     [](int i) { return i <= 10     ? 1.0
                        : i <= 20.5 ? 0.5
                                    : 0.1; }},
    {"piecewise_constant, schedule.boundaries = [], schedule.values = [0.25]",
     [](int) { return 0.25; }},
    {"piecewise_constant_decay, schedule.boundaries = [3], schedule.values = [0.5, 0.0]",
     [](int i) { return i <= 3 ? 0.5 : 0.0; }},
    {"exponential_decay, schedule.decay_rate = 0.9, schedule.decay_steps = 10",
     [](int i) { return 0.5 * std::pow(0.9, i / 10.0); }},
    {"exponential_decay, schedule.decay_rate = 0.9, schedule.decay_steps = 10, schedule.staircase "
     "= true",
     [](int i) { return 0.5 * std::pow(0.9, i / 10); }},
    {"inverse_time_decay, schedule.decay_rate = 0.5, schedule.decay_steps = 10",
     [](int i) { return 0.5 / (1 + 0.5 * i / 10.0); }},
    {"inverse_time_decay, schedule.decay_rate = 0.5, schedule.decay_steps = 10, schedule.staircase "
     "= true",
     [](int i) { return 0.5 / (1 + 0.5 * (i / 10)); }},
    {"polynomial_decay, schedule.decay_steps = 40",
     [](int i) { return (0.5 - 1e-4) * (1 - std::min(i, 40) / 40.0) + 1e-4; }},
    {"polynomial_decay, schedule.cycle = true, schedule.decay_steps = 30, "
     "schedule.end_learning_rate = 0.1, schedule.power = 1.5",
     [](int i) {
       const double steps = 30 * (i == 0 ? 1 : std::ceil(i / 30.0));
       return 0.4 * std::pow(1 - i / steps, 1.5) + 0.1;
     }},
    {"cosine_decay, schedule.decay_steps = 60",
     [](int i) { return 0.5 * cosine(std::min(i, 60) / 60.0); }},
    {"cosine_decay, schedule.alpha = 0.1, schedule.decay_steps = 60, schedule.warmup_steps = 8, "
     "schedule.warmup_target = 0.75",
     [](int i) {
       return i < 8 ? 0.5 + 0.25 * i / 8 : 0.75 * (0.9 * cosine(std::min(i - 8, 60) / 60.0) + 0.1);
     }},
    {"cosine_decay_restarts, schedule.first_decay_steps = 7",
     [](int i) { return restarts(i, 7, 2, 1, 0); }},
    {"cosine_decay_restarts, schedule.alpha = 0.2, schedule.first_decay_steps = 10, "
     "schedule.m_mul = 0.5, schedule.t_mul = 1.0",
     [](int i) { return restarts(i, 10, 1, 0.5, 0.2); }},
    {"cosine_decay_restarts, schedule.first_decay_steps = 8, schedule.m_mul = 0.8, "
     "schedule.t_mul = 1.5",
     [](int i) { return restarts(i, 8, 1.5, 0.8, 0); }},
    {"warmup, schedule.start = 0.1, schedule.warmup_steps = 25",
     [](int i) { return i < 25 ? 0.1 + 0.4 * i / 25 : 0.5; }},
};

TEST(ScheduleTable, EveryRowFollowsItsFormula) {
  std::set<std::string> seen;
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.attrs);
    const std::string attrs = c.attrs;
    seen.insert(attrs.substr(0, attrs.find(',')));
    ir::Module m = module_of(model(", schedule = " + attrs));
    run_checked(m, {"optimizer", "decompose", "simplify"});
    EXPECT_NEAR(m.states[m.find_state("learning_rate")].attrs.real("value", 0), c.rate(0), 1e-15);
    std::map<std::string, Numbers> given = {
        {"w", {1, 2}}, {"g", {1, -1}}, {"iterations", {0}}, {"learning_rate", {9}}};
    for (int step = 0; step < 100; ++step) {
      const double w = given.at("w")[1];
      const Ran ran = run_exact(m, "train_step", 1, given);
      for (const auto& [name, value] : ran.states) given[name] = value;
      EXPECT_NEAR(given.at("learning_rate")[0], c.rate(step), 1e-12) << "step " << step;
      EXPECT_NEAR(given.at("w")[1] - w, c.rate(step), 1e-12) << "step " << step;
    }
  }
  for (const ScheduleRow& row : schedule_table())
    EXPECT_TRUE(seen.contains(std::string(row.name))) << row.name << " has no case";
}

// 63 / 1.4 is 45 and a little in f64: the rest of the cycle must not be negative.
TEST(ScheduleTable, ACycleOfAnyLengthIsFinite) {
  for (const double decay_steps : {1.0, 1.1, 1.4, 2.7, 3.3, 9.9}) {
    ir::Attrs attrs;
    attrs.set("schedule", "polynomial_decay");
    attrs.set("schedule.cycle", true);
    attrs.set("schedule.decay_steps", decay_steps);
    attrs.set("schedule.power", 1.5);
    const ir::ScalarExpr rate = schedule_rate(attrs, 0.5);
    for (int step = 0; step < 1000; ++step) {
      const double r = rate.evaluate(std::vector<double>{double(step)});
      EXPECT_TRUE(r >= 1e-4 && r <= 0.5) << decay_steps << ", step " << step << ": " << r;
    }
  }
}

TEST(ScheduleTable, BadSchedulesAreExplained) {
  const auto error = [](const std::string& text) { return error_of(model(text), {"optimizer"}); };
  EXPECT_EQ(error(", schedule = cosine").find("there is no schedule 'cosine'; there is constant"),
            0u);
  EXPECT_EQ(error(", schedule = cosine_decay"), "schedule 'cosine_decay' needs 'decay_steps'");
  EXPECT_EQ(error(", schedule = cosine_decay, schedule.decay_steps = 0"),
            "schedule 'cosine_decay': 'decay_steps' must be at least 1, not 0");
  EXPECT_EQ(error(", schedule = constant, schedule.rate = 0.5"),
            "schedule 'constant' takes no hyperparameter 'rate'");
  EXPECT_EQ(error(", schedule = piecewise_constant, schedule.boundaries = [1, 2], "
                  "schedule.values = [0.5, 0.25]"),
            "schedule 'piecewise_constant': 2 boundaries need one value more, not 2");
  EXPECT_EQ(error(", schedule = piecewise_constant, schedule.boundaries = [2, 2], "
                  "schedule.values = [0.5, 0.25, 0.1]"),
            "schedule 'piecewise_constant': 'boundaries' must ascend");
  EXPECT_EQ(error(", schedule = piecewise_constant_decay, schedule.boundaries = [2, 4], "
                  "schedule.values = [0.5, 0.25]"),
            "schedule 'piecewise_constant_decay': 2 boundaries need one value more, not 2");
  EXPECT_EQ(error(", schedule = piecewise_constant, schedule.boundaries = [2], "
                  "schedule.values = [-1.0, 0.5]"),
            "schedule 'piecewise_constant': each of 'values' must be at least 0, not -1");
  EXPECT_EQ(error(", schedule = piecewise_constant, schedule.boundaries = [2], "
                  "schedule.values = [1, -3]"),
            "schedule 'piecewise_constant': each of 'values' must be at least 0, not -3");
  EXPECT_EQ(error(", schedule = piecewise_constant, schedule.boundaries = [2], "
                  "schedule.values = [1.0, inf]"),
            "schedule 'piecewise_constant': each of 'values' must be at least 0, not inf");
  EXPECT_EQ(error(", schedule = piecewise_constant, schedule.boundaries = [nan], "
                  "schedule.values = [1.0, 0.5]"),
            "schedule 'piecewise_constant': each of 'boundaries' must be at least 0, not nan");
  EXPECT_EQ(error(", schedule.decay_steps = 10"),
            "'schedule.decay_steps' is given without a schedule");
}

TEST(ScheduleTable, SaysWhatARowTakes) {
  const ScheduleRow* row = find_schedule("exponential_decay");
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(find_schedule("nothing"), nullptr);
  ASSERT_EQ(row->hyperparameters.size(), 3u);
  EXPECT_EQ(row->hyperparameters[0].name, "decay_steps");
  EXPECT_TRUE(row->hyperparameters[0].required);
  EXPECT_FALSE(row->hyperparameters[2].required);
  EXPECT_EQ(row->formula,
            "rate = initial * power(decay_rate, staircase ? floor(step / decay_steps) : step / "
            "decay_steps)");
}

}  // namespace
}  // namespace lathe::passes
