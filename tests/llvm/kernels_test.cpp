// Modules that try what fusion, layouts, schedules and plans could get wrong: each against the
// interpreter, with kernels fused and one for each op, on one worker and on three.
#include <gtest/gtest.h>

#include "codegen/compile.h"
#include "codegen/interp/interpreter.h"
#include "ir/error.h"
#include "ir/parser.h"
#include "ir/printer.h"
#include "tests/llvm/agree.h"

namespace lathe {
namespace {

using testing::AgreeOptions;

struct Case {
  const char *name, *states, *function;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

// Each is the body of a module whose function is @f.
const Case kCases[] = {
    // states
    {"SwapOfStates", "state %a : f32[40]\n state %b : f32[40]", R"(() -> () {
       assign(%a, %b)
       assign(%b, %a)
       return })"},
    {"RingOfMatrices", "state %a : f32[5,40]\n state %b : f32[5,40]\n state %c : f32[5,40]",
     R"(() -> (y: f32[5,40]) {
       %0 = add(%a, %b) : f32[5,40]
       assign(%a, %b)
       assign(%b, %c)
       assign(%c, %0)
       return %c })"},
    {"AverageOfTheNewValue", "state %w : f32[20,33]\n state %mean : f32[20,33]",
     R"((%x: f32[B,20], %dy: f32[B,33]) -> () {
       %0 = matmul(%x, %dy) {transpose_a = true} : f32[20,33]
       %1 = map(%w, %0) {fn = (sub a0 (mul a1 0.1))} : f32[20,33]
       assign(%w, %1)
       %2 = map(%mean, %1) {fn = (add (mul a0 0.9) (mul a1 0.1))} : f32[20,33]
       assign(%mean, %2)
       return })"},
    {"NormOfARowAndItsState", "state %w : f32[7,40]", R"(() -> (n: f32[7,1]) {
       %0 = neg(%w) : f32[7,40]
       %1 = reduce(%0) {axes = [1], keepdims = true, kind = sum} : f32[7,1]
       %2 = map(%w, %1) {fn = (add a0 (mul a1 a1))} : f32[7,40]
       assign(%w, %0)
       %3 = reduce(%2) {axes = [1], keepdims = true, kind = max} : f32[7,1]
       return %3 })"},
    {"StateReadAfterItsAssign", "state %w : f32[7,40]", R"(() -> (y: f32[7,40]) {
       %0 = neg(%w) : f32[7,40]
       assign(%w, %0)
       %1 = reduce(%w) {axes = [1], kind = sum} : f32[7]
       %2 = reshape(%1) : f32[7,1]
       %3 = sub(%w, %2) : f32[7,40]
       return %3 })"},
    {"StateReadAsARow", "state %b : f32[33]", R"((%x: f32[B,33]) -> (y: f32[B,33]) {
       %0 = add(%x, %b) : f32[B,33]
       %1 = reduce(%0) {axes = [0], kind = sum} : f32[33]
       %2 = sub(%b, %1) : f32[33]
       assign(%b, %2)
       %3 = mul(%0, %b) : f32[B,33]
       return %3 })"},
    {"StateOnTheLeft", "state %w : f32[31,17]\n state %v : f32[17,9]", R"(() -> (y: f32[31,9]) {
       %0 = matmul(%w, %v) : f32[31,9]
       return %0 })"},
    {"TiedWeights", "state %w : f32[21,35]", R"((%x: f32[B,21]) -> (y: f32[B,21]) {
       %0 = matmul(%x, %w) : f32[B,35]
       %1 = tanh(%0) : f32[B,35]
       %2 = matmul(%1, %w) {transpose_b = true} : f32[B,21]
       %3 = matmul(%x, %1) {transpose_a = true} : f32[21,35]
       %4 = sub(%w, %3) : f32[21,35]
       assign(%w, %4)
       return %2 })"},
    {"AMatmulThatReadsWhatItAssigns", "state %w : f32[19,19]", R"(() -> () {
       %0 = matmul(%w, %w) : f32[19,19]
       assign(%w, %0)
       return })"},
    {"AStateOfSums", "state %m : f32[3,33]\n state %v : f32[33]",
     R"((%x: f32[B,3,33], %y: f32[B,3]) -> (z: f32[B,33]) {
       %0 = reduce(%x) {axes = [0], kind = sum} : f32[3,33]
       %1 = add(%0, %m) : f32[3,33]
       assign(%m, %1)
       %2 = matmul(%y, %m) : f32[B,33]
       return %2 })"},
    {"ASumThatIsMultiplied", "", R"((%x: f32[B,3,33], %y: f32[B,3]) -> (z: f32[B,33]) {
       %0 = reduce(%x) {axes = [0], kind = sum} : f32[3,33]
       %1 = matmul(%y, %0) : f32[B,33]
       return %1 })"},
    {"ABroadcastInLoops", "state %s : f32[2,3,4]", R"((%x: f32[2,1,4]) -> () {
       %0 = add(%s, %x) : f32[2,3,4]
       assign(%s, %0)
       return })"},
    {"AStateOfOneColumn", "state %w : f32[37,1]\n state %b : f32[1]",
     R"((%x: f32[B,37]) -> (y: f32[B,1]) {
       %0 = matmul(%x, %w) : f32[B,1]
       %1 = add(%0, %b) : f32[B,1]
       %2 = sigmoid(%1) : f32[B,1]
       %3 = matmul(%x, %2) {transpose_a = true} : f32[37,1]
       %4 = sub(%w, %3) : f32[37,1]
       assign(%w, %4)
       %5 = reduce(%2) {axes = [0], kind = sum} : f32[1]
       %6 = sub(%b, %5) : f32[1]
       assign(%b, %6)
       return %2 })"},
    {"ALargeStateInPieces", "state %w : f32[301,257]", R"((%x: f32[301,257]) -> () {
       %0 = map(%w, %x) {fn = (sub (mul a0 0.5) a1)} : f32[301,257]
       assign(%w, %0)
       return })"},
    {"AMatrixThatIsTheSameForAllRows", "", R"((%x: f32[5,7], %w: f32[7,3], %z: f32[B,5,7])
       -> (a: f32[5,3], b: f32[4,5,7], c: f32[B,5,7]) {
       %0 = tanh(%x) : f32[5,7]
       %1 = matmul(%0, %w) : f32[5,3]
       %2 = broadcast(%0) : f32[4,5,7]
       %3 = sub(%z, %0) : f32[B,5,7]
       return %1, %2, %3 })"},
    // outputs
    {"TheSameValueTwice", "state %w : f32[5]", R"((%x: f32[B,5], %t: bool[B]) -> (a: f32[B,5],
       b: f32[B,5], c: f32[B,5], d: f32[B,5], e: f32[5], f: f32[5], g: bool[B], h: bool[B]) {
       %0 = neg(%x) : f32[B,5]
       return %0, %0, %x, %x, %w, %w, %t, %t })"},
    {"AnOutputThatIsUsed", "", R"((%x: f32[B,21]) -> (a: f32[B,21], b: f32[21,21], c: f32[B,21]) {
       %0 = tanh(%x) : f32[B,21]
       %1 = matmul(%0, %0) {transpose_a = true} : f32[21,21]
       %2 = matmul(%0, %1) : f32[B,21]
       return %0, %1, %2 })"},
    {"TruthValues", "", R"((%x: f32[B,21], %y: f32[B,21]) -> (a: bool[B,21], b: f32[B]) {
       %0 = less(%x, %y) : bool[B,21]
       %1 = convert(%0) : f32[B,21]
       %2 = reduce(%1) {axes = [1], kind = sum} : f32[B]
       return %0, %2 })"},
    {"AShapeOfBInTheOutputOnly", "", R"((%x: f32[21]) -> (y: f32[B,21]) {
       %0 = broadcast(%x) : f32[B,21]
       return %0 })"},
    {"Nothing", "state %w : f32[3]", "(%x: f32[B,3]) -> () { return }"},
    {"NoBatch", "state %w : f32[30]", R"((%x: f32[30]) -> (y: f32[]) {
       %0 = mul(%w, %x) : f32[30]
       %1 = reduce(%0) {axes = [0], kind = sum} : f32[]
       assign(%w, %0)
       return %1 })"},
    // contractions
    {"MapsThatNeedTheirOperandTwice", "", R"((%x: f32[B,20], %w: f32[20,20]) -> (y: f32[B,20]) {
       %0 = tanh(%x) : f32[B,20]
       %1 = matmul(%0, %w) : f32[B,20]
       %2 = mul(%1, %0) : f32[B,20]
       %3 = matmul(%2, %w) : f32[B,20]
       %4 = add(%3, %0) : f32[B,20]
       %5 = add(%2, %4) : f32[B,20]
       return %5 })"},
    {"ResultsOntoTheirOperand", "", R"((%x: f32[B,20], %w: f32[20,20]) -> (y: f32[B,20]) {
       %0 = tanh(%x) : f32[B,20]
       %1 = neg(%x) : f32[B,20]
       %2 = matmul(%0, %w) : f32[B,20]
       %3 = add(%2, %1) : f32[B,20]
       %4 = mul(%3, %1) : f32[B,20]
       %5 = matmul(%3, %w) : f32[B,20]
       %6 = matmul(%4, %w) : f32[B,20]
       %7 = sub(%5, %6) : f32[B,20]
       return %7 })"},
    {"EveryFormOfOperand", "state %b : f32[33]\n state %s : f32[]",
     R"((%x: f32[B,7], %w: f32[7,33], %p: f32[B,1], %f: f32[B,33], %r: f32[1,33]) -> (y: f32[B,33]) {
       %0 = matmul(%x, %w) : f32[B,33]
       %1 = map(%0, %b, %s, %p, %f, %r) {fn = (add (mul a0 a1) (add (mul a2 a3) (mul a4 a5)))} : f32[B,33]
       return %1 })"},
    {"ASumOfTheRightOperand", "", R"((%x: f32[B,7], %dz: f32[B,33]) -> (a: f32[7,33], b: f32[33]) {
       %0 = tanh(%dz) : f32[B,33]
       %1 = matmul(%x, %0) {transpose_a = true} : f32[7,33]
       %2 = neg(%1) : f32[7,33]
       %3 = reduce(%0) {axes = [0], kind = sum} : f32[33]
       %4 = sigmoid(%3) : f32[33]
       return %2, %4 })"},
    {"ASumThatItsMatmulReads", "", R"((%dz: f32[7,33]) -> (a: f32[33,33]) {
       %0 = reduce(%dz) {axes = [0], kind = sum} : f32[33]
       %1 = broadcast(%0) : f32[7,33]
       %2 = matmul(%1, %dz) {transpose_a = true} : f32[33,33]
       return %2 })"},
    {"AReshapedSumThatItsMatmulReads", "", R"((%dz: f32[3,6]) -> (a: f32[2,6]) {
       %0 = reduce(%dz) {axes = [0], kind = sum} : f32[6]
       %1 = reshape(%0) : f32[3,2]
       %2 = matmul(%1, %dz) {transpose_a = true} : f32[2,6]
       return %2 })"},
    {"ReshapesBetweenContractions", "", R"((%x: f32[B,20], %w: f32[5,9]) -> (y: f32[B,4,9]) {
       %0 = tanh(%x) : f32[B,20]
       %1 = reshape(%0) : f32[B,4,5]
       %2 = slice(%1) {axis = 1, size = 1, start = 2} : f32[B,1,5]
       %3 = reshape(%2) : f32[B,5]
       %4 = matmul(%3, %w) : f32[B,9]
       %5 = reshape(%4) : f32[B,1,9]
       %6 = broadcast(%5) : f32[B,4,9]
       return %6 })"},
    {"ReshapedWeights", "state %w : f32[6,10]", R"((%x: f32[B,20]) -> (y: f32[B,3]) {
       %0 = reshape(%w) : f32[20,3]
       %1 = matmul(%x, %0) : f32[B,3]
       return %1 })"},
    {"OneRowOneColumn", "state %w : f32[1,1]", R"((%x: f32[B,1]) -> (y: f32[B,1], z: f32[1,1]) {
       %0 = matmul(%x, %w) : f32[B,1]
       %1 = matmul(%x, %0) {transpose_a = true} : f32[1,1]
       %2 = sub(%w, %1) : f32[1,1]
       assign(%w, %2)
       return %0, %2 })"},
    // rows
    {"SoftmaxLossAndGradient", "", R"((%z: f32[B,10], %y: f32[B,10]) -> (d: f32[B,10], l: f32[B]) {
       %0 = softmax(%z) : f32[B,10]
       %1 = sub(%0, %y) : f32[B,10]
       %2 = square(%1) : f32[B,10]
       %3 = reduce(%2) {axes = [1], kind = mean} : f32[B]
       %4 = mul(%1, %0) : f32[B,10]
       %5 = reduce(%4) {axes = [1], keepdims = true, kind = sum} : f32[B,1]
       %6 = map(%0, %1, %5) {fn = (mul a0 (sub a1 a2))} : f32[B,10]
       return %6, %3 })"},
    {"RowsInPlaceOfWhatALaterLevelReads", "", R"((%x: f32[B,40]) -> (y: f32[B,40]) {
       %gram = matmul(%x, %x) {transpose_a = true} : f32[40,40]
       %0 = map(%gram) {fn = (mul a0 0.02)} : f32[40,40]
       %1 = matmul(%x, %0) : f32[B,40]
       %2 = softmax(%1) : f32[B,40]
       %3 = mul(%1, %2) : f32[B,40]
       %4 = exp(%1) : f32[B,40]
       %5 = matmul(%4, %0) : f32[B,40]
       %6 = matmul(%3, %0) : f32[B,40]
       %7 = map(%2, %5, %6) {fn = (add a0 (sub (tanh a1) (tanh a2)))} : f32[B,40]
       return %7 })"},
    {"WidthsInOneKernel", "", R"((%x: f32[B,40], %y: f32[B,3]) -> (a: f32[B,40], b: f32[B,3]) {
       %0 = reduce(%x) {axes = [1], keepdims = true, kind = sum} : f32[B,1]
       %1 = mul(%y, %0) : f32[B,3]
       %2 = reduce(%1) {axes = [1], keepdims = true, kind = max} : f32[B,1]
       %3 = add(%x, %2) : f32[B,40]
       %4 = add(%1, %2) : f32[B,3]
       return %3, %4 })"},
    {"OneColumnReduced", "", R"((%x: f32[B,1]) -> (a: f32[B,1], b: f32[B], c: i32[B]) {
       %0 = reduce(%x) {axes = [1], kind = sum} : f32[B]
       %1 = tanh(%x) : f32[B,1]
       %2 = argmax(%1) : i32[B]
       return %1, %0, %2 })"},
    {"AVectorAsRowAndAsColumn", "", R"((%m: f32[5,5], %v: f32[5]) -> (a: f32[5,5], b: f32[5]) {
       %0 = add(%m, %v) : f32[5,5]
       %1 = reduce(%0) {axes = [1], kind = sum} : f32[5]
       %2 = add(%1, %v) : f32[5]
       return %0, %2 })"},
    {"GatherByArgmax", "", R"((%x: f32[B,5], %data: f32[5,40]) -> (y: f32[B,40], z: f32[B,5]) {
       %0 = argmax(%x) : i32[B]
       %1 = gather(%data, %0) : f32[B,40]
       %2 = one_hot(%0) {depth = 5} : f32[B,5]
       return %1, %2 })"},
    {"ImagesSummed", "", R"((%x: f32[B,28,28]) -> (a: f32[28,28], b: f32[], c: f32[B]) {
       %0 = reduce(%x) {axes = [0], kind = mean} : f32[28,28]
       %1 = reduce(%x) {axes = [0, 1, 2], kind = mean} : f32[]
       %2 = reduce(%x) {axes = [1, 2], kind = max} : f32[B]
       return %0, %1, %2 })"},
};

