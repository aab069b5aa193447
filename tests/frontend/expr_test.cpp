// Expressions of the user's own: their words, and as a loss.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <optional>
#include <string>

#include "frontend/base/spec.h"
#include "frontend/model/model_impl.h"
#include "ir/elementwise.h"
#include "ir/printer.h"
#include "passes/pipeline.h"
#include "tests/frontend/frontend_test_util.h"
#include "tests/temp_folder.h"

namespace lathe {
namespace {

using test::bunches;
using test::error_of;
using test::interpreter;
using test::small_model;

const Expr kX = Expr::arg(0), kY = Expr::arg(1);

const Loss kPinball("pinball", [](Expr y, Expr p) { return max(0.9 * (y - p), -0.1 * (y - p)); });
constexpr const char* kPinballText = "(let t0 (sub a0 a1) (max (mul 0.9 t0) (mul -0.1 t0)))";

std::string train_step(const std::string& output, const Loss& loss, passes::Stage stage) {
  Sequential model({Input({4}), Dense(5, "tanh"), Dense(3, output)});
  model.compile({.loss = loss, .optimizer = SGD(0.1, 0.9), .run = interpreter()});
  ir::Module m = model.module();
  passes::Remarks remarks;
  passes::run_to_stage(m, stage, {.max_batch = 16}, remarks);
  return ir::print(m);
}

TEST(Expr, WordsHaveTheirText) {
  EXPECT_EQ((2 * kX + kY / 3).to_string(), "(add (mul 2 a0) (div a1 3))");
  EXPECT_EQ((-kX - 1).to_string(), "(sub (neg a0) 1)");
  EXPECT_EQ(select(kX > 0 && !(kY <= 1), kX, 0).to_string(),
            "(select (and (lt 0 a0) (not (le a1 1))) a0 0)");
  EXPECT_EQ(select(kX < 0 || kY >= 1 || kX == kY, 1, 0).to_string(),
            "(select (or (or (lt a0 0) (le 1 a1)) (eq a0 a1)) 1 0)");
  EXPECT_EQ(select(kX != 2, kX, kY).to_string(), "(select (not (eq a0 2)) a0 a1)");
  EXPECT_EQ(clip(square(kX), -1, 1).to_string(), "(min (max (mul a0 a0) -1) 1)");
#define ONE_1(text) EXPECT_EQ(text(kX).to_string(), "(" #text " a0)");
#define ONE_2(text) EXPECT_EQ(text(kX, kY).to_string(), "(" #text " a0 a1)");
#define SCALAR_OP(name, text, arity, result, host)
#define SCALAR_FUNCTION(name, text, arity, result, host) ONE_##arity(text)
#include "ir/scalar_ops.def"
#undef SCALAR_OP
#undef ONE_1
#undef ONE_2
}

TEST(Expr, EveryActivationIsAWord) {
#define ELEMENTWISE(...)
#define ACTIVATION(name, ...) \
  EXPECT_EQ(name(kX).to_string(), ir::find_elementwise(#name)->expr.to_string()) << #name;
#include "ir/elementwise.def"
#undef ELEMENTWISE
#undef ACTIVATION
  EXPECT_EQ(relu(kX - kY).to_string(), "(let t0 (sub a0 a1) (select (le t0 0) 0 t0))");
}

TEST(Expr, NumbersAndTruthValuesDiffer) {
  EXPECT_EQ(error_of([] { (void)((kX > 0) + 1); }),
            "operand 0 of 'add' must be a number, not '(lt 0 a0)'");
  EXPECT_EQ(error_of([] { (void)select(kX, 1, 0); }),
            "operand 0 of 'select' must be a truth value, not 'a0'");
  EXPECT_EQ(error_of([] { (void)relu(kX > 0); }),
            "'relu' takes a number, not the truth value '(lt 0 a0)'");
}

// What the header says of formulas that stay finite, and of those that don't.
TEST(Expr, SlopesAreOfTheFormulaAsItIsWritten) {
  const auto value = [](const Expr& e, double x) {
    return e.scalar().evaluate(std::array<double, 1>{x});
  };
  const auto slope = [&](const Expr& e, double x) {
    return value(Expr(ir::derivative(e.scalar(), 0)), x);
  };
  // In doubles -800 is what -200 is in f32: exp gives 0.
  EXPECT_TRUE(std::isnan(slope(log(sigmoid(kX)), -800)));
  EXPECT_EQ(slope(log_sigmoid(kX), -800), 1);
  EXPECT_TRUE(std::isnan(slope(sqrt(max(kX, 0)), 0)));
  EXPECT_EQ(slope(sqrt(max(kX, 1e-12)), 0), 0);
  EXPECT_EQ(value(select(kX > 0, log(kX), 0), -1), 0);
  EXPECT_EQ(slope(select(kX > 0, log(kX), 0), -1), 0);
}

TEST(ExpressionLoss, IsTheRowOfItsFormula) {
  const Loss squares("squares", [](Expr y, Expr p) { return (y - p) * (y - p); });
  for (const passes::Stage stage : {passes::Stage::Built, passes::Stage::Planned})
    EXPECT_EQ(train_step("linear", squares, stage), train_step("linear", "mse", stage));
  const Loss distance("distance", [](Expr y, Expr p) { return 0.5 * abs(y - p); },
                      {{"over", "sum"}, {"reduction", "sum"}});
  EXPECT_EQ(train_step("softmax", distance, passes::Stage::Planned),
            train_step("softmax", "total_variation(reduction=sum)", passes::Stage::Planned));
}

TEST(ExpressionLoss, OverRowsWithWeights) {
  const Array y = Array::from<float>({1, 2, 3, 4}, {2, 2});
  const Array p = Array::from<float>({0, 3, 3, 6}, {2, 2});
  const Array weights = Array::from<float>({2, 1}, {2});
  // y - p: 1 -1 | 0 -2, so 0.9 0.1 | 0 0.2
  const auto measure = [&](NamedOptions options, std::optional<ArrayView> weight) {
    Sequential model({Input({2}), Activation("linear")});
    const Loss loss(
        "pinball", [](Expr t, Expr o) { return max(0.9 * (t - o), -0.1 * (t - o)); },
        std::move(options));
    model.compile({.loss = loss,
                   .metrics = {kPinball.to_string()},
                   .weighted_metrics = {"expression(fn=\"(abs (sub a0 a1))\", name=far)"},
                   .run = interpreter()});
    return model.evaluate(p, y, {.sample_weight = weight});
  };
  EXPECT_NEAR(measure({}, {}).loss(), (0.5 + 0.1) / 2, 1e-6);
  EXPECT_NEAR(measure({{"over", "sum"}}, {}).loss(), (1 + 0.2) / 2, 1e-6);
  EXPECT_NEAR(measure({{"reduction", "sum"}}, {}).loss(), 0.5 + 0.1, 1e-6);
  const Logs weighted = measure({}, weights.view());
  EXPECT_NEAR(weighted.loss(), (2 * 0.5 + 0.1) / 2, 1e-6);
  EXPECT_NEAR(weighted["pinball"], 0.3, 1e-6);
  EXPECT_NEAR(weighted["far"], (2 * 1 + 1) / 3.0, 1e-6);
}

TEST(ExpressionLoss, TakesClassesAndTheirWeights) {
  const auto data = bunches(30);
  const auto trained = [&](const Loss& loss) {
    Sequential model = small_model();
    model.compile({.loss = loss, .optimizer = SGD(0.1), .seed = 3, .run = interpreter()});
    model.fit(data.x, data.y, {.batch_size = 7, .epochs = 2, .class_weight = {{1, 2.5}}});
    return model.weights_sha256();
  };
  EXPECT_EQ(trained(Loss("mine", [](Expr y, Expr p) { return square(y - p); })), trained("mse"));
}

TEST(ExpressionLoss, TextBringsItBack) {
  const std::string text = kPinball.to_string();
  EXPECT_EQ(text, "expression(fn=\"" + std::string(kPinballText) + "\", name=pinball)");
  EXPECT_EQ(Loss(text).to_string(), text);
  EXPECT_EQ(train_step("linear", text, passes::Stage::Built),
            train_step("linear", kPinball, passes::Stage::Built));
  EXPECT_EQ(Loss("a", [](Expr, Expr p) { return p; }).to_string(), "expression(fn=a1, name=a)");
}

TEST(ExpressionLoss, ComesBackWithTheModelAndGoesOn) {
  const auto data = bunches(25);
  const test::TempFolder folder;
  const auto path = folder / "model.lathe";
  for (const RunOptions& run : test::backends()) {
    Sequential model = small_model();
    model.compile({.loss = kPinball, .optimizer = SGD(0.1, 0.9), .run = run});
    model.fit(data.x, data.y, {.batch_size = 4, .epochs = 1});
    model.save(path);
    Model back = Model::load(path, run);
    EXPECT_EQ(back.compile_options().loss.only().to_string(), kPinball.to_string());
    for (Model* m : {static_cast<Model*>(&model), &back})
      m->fit(data.x, data.y, {.batch_size = 4, .epochs = 1});
    EXPECT_EQ(back.weights_sha256(), model.weights_sha256());
  }
}

TEST(ExpressionLoss, SaysWhatIsWrong) {
  const auto error = [](const Loss& loss) {
    return error_of([&] { small_model().compile({.loss = loss, .run = interpreter()}); });
  };
  const auto of = [&](const std::string& fn) {
    return error(Loss("expression", NamedOptions{{"fn", fn}}));
  };
  EXPECT_EQ(of("(add a2 a1)"),
            "loss 'expression': fn: takes a0, the target, and a1, the prediction, not a2");
  EXPECT_EQ(of("(exp a0)"), "loss 'expression': fn: says nothing about a1, the prediction");
  EXPECT_EQ(error(Loss("mine", [](Expr y, Expr p) { return y < p; })),
            "loss 'expression': fn: expected a number, not the truth value '(lt a0 a1)': (select "
            "condition 1 0) makes a number of one");
  EXPECT_EQ(of("(sub a0 b)"),
            "loss 'expression': fn: 'b' is neither a number nor an argument a0… at character 9 of "
            "the expression '(sub a0 b)'");
  EXPECT_EQ(error("expression"), "loss 'expression': option 'fn' is missing, expected a text");
  EXPECT_EQ(error("expression(fn=a1, over=maen)"),
            "loss 'expression': unknown over 'maen'; did you mean 'mean'?");
  const Loss large("large", [](Expr y, Expr p) {
    for (int i = 0; i < 300; ++i) p = exp(p);
    return y - p;
  });
  EXPECT_EQ(error(large),
            "loss 'expression': fn: an expression of 303 parts is too large: at most 200");
  const Loss odd("a \"b\"", [](Expr y, Expr p) { return y - p; });
  EXPECT_EQ(parse_spec(odd.to_string()).options.word("name"), "a \"b\"");
}

/// Of the operations whose derivatives are longest, up to the limit.
TEST(ExpressionLoss, TheLargestOneCanBeTrained) {
  for (const bool errors : {false, true}) {
    const Loss loss("large", [&](Expr y, Expr p) {
      Expr e = y - p;
      for (int i = 0; i < 197; ++i) e = errors ? erf(e) : abs(e);
      return e;
    });
    const std::string planned = train_step("linear", loss, passes::Stage::Planned);
    EXPECT_NE(planned.find("@train_step"), std::string::npos) << errors;
  }
}

}  // namespace
}  // namespace lathe
