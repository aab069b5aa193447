#include "ir/verifier.h"

#include <gtest/gtest.h>

#include "ir/parser.h"
#include "ir/printer.h"
#include "tests/ir/verifier_cases.h"

namespace lathe::ir {

Module sound_module() {
  return parse(R"(module @m {
  state %w : f32[4,3]
  state %n : i64[]
  func @f(%x: f32[B,4]) -> (y: f32[B,3]) {
    %0 = matmul(%x, %w) : f32[B,3]
    %1 = map(%0) {fn = (mul 2 a0)} : f32[B,3]
    %2 = add(%w, %w) : f32[4,3]
    assign(%w, %2)
    return %1
  }
  func @g(%x: f32[B,4]) -> (y: f32[B,3]) {
    kernel @k contraction {
      %0 = matmul(%x, %w) : f32[B,3]
      %1 = map(%0) {fn = (mul 2 a0)} : f32[B,3]
    }
    kernel @l rows {
      %2 = neg(%1) : f32[B,3]
    }
    return %2
  }
})");
}

namespace {
Function& f(Module& m) {
  return m.functions[0];
}
Function& g(Module& m) {
  return m.functions[1];
}
Op& op(Function& f, size_t i) {
  return f.ops.at(f.body.at(i));
}
}  // namespace

const std::vector<BrokenModule>& broken_modules() {
  static const std::vector<BrokenModule> table = {
      {1, "the module's name 'a b'", [](Module& m) { m.name = "a b"; }},
      {1, "'1' is no name for an attribute", [](Module& m) { m.attrs.set("1", true); }},
      {1, "state %: the name", [](Module& m) { m.states[0].name = ""; }},
      {1, "no name for an attribute", [](Module& m) { m.states[0].attrs.set("", true); }},
      {1, "the function's name", [](Module& m) { f(m).name = "1"; }},
      {1, "the name '' is not", [](Module& m) { f(m).ops[f(m).params[0]].name = ""; }},
      {1, "the name '0' is not", [](Module& m) { op(f(m), 0).name = "0"; }},
      {1, "an op without a result has no name", [](Module& m) { op(f(m), 3).name = "a"; }},
      {1, "output 'a b': the name", [](Module& m) { f(m).outputs[0].name = "a b"; }},
      {1, "the name is not a plain word", [](Module& m) { g(m).kernels[0].name = ""; }},
      {1, "no name for an attribute", [](Module& m) { op(f(m), 0).attrs.set("=", 1); }},
      {2, "two states", [](Module& m) { m.states[1].name = "w"; }},
      {2, "two functions", [](Module& m) { g(m).name = "f"; }},
      {2, "the name is already taken", [](Module& m) { op(f(m), 0).name = "w"; }},
      {2, "the name is already taken", [](Module& m) { op(f(m), 0).name = "x"; }},
      {2, "two kernels", [](Module& m) { g(m).kernels[1].name = "k"; }},
      {3, "dimensions are positive", [](Module& m) { m.states[0].type.shape[0] = 0; }},
      {3, "a symbol stands only in front",
       [](Module& m) { f(m).ops[f(m).params[0]].type.shape[1] = Dim::batch(); }},
      {3, "more than 2^40", [](Module& m) { m.states[0].type.shape[0] = int64_t{1} << 50; }},
      {4, "out of range", [](Module& m) { f(m).body.push_back(100); }},
      {4, "out of range", [](Module& m) { f(m).params.push_back(-1); }},
      {4, "out of range", [](Module& m) { op(f(m), 0).operands[0] = 100; }},
      {4, "stands in two places", [](Module& m) { f(m).body.push_back(f(m).body[0]); }},
      {4, "the list of parameters holds something else",
       [](Module& m) {
         f(m).params.push_back(f(m).body[0]);
         f(m).body.erase(f(m).body.begin());
       }},
      {4, "the body holds a parameter",
       [](Module& m) {
         f(m).body.insert(f(m).body.begin(), f(m).params[0]);
         f(m).params.clear();
       }},
      {4, "not defined before", [](Module& m) { std::swap(f(m).body[0], f(m).body[1]); }},
      {4, "not defined before", [](Module& m) { op(f(m), 1).operands[0] = f(m).body[1]; }},
      {4, "an operand has no result",
       [](Module& m) {
         std::vector<ValueId>& body = f(m).body;
         body = {body[0], body[2], body[3], body[1]};
         op(f(m), 3).operands[0] = body[2];
       }},
      {5, "state 7 is out of range", [](Module& m) { op(f(m), 3).state = 7; }},
      {5, "it names no state", [](Module& m) { op(f(m), 3).state = kNone; }},
      {5, "it names a state", [](Module& m) { op(f(m), 0).state = 0; }},
      {5, "but the state is f32[4,3]",
       [](Module& m) { f(m).op(f(m).find_read(0)).type.shape[0] = 5; }},
      {6, "the inner dimensions differ",
       [](Module& m) { f(m).ops[f(m).params[0]].type.shape[1] = 5; }},
      {6, "expected f32[B,3] by the operands", [](Module& m) { op(f(m), 0).type.shape[1] = 2; }},
      {6, "unknown attribute 'color'", [](Module& m) { op(f(m), 0).attrs.set("color", 1); }},
      {6, "only a map has an expression", [](Module& m) { op(f(m), 0).fn = ScalarExpr::arg(0); }},
      {6, "takes 2 operands, not 1", [](Module& m) { op(f(m), 0).operands.pop_back(); }},
      {9, "is out of range", [](Module& m) { f(m).outputs[0].value = 99; }},
      {9, "neither a parameter", [](Module& m) { f(m).outputs[0].value = f(m).body[3]; }},
      {9, "neither a parameter",
       [](Module& m) {
         f(m).ops.push_back(op(f(m), 0));
         f(m).outputs[0].value = static_cast<ValueId>(f(m).ops.size()) - 1;
       }},
      {10, "its kernel is out of range", [](Module& m) { op(g(m), 0).kernel = 2; }},
      {10, "kernel @k is torn apart",
       [](Module& m) { op(g(m), 2).kernel = 0, op(g(m), 1).kernel = 1; }},
      {10, "the kernel has no ops", [](Module& m) { g(m).kernels.push_back({"z", {}, {}}); }},
      {10, "the kernel has no ops", [](Module& m) { op(g(m), 0).kernel = op(g(m), 1).kernel = 1; }},
      {11, "a parameter is in no kernel", [](Module& m) { g(m).ops[g(m).params[0]].kernel = 0; }},
  };
  return table;
}

