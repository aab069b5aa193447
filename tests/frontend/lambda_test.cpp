// Layers that are an expression of the user's own, and the one that changes nothing.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ir/printer.h"
#include "lathe/model_json.h"
#include "tests/frontend/frontend_test_util.h"
#include "tests/temp_folder.h"

namespace lathe {
namespace {

using test::bunches;
using test::error_of;
using test::interpreter;

TEST(Lambda, IsItsExpression) {
  const Array x = Array::from<float>({-1, 2, 0.5f, 3}, {2, 2});
  for (const RunOptions& run : test::backends()) {
    Sequential model({Input({2}), Lambda([](Expr v) { return v * v + 1; }), Identity()});
    model.set_run_options(run);
    EXPECT_EQ(test::values(model.predict(x)), (std::vector<float>{2, 5, 1.25f, 10}));
    EXPECT_NE(model.summary().find("lambda (Lambda, (add (mul a0 a0) 1))"), std::string::npos)
        << model.summary();
  }
}

TEST(Lambda, OfSeveralInputs) {
  const Tensor a = Input({2}), b = Input({2});
  Model model({a, b}, {Lambda([](Expr x, Expr y) { return x / y; }, "ratio")({a, b})});
  model.set_run_options(interpreter());
  const Array x = Array::from<float>({1, 6}, {1, 2}), y = Array::from<float>({2, 3}, {1, 2});
  EXPECT_EQ(test::values(model.predict({x, y})), (std::vector<float>{0.5f, 2}));
}

TEST(Lambda, OfARowOfTheTableIsThatActivation) {
  Sequential mine({Input({2}), Lambda([](Expr x) { return softplus(x); }, "same")});
  Sequential row({Input({2}), Activation("softplus", "same")});
  EXPECT_EQ(ir::print(mine.module()), ir::print(row.module()));
}

TEST(Lambda, ComesBackFromFilesAndJson) {
  Sequential model({Input({2}), Dense(3), Lambda([](Expr x) { return x * sigmoid(1.5 * x); })});
  model.compile({.loss = "mse", .run = interpreter()});
  const auto data = bunches(9);
  model.fit(data.x, data.y);
  const test::TempFolder folder;
  const auto path = folder / "model.lathe";
  model.save(path);
  EXPECT_EQ(Model::load(path, interpreter()).predict(data.x), model.predict(data.x));

  const std::string json = model_to_json(model);
  EXPECT_EQ(model_to_json(Model::from_json(json)), json);
  const Model read = Model::from_json(
      R"x({"input": [4], "layers": [{"type": "Lambda", "fn": "(mul a0 a0)"}, {"type": "Identity"}]})x");
  EXPECT_EQ(read.layers()[1].type, "Lambda");
}

TEST(Lambda, SaysWhatIsWrong) {
  EXPECT_EQ(error_of([] { Lambda([](Expr x) { return x > 0; }); }),
            "Lambda: expected a number, not the truth value '(lt 0 a0)': (select condition 1 0) "
            "makes a number of one");
  EXPECT_EQ(error_of([] { Lambda([](Expr x, Expr) { return x; }); }),
            "Lambda: fn does not use its argument a1");
  EXPECT_EQ(error_of([] { Lambda([](Expr, Expr y) { return y; }); }),
            "Lambda: has the argument a1, but says nothing about a0");
  EXPECT_EQ(error_of([] { Lambda([](Expr) { return 1.0; }); }),
            "Lambda: takes an input, a0, and says nothing about it");
  EXPECT_EQ(error_of([] { Lambda("(mul a0"); }),
            "Lambda: expected a word or a number at character 8 of the expression '(mul a0'");
  const Tensor x = Input({2}), y = Input({3});
  EXPECT_EQ(error_of([&] { Lambda("(add a0 a1)")({x, y}); }),
            "layer Lambda: inputs must have one shape, not [2], [3]");
  EXPECT_EQ(error_of([&] { Lambda("(add a0 a1)")(x); }),
            "layer Lambda: its expression takes 2 inputs, not 1");
  EXPECT_EQ(
      error_of([] { Model::from_json(R"x({"layers": [{"type": "Lambda", "fn": "(foo a0)"}]})x"); }),
      "model: layers[0].fn: unknown scalar operation 'foo' at character 2 of the expression "
      "'(foo a0)'");
}

TEST(Lambda, IsNoLambdaOfKeras) {
  EXPECT_EQ(
      error_of([] { Sequential({Input({2}), Lambda([](Expr x) { return x * x; })}).to_json(); }),
      "layer lambda: Keras's Lambda holds Python code, not an expression such as '(mul a0 "
      "a0)'");
  EXPECT_NE(error_of([] {
              Model::from_json(R"({"class_name": "Sequential", "config": {"name": "s", "layers": [
                {"class_name": "Lambda", "config": {"name": "l", "function": {"class_name":
                 "__lambda__", "config": {"code": "4wEA"}}}}]}})");
            }).find("layers[0].class_name: a Lambda of Keras's is Python code, which is not read"),
            std::string::npos);
}

TEST(Identity, IsKerass) {
  Sequential model({Input({2}), Dense(3), Identity("same")});
  const std::string json = model.to_json();
  EXPECT_NE(json.find(R"("class_name":"Identity","config":{"name":"same","dtype":"float32"})"),
            std::string::npos)
      << json;
  EXPECT_EQ(Model::from_json(json).layers()[2].type, "Identity");
}

}  // namespace
}  // namespace lathe