class Kernels : public ::testing::TestWithParam<Case> {};

TEST_P(Kernels, AgreeWithTheInterpreter) {
  const Case& c = GetParam();
  const std::string text =
      "module @m {\n" + std::string(c.states) + "\nfunc @f" + c.function + "\n}\n";
  const ir::Module m = ir::parse(text);
  AgreeOptions o{.max_batch = 40, .opt_level = 1};
  o.hooks.check = true;
  for (bool fuse_ops : {true, false}) {
    o.fuse_ops = fuse_ops;
    o.batch = 40;
    const testing::Compiled compiled = testing::compile(m, o);
    for (const auto& [batch, workers] : {std::pair{1, 1}, {3, 3}, {17, 1}, {40, 3}}) {
      o.batch = batch;
      o.workers = workers;
      const testing::Tensors inputs = testing::random_inputs(m, m.functions[0], o);
      const testing::Tensors states = testing::random_states(m, 3);
      EXPECT_EQ(testing::disagreement(testing::run(compiled, "f", inputs, states, o),
                                      testing::run_oracle(m, "f", inputs, states, o)),
                "")
          << "batch " << batch << ", " << workers << " workers\n"
          << ir::print(compiled.planned);
    }
  }
}

TEST(Modules, MayHaveAKernelWithTheNameOfAnEntry) {
  const ir::Module m = ir::parse(R"(module @m {
    func @lathe(%x: f32[]) -> (y: f32[]) {arena = 0, lower_bound = 0, max_batch = 1} {
      kernel @f rows {phase = 0} {
        %0 = neg(%x) : f32[]
      }
      return %0
    }
    func @f(%x: f32[]) -> (y: f32[]) {arena = 0, lower_bound = 0, max_batch = 1} {
      kernel @a rows {phase = 0} {
        %0 = square(%x) : f32[]
      }
      return %0
    }
  })");
  const testing::Compiled c{m, codegen::compile_llvm(m, {})};
  const testing::Tensors x{{"x", runtime::Tensor::from({-2.0f}, {})}};
  EXPECT_EQ(testing::run(c, "lathe", x, {}, {}).at("y").data<float>()[0], 2);
  EXPECT_EQ(testing::run(c, "f", x, {}, {}).at("y").data<float>()[0], 4);
}

