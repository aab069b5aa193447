// What is around the ops: states, symbols, inputs, exact mode, errors.
#include "codegen/interp/interpreter.h"

#include <gtest/gtest.h>

#include "tests/error_of.h"
#include "tests/interp/program.h"

namespace lathe::test {
namespace {

using interp::Interpreter;
using ir::ValueId;
using runtime::Tensor;

TEST(States, AreReadAtEntryAndCommittedAtTheEnd) {
  Program p;
  const auto a = p.state("a", f32({2})), c = p.state("c", f32({2}));
  p.b.assign(a, p.b.map("add", {p.b.state(a), p.b.constant(1, DType::F32)}));
  const ValueId later = p.b.map("mul", {p.b.state(a), p.b.constant(10, DType::F32)});
  p.b.assign(c, p.b.state(a));  // the old one, although it was assigned above
  p.out(later);
  p.b.output("a", p.b.state(a));
  Interpreter run(p.m);
  EXPECT_EQ(run.state("a"), floats({0, 0}, {2}));  // zero to begin with
  run.set_state("a", floats({1, 2}, {2}));
  const auto out = run.run("f", {});
  EXPECT_EQ(out.at("y"), floats({10, 20}, {2}));
  EXPECT_EQ(out.at("a"), floats({1, 2}, {2}));
  EXPECT_EQ(run.state("a"), floats({2, 3}, {2}));
  EXPECT_EQ(run.state("c"), floats({1, 2}, {2}));
  run.run("f", {});
  EXPECT_EQ(run.state("a"), floats({3, 4}, {2}));
  EXPECT_EQ(run.state("c"), floats({2, 3}, {2}));
}

TEST(States, CanBeSwapped) {
  Program p;
  const auto a = p.state("a", f32({})), c = p.state("c", f32({}));
  p.b.assign(a, p.b.state(c));
  p.b.assign(c, p.b.state(a));
  Interpreter run(p.m);
  run.set_state("a", floats({1}, {}));
  run.set_state("c", floats({2}, {}));
  run.run("f", {});
  EXPECT_EQ(run.state("a"), floats({2}, {}));
  EXPECT_EQ(run.state("c"), floats({1}, {}));
}

TEST(States, StayWhenAnErrorEndsTheFunction) {
  Program p;
  const auto a = p.state("a", f32({}));
  const ValueId i = p.param("i", {DType::I64, {1}});
  p.b.assign(a, p.b.constant(5, DType::F32));
  p.out(p.b.map("add", {i, i}));
  Interpreter run(p.m);
  EXPECT_EQ(
      error_of([&] { run.run("f", {{"i", Tensor::from<int64_t>({int64_t{1} << 53}, {1})}}); }),
      "integer arithmetic reached 18014398509481984: the interpreter takes integers up to 2^53 "
      "in size");
  EXPECT_EQ(run.state("a"), floats({0}, {}));
}

TEST(States, AreCheckedWhenSet) {
  Program p;
  p.state("a", f32({2}));
  Interpreter run(p.m);
  EXPECT_EQ(error_of([&] { run.set_state("w", floats({1}, {1})); }),
            "module 'module' has no state 'w'");
  EXPECT_EQ(error_of([&] { (void)run.state("w"); }), "module 'module' has no state 'w'");
  EXPECT_EQ(error_of([&] { run.set_state("a", floats({1}, {1})); }),
            "state 'a' is f32[1], expected f32[2]");
  EXPECT_EQ(error_of([&] { run.set_state("a", Tensor(DType::F64, {2})); }),
            "state 'a' is f64[2], expected f32[2]");
  EXPECT_EQ(error_of([&] { run.set_state_values("a", {1}); }),
            "state 'a' is f32[2], but got 1 values");
}

/// y = x + row, with row f32[B,1].
struct TwoInputs : Program {
  TwoInputs() {
    const ValueId x = param("x", f32({B, 2})), row = param("row", f32({B, 1}));
    out(b.map("add", {x, row}));
  }
};

TEST(Symbols, AreWhatTheInputsSay) {
  TwoInputs p;
  const Tensor two = floats({1, 2, 3, 4}, {2, 2}), one = floats({5}, {1, 1});
  EXPECT_EQ(p.run({{"x", two}, {"row", floats({10, 20}, {2, 1})}}),
            floats({11, 12, 23, 24}, {2, 2}));
  EXPECT_EQ(p.run({{"x", floats({1, 2}, {1, 2})}, {"row", one}}, 1), floats({6, 7}, {1, 2}));
  EXPECT_EQ(error_of([&] { p.run({{"x", two}, {"row", one}}); }),
            "input 'row' makes B 1, but input 'x' made it 2");
  EXPECT_EQ(error_of([&] { p.run({{"x", two}, {"row", floats({1, 2}, {2, 1})}}, 3); }),
            "input 'x' makes B 2, but the batch given made it 3");
  EXPECT_EQ(error_of([&] { p.run({{"x", Tensor(DType::F32, {0, 2})}, {"row", one}}); }),
            "input 'x' makes B 0, but it is at least 1");
}

TEST(Symbols, BAndNAreApart) {
  Program p;
  const ValueId data = p.param("data", f32({N})), labels = p.param("labels", f32({N}));
  const ValueId i = p.param("i", {DType::I32, {B}});
  p.out(p.b.map("add", {p.b.gather(data, i), p.b.gather(labels, i)}));
  const Tensor four = floats({1, 2, 3, 4}, {4}), index = Tensor::from<int32_t>({3, 3, 0}, {3});
  EXPECT_EQ(p.run({{"data", four}, {"labels", four}, {"i", index}}), floats({8, 8, 2}, {3}));
  EXPECT_EQ(error_of([&] { p.run({{"data", four}, {"labels", floats({1}, {1})}, {"i", index}}); }),
            "input 'labels' makes N 1, but input 'data' made it 4");
}

TEST(Symbols, MustBeGivenWhereNoInputHasThem) {
  Program p;
  p.out(p.b.batch_size());
  EXPECT_EQ(error_of([&] { p.run({}); }),
            "function 'f' needs B, and no input has it: it must be given");
  EXPECT_EQ(p.run({}, 4), floats({4}, {}));
  EXPECT_EQ(error_of([&] { p.run({}, 0); }), "the batch given makes B 0, but it is at least 1");
}

TEST(Inputs, AreChecked) {
  TwoInputs p;
  const Tensor x = floats({1, 2}, {1, 2}), row = floats({1}, {1, 1});
  EXPECT_EQ(error_of([&] { p.run({{"x", x}}); }),
            "function 'f' needs the input 'row' (f32[B,1]), which was not given");
  EXPECT_EQ(error_of([&] { p.run({{"x", x}, {"row", row}, {"z", x}}); }),
            "function 'f' has no input 'z'; it has x, row");
  EXPECT_EQ(error_of([&] { p.run({{"x", row}, {"row", row}}); }),
            "input 'x' is f32[1,1], expected f32[B,2]");
  EXPECT_EQ(error_of([&] { p.run({{"x", Tensor(DType::U8, {1, 2})}, {"row", row}}); }),
            "input 'x' is u8[1,2], expected f32[B,2]");
  EXPECT_EQ(error_of([&] { p.run({{"x", floats({1, 2}, {2})}, {"row", row}}); }),
            "input 'x' is f32[2], expected f32[B,2]");
  EXPECT_EQ(error_of([&] { Interpreter(p.m).run("g", {}); }),
            "module 'module' has no function 'g'; it has f");
  EXPECT_EQ(error_of([&] { Interpreter(p.m).run_values("f", {{"x", {1, 2, 3}}, {"row", {1}}}); }),
            "input 'x' is f32[B,2], but got 3 values");
}

TEST(Functions, NeedTheirPasses) {
  Program p;
  const auto w = p.state("w", f32({}));
  const ValueId loss = p.b.map("square", {p.b.state(w)});
  ir::Attrs sgd;
  sgd.set("optimizer", "sgd");
  p.b.minimize(loss, sgd);
  EXPECT_EQ(error_of([&] { Interpreter(p.m).run("f", {}); }),
            "function 'f' still has 'minimize': run autodiff first");
  Program q;
  const auto v = q.state("v", f32({}));
  q.b.update(v, q.b.state(v), sgd);
  EXPECT_EQ(error_of([&] { Interpreter(q.m).run("f", {}); }),
            "function 'f' still has 'update': run the optimizer's expansion first");
}

TEST(Functions, IgnoreWhatLaterStagesAdd) {
  Program p;
  const ValueId x = p.param("x", f32({B, 2}));
  const ValueId y = p.b.map("square", {x});
  p.out(y);
  ir::Function& f = p.b.function();
  f.kernels.push_back({"k0", ir::KernelKind::Rows, {}});
  f.op(y).kernel = 0;
  f.op(y).attrs.set("offset", 64);
  f.attrs.set("max_batch", 1);
  EXPECT_EQ(p.run({{"x", floats({1, 2, 3, 4}, {2, 2})}}), floats({1, 4, 9, 16}, {2, 2}));
}

TEST(ExactMode, RoundsNoFloats) {
  Program p;
  const auto s = p.state("s", f32({}));
  const ValueId x = p.param("x", f32({B}));
  const ValueId y = p.b.map("div", {x, p.b.constant(3, DType::F32)});
  p.out(y);
  p.b.output("truncated", p.b.convert(y, DType::I32));
  p.b.assign(s, p.b.reduce("sum", y, {0}));
  Interpreter rounded(p.m), exact(p.m, {.exact = true});
  const Interpreter::ValueInputs in = {{"x", {1, 10}}};
  EXPECT_EQ(exact.run_values("f", in).at("y").elements, (std::vector<double>{1.0 / 3, 10.0 / 3}));
  EXPECT_EQ(rounded.run_values("f", in).at("y").elements,
            (std::vector<double>{1.0f / 3.0f, 10.0f / 3.0f}));
  EXPECT_EQ(exact.run_values("f", in).at("truncated").elements, (std::vector<double>{0, 3}));
  EXPECT_EQ(exact.state_values("s").at(0), 1.0 / 3 + 10.0 / 3);
  EXPECT_EQ(rounded.state_values("s").at(0), double{float{1.0f / 3.0f + double{10.0f / 3.0f}}});
  exact.set_state_values("s", {0.1});
  rounded.set_state_values("s", {0.1});
  EXPECT_EQ(exact.state_values("s").at(0), 0.1);
  EXPECT_EQ(rounded.state_values("s").at(0), double{0.1f});
}

}  // namespace
}  // namespace lathe::test