namespace {

TEST(Verifier, SoundModulesPass) {
  const Module m = sound_module();
  EXPECT_NO_THROW(verify(m));
  EXPECT_TRUE(same(m, parse_verified(print(m))));
}

TEST(Verifier, BrokenModulesAreRefusedByTheirRule) {
  for (size_t i = 0; i < broken_modules().size(); ++i) {
    const BrokenModule& broken = broken_modules()[i];
    Module m = sound_module();
    broken.damage(m);
    EXPECT_NO_THROW(print(m)) << i;  // printing is for debugging too
    try {
      verify(m);
      ADD_FAILURE() << "accepted: " << i << " " << broken.error;
    } catch (const VerifyError& e) {
      EXPECT_EQ(e.rule, broken.rule) << i << " " << e.what();
      EXPECT_NE(std::string(e.what()).find(broken.error), std::string::npos)
          << i << " expects " << broken.error << ", said: " << e.what();
    }
  }
}

TEST(Verifier, LimitsOfExpressionsHold) {
  Module m = sound_module();
  Op& map = op(f(m), 1);
  ScalarExpr deep = ScalarExpr::arg(0);
  for (int i = 0; i < 600; ++i)
    deep = ScalarExpr::make(ScalarOp::Add, std::vector<ScalarExpr>{deep, ScalarExpr(i + 0.5)});
  map.fn = deep;
  EXPECT_NO_THROW(verify(m));
  EXPECT_TRUE(same(m, parse_verified(print(m))));  // deeply nested, yet readable
  for (int i = 0; i < 500; ++i)
    deep = ScalarExpr::make(ScalarOp::Add, std::vector<ScalarExpr>{deep, ScalarExpr(i + 0.25)});
  map.fn = deep;
  EXPECT_THROW(verify(m), VerifyError);
}

}  // namespace
}  // namespace lathe::ir