// Nor do a kernel and the shared block of matmuls get in each other's way, whatever they are called.
TEST(Modules, MayHaveAKernelWithTheNameOfAMicrokernel) {
  const ir::Module m = ir::parse_verified(R"(module @m {
    func @mm.1x1.a4_1(%x: f32[1,4], %w: f32[4,16]) -> (y: f32[1,16]) {arena = 0, lower_bound = 0, max_batch = 1} {
      kernel @b16 contraction {phase = 0} {
        %0 = matmul(%x, %w) : f32[1,16]
      }
      return %0
    }
  })");
  const testing::Tensors given = testing::random_inputs(m, m.functions[0], {});
  for (const char* cpu : {"", "x86-64-v3"}) {
    if (!testing::runs_here(cpu)) continue;
    const testing::Compiled c{m, codegen::compile_llvm(m, {.cpu = cpu})};
    EXPECT_EQ(testing::disagreement(testing::run(c, "mm.1x1.a4_1", given, {}, {}),
                                    testing::run_oracle(m, "mm.1x1.a4_1", given, {}, {})),
              "");
  }
}

// exp could be done in the first walk over a row; it lies where the second walk still reads.
TEST(Modules, MayOverwriteARowThatIsWalkedTwice) {
  const ir::Module m = ir::parse_verified(R"(module @m {
    func @f(%x: f32[B,40]) -> (z: f32[B,40], e: f32[B,40]) {arena = 576, lower_bound = 576, max_batch = 3} {
      kernel @a rows {phase = 0} {
        %0 = neg(%x) {offset = 0} : f32[B,40]
      }
      kernel @b rows {phase = 1} {
        %1 = reduce(%0) {axes = [1], keepdims = true, kind = sum} : f32[B,1]
        %2 = sub(%0, %1) : f32[B,40]
        %3 = exp(%0) {offset = 0} : f32[B,40]
      }
      kernel @c rows {phase = 2} {
        %4 = neg(%3) : f32[B,40]
      }
      return %2, %4
    }
  })");
  const AgreeOptions o{.batch = 3};
  const testing::Tensors x = testing::random_inputs(m, m.functions[0], o);
  const testing::Tensors jit = testing::run({m, codegen::compile_llvm(m, {})}, "f", x, {}, o);
  const testing::Tensors oracle = interp::Interpreter(m).run("f", {{"x", x.at("x")}});
  EXPECT_EQ(testing::disagreement(jit, oracle, 1e-6), "");
}

// What a module lacks is said, however it came to be.
TEST(Modules, AreRefusedWithoutAPlan) {
  const auto error = [](const std::string& head, const std::string& kernel) -> std::string {
    const ir::Module m =
        ir::parse("module @m { func @f(%x: f32[B,4], %w: f32[4,4]) -> (y: f32[B,4]) " + head + "{" +
                  kernel + "} }");
    try {
      codegen::compile_llvm(m, {});
    } catch (const InternalError&) {
      return "internal error";
    } catch (const Error& e) {
      return std::string(e.what()).substr(0, std::string(e.what()).find(';'));
    }
    return "";
  };
  const std::string plan = "{arena = 0, lower_bound = 0, max_batch = 4}";
  EXPECT_EQ(error("", "%0 = neg(%x) : f32[B,4] return %0"),
            "function 'f' is not planned: it has no max_batch and arena");
  EXPECT_EQ(error(plan, "kernel @a rows {%0 = neg(%x) : f32[B,4]\n} return %0"),
            "function 'f' is not planned: kernel @a has no phase");
  EXPECT_EQ(error(plan, "%0 = neg(%x) : f32[B,4] return %0"),
            "function 'f' is not planned: a 'map' is in no kernel");
  EXPECT_EQ(error(plan, R"x(kernel @a rows {phase = 0} {
                            %0 = neg(%x) {layout = "rows(16)"
} : f32[B,4]
}
                          return %0)x"),
            "function 'f' is not planned: output 'y' has a layout");
  EXPECT_EQ(error(plan, R"(kernel @a rows {phase = 0} {
                            %0 = neg(%x) : f32[B,4]
                          }
                          kernel @b rows {phase = 1} {
                            %1 = neg(%0) : f32[B,4]
                          }
                          return %1)"),
            "function 'f' is not planned: the result of a 'map' has no offset");
}

INSTANTIATE_TEST_SUITE_P(All, Kernels, ::testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace lathe
