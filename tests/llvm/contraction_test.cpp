// Products at shapes that take each way through a contraction: a few rows, copied and turned
// operands, groups of blocks, sums in pieces. They agree with the interpreter, and neither threads
// nor rows beside them nor the width of vectors change a bit.
#include <gtest/gtest.h>

#include <cstring>

#include "codegen/compile.h"
#include "ir/parser.h"
#include "tests/llvm/agree.h"

namespace lathe {
namespace {

using testing::AgreeOptions;
using testing::Tensors;

struct Product {
  const char* name;
  const char* text;  ///< of @f
  int64_t batch;
  int64_t planned = 0;  ///< rows that are planned for, where they are more
};

void PrintTo(const Product& p, std::ostream* out) {
  *out << p.name;
}

constexpr const char* kForward = R"(module @m {
  state %w : f32[37,150]
  state %b : f32[150]
  func @f(%x: f32[B,37]) -> (y: f32[B,150]) {
    %0 = matmul(%x, %w) : f32[B,150]
    %1 = add(%0, %b) : f32[B,150]
    %2 = sigmoid(%1) : f32[B,150]
    return %2
  } })";
constexpr const char* kOneFixedRow = R"(module @m {
  state %w : f32[37,150]
  func @f(%x: f32[1,37]) -> (y: f32[1,150]) {
    %0 = matmul(%x, %w) : f32[1,150]
    %1 = tanh(%0) : f32[1,150]
    return %1
  } })";
/// Maps of every form of operand, of sums in registers.
constexpr const char* kTwentyFixedRows = R"(module @m {
  state %w : f32[37,70]
  state %b : f32[70]
  func @f(%x: f32[20,37], %r: f32[20,1], %z: f32[20,70], %u: f32[B,1]) -> (y: f32[20,70], v: f32[B,1]) {
    %0 = matmul(%x, %w) : f32[20,70]
    %1 = map(%0, %b, %r, %z) {fn = (add (mul (add a0 a1) a2) a3)} : f32[20,70]
    %2 = neg(%u) : f32[B,1]
    return %1, %2
  } })";
constexpr const char* kDeepForward = R"(module @m {
  state %w : f32[1061,530]
  func @f(%x: f32[B,1061]) -> (y: f32[B,530]) {
    %0 = matmul(%x, %w) : f32[B,530]
    %1 = relu(%0) : f32[B,530]
    return %1
  } })";
constexpr const char* kUpdate = R"(module @m {
  state %w : f32[61,150]
  state %b : f32[150]
  func @f(%x: f32[B,61], %d: f32[B,150]) -> () {
    %0 = matmul(%x, %d) {transpose_a = true} : f32[61,150]
    %1 = map(%w, %0) {fn = (sub a0 (mul 0.1 a1))} : f32[61,150]
    assign(%w, %1)
    %2 = reduce(%d) {axes = [0], kind = sum} : f32[150]
    %3 = map(%b, %2) {fn = (sub a0 (mul 0.1 a1))} : f32[150]
    assign(%b, %3)
    return
  } })";
/// Of half a megabyte: it is fetched while the sums are made.
constexpr const char* kLargeUpdate = R"(module @m {
  state %w : f32[410,340]
  func @f(%x: f32[B,410], %d: f32[B,340]) -> () {
    %0 = matmul(%x, %d) {transpose_a = true} : f32[410,340]
    %1 = map(%w, %0) {fn = (sub a0 (mul 0.1 a1))} : f32[410,340]
    assign(%w, %1)
    return
  } })";
/// Three vectors of sixteen lanes.
constexpr const char* kUpdateOfFortyColumns = R"(module @m {
  state %w : f32[31,40]
  func @f(%x: f32[B,31], %d: f32[B,40]) -> () {
    %0 = matmul(%x, %d) {transpose_a = true} : f32[31,40]
    %1 = map(%w, %0) {fn = (sub a0 (mul 0.1 a1))} : f32[31,40]
    assign(%w, %1)
    return
  } })";
constexpr const char* kInputGradient = R"(module @m {
  state %w : f32[53,90]
  func @f(%d: f32[B,90], %h: f32[B,53]) -> (y: f32[B,53]) {
    %0 = matmul(%d, %w) {transpose_b = true} : f32[B,53]
    %1 = map(%0, %h) {fn = (mul a0 (sub 1 (mul a1 a1)))} : f32[B,53]
    return %1
  } })";
constexpr const char* kDeepInputGradient = R"(module @m {
  state %w : f32[53,1061]
  func @f(%d: f32[B,1061]) -> (y: f32[B,53]) {
    %0 = matmul(%d, %w) {transpose_b = true} : f32[B,53]
    return %0
  } })";
constexpr const char* kDeepInputGradientInPanels = R"(module @m {
  state %w : f32[35,1061]
  func @f(%x: f32[B,35], %d: f32[B,1061]) -> (y: f32[B,1061], dx: f32[B,35]) {
    %0 = matmul(%x, %w) : f32[B,1061]
    %1 = matmul(%d, %w) {transpose_b = true} : f32[B,35]
    return %0, %1
  } })";
constexpr const char* kBothTransposed = R"(module @m {
  func @f(%a: f32[B,70], %b: f32[90,13], %c: f32[13,70]) -> (y: f32[70,90], z: f32[B,70]) {
    %0 = matmul(%c, %b) {transpose_a = true, transpose_b = true} : f32[70,90]
    %1 = neg(%a) : f32[B,70]
    return %0, %1
  } })";
constexpr const char* kSequenceUpdate = R"(module @m {
  state %w : f32[20,70]
  func @f(%x: f32[B,30,20], %d: f32[B,30,70]) -> () {
    %0 = matmul(%x, %d) {transpose_a = true} : f32[20,70]
    %1 = sub(%w, %0) : f32[20,70]
    assign(%w, %1)
    return
  } })";
constexpr const char* kThin = R"(module @m {
  state %w : f32[1,19]
  state %v : f32[19,1]
  func @f(%x: f32[B,1], %d: f32[B,1]) -> (y: f32[B,1], dx: f32[B,1]) {
    %0 = matmul(%x, %w) : f32[B,19]
    %1 = matmul(%0, %v) : f32[B,1]
    %2 = matmul(%d, %v) {transpose_b = true} : f32[B,19]
    %3 = matmul(%2, %w) {transpose_b = true} : f32[B,1]
    %4 = matmul(%0, %d) {transpose_a = true} : f32[19,1]
    %5 = sub(%v, %4) : f32[19,1]
    assign(%v, %5)
    %6 = matmul(%x, %2) {transpose_a = true} : f32[1,19]
    %7 = sub(%w, %6) : f32[1,19]
    assign(%w, %7)
    return %1, %3
  } })";

constexpr const char* kFewColumns = R"(module @m {
  state %w : f32[83,3]
  state %b : f32[3]
  func @f(%x: f32[B,83]) -> (y: f32[B,3]) {
    %0 = matmul(%x, %w) : f32[B,3]
    %1 = add(%0, %b) : f32[B,3]
    %2 = sigmoid(%1) : f32[B,3]
    return %2
  } })";
constexpr const char* kEightColumns = R"(module @m {
  state %w : f32[129,8]
  func @f(%x: f32[B,129]) -> (y: f32[B,8]) {
    %0 = matmul(%x, %w) : f32[B,8]
    return %0
  } })";
constexpr const char* kTwelveColumns = R"(module @m {
  state %w : f32[129,12]
  func @f(%x: f32[B,129]) -> (y: f32[B,12]) {
    %0 = matmul(%x, %w) : f32[B,12]
    %1 = relu(%0) : f32[B,12]
    return %1
  } })";
constexpr const char* kFiveFixedRows = R"(module @m {
  state %w : f32[1,61]
  func @f(%x: f32[5,61]) -> (y: f32[5,1]) {
    %0 = matmul(%x, %w) {transpose_b = true} : f32[5,1]
    %1 = relu(%0) : f32[5,1]
    return %1
  } })";
/// Also of a weight in panels, of which the last is not whole.
constexpr const char* kFewColumnsOfAnInputGradient = R"(module @m {
  state %w : f32[5,90]
  func @f(%d: f32[B,90], %h: f32[B,5]) -> (y: f32[B,5], z: f32[B,90]) {
    %0 = matmul(%d, %w) {transpose_b = true} : f32[B,5]
    %1 = map(%0, %h) {fn = (mul a0 (sub 1 (mul a1 a1)))} : f32[B,5]
    %2 = matmul(%h, %w) : f32[B,90]
    return %1, %2
  } })";
/// Blocks of columns, the last one narrower; random numbers in each.
constexpr const char* kInputGradientOfFewRows = R"(module @m {
  state %w : f32[70,101]
  state %key : i64[]
  state %t : i64[]
  func @f(%d: f32[3,101]) -> (y: f32[3,70]) {
    %0 = matmul(%d, %w) {transpose_b = true} : f32[3,70]
    %1 = random_uniform(%key, %t) {stream = 5} : f32[3,70]
    %2 = map(%0, %1) {fn = (mul a0 a1)} : f32[3,70]
    return %2
  } })";
constexpr const char* kInputGradientOfFewRowsByFours = R"(module @m {
  state %w : f32[72,101]
  state %key : i64[]
  state %t : i64[]
  func @f(%d: f32[3,101]) -> (y: f32[3,72]) {
    %0 = matmul(%d, %w) {transpose_b = true} : f32[3,72]
    %1 = random_uniform(%key, %t) {stream = 5} : f32[3,72]
    %2 = map(%0, %1) {fn = (mul a0 a1)} : f32[3,72]
    return %2
  } })";
constexpr const char* kNarrowUpdate = R"(module @m {
  state %w : f32[203,3]
  state %b : f32[3]
  func @f(%x: f32[B,203], %d: f32[B,3]) -> () {
    %0 = matmul(%x, %d) {transpose_a = true} : f32[203,3]
    %1 = map(%w, %0) {fn = (sub a0 (mul 0.1 a1))} : f32[203,3]
    assign(%w, %1)
    %2 = reduce(%d) {axes = [0], kind = sum} : f32[3]
    %3 = map(%b, %2) {fn = (sub a0 (mul 0.1 a1))} : f32[3]
    assign(%b, %3)
    return
  } })";
constexpr const char* kUpdateOfEightColumns = R"(module @m {
  state %w : f32[49,8]
  func @f(%x: f32[B,49], %d: f32[B,8]) -> () {
    %0 = matmul(%x, %d) {transpose_a = true} : f32[49,8]
    %1 = map(%w, %0) {fn = (sub a0 (mul 0.1 a1))} : f32[49,8]
    assign(%w, %1)
    return
  } })";
constexpr const char* kUpdateOfOneColumn = R"(module @m {
  state %w : f32[20,1]
  func @f(%x: f32[B,30,20], %d: f32[B,30,1]) -> () {
    %0 = matmul(%x, %d) {transpose_a = true} : f32[20,1]
    %1 = sub(%w, %0) : f32[20,1]
    assign(%w, %1)
    return
  } })";

/// Of 37 rows: two vectors and a third one that is not whole.
constexpr const char* kUpdateOfAColumnAndItsSlot = R"(module @m {
  state %w : f32[37,1]
  state %s : f32[37,1]
  func @f(%x: f32[B,37], %d: f32[B,1]) -> (y: f32[B,1]) {
    %0 = matmul(%x, %w) : f32[B,1]
    %1 = matmul(%x, %d) {transpose_a = true} : f32[37,1]
    %2 = map(%s, %1) {fn = (add (mul 0.9 a0) a1)} : f32[37,1]
    %3 = map(%w, %2) {fn = (sub a0 (mul 0.1 a1))} : f32[37,1]
    assign(%s, %2)
    assign(%w, %3)
    return %0
  } })";
constexpr const char* kOneColumnOfAShortSum = R"(module @m {
  state %w : f32[7,1]
  func @f(%x: f32[B,7]) -> (y: f32[B,1]) {
    %0 = matmul(%x, %w) : f32[B,1]
    %1 = relu(%0) : f32[B,1]
    return %1
  } })";

/// Two rows of an update of a weight in panels, into which no block of columns may reach beyond its own.
constexpr const char* kUpdateOfTwoRowsInPanels = R"(module @m {
  state %w : f32[2,70]
  state %e : f32[70,101]
  func @f(%x: f32[B,2], %d: f32[2,101]) -> (y: f32[B,70]) {
    %0 = matmul(%x, %w) : f32[B,70]
    %1 = matmul(%d, %e) {transpose_b = true} : f32[2,70]
    %2 = map(%w, %1) {fn = (sub a0 (mul 0.1 a1))} : f32[2,70]
    assign(%w, %2)
    return %0
  } })";

const Product kProducts[] = {
    {"OneRow", kForward, 1, 40},
    {"OneFixedRow", kOneFixedRow, 1},
    {"TwoRows", kForward, 2, 40},
    {"ThreeRows", kForward, 3, 40},
    {"ManyRows", kForward, 40},
    {"OneRowOfADeepSum", kDeepForward, 1, 20},
    {"RowsOfADeepSum", kDeepForward, 20},
    {"UpdateFromOneRow", kUpdate, 1, 40},
    {"UpdateFromRows", kUpdate, 40},
    {"UpdateFromManyRows", kUpdate, 1100},
    {"UpdateFromFewerRowsThanPlanned", kUpdate, 40, 1100},
    {"LargeUpdate", kLargeUpdate, 9},
    {"LargeUpdateFromMoreRows", kLargeUpdate, 70},
    {"UpdateOfFortyColumns", kUpdateOfFortyColumns, 70},
    {"UpdateOfFortyColumnsFromFewerRows", kUpdateOfFortyColumns, 40},
    {"UpdateOfFortyColumnsFromFewRows", kUpdateOfFortyColumns, 5},
    {"TwentyFixedRows", kTwentyFixedRows, 3},
    {"InputGradient", kInputGradient, 33},
    {"InputGradientOfADeepSum", kDeepInputGradient, 17},
    {"InputGradientOfADeepSumInPanels", kDeepInputGradientInPanels, 17},
    {"BothTransposed", kBothTransposed, 11},
    {"UpdateFromSequences", kSequenceUpdate, 15},
    {"OneColumn", kThin, 29},
    {"FewColumns", kFewColumns, 45},
    {"FewColumnsOfOneRow", kFewColumns, 1, 40},
    {"EightColumns", kEightColumns, 13},
    {"TwelveColumns", kTwelveColumns, 29},
    {"FiveFixedRows", kFiveFixedRows, 5},
    {"FewColumnsOfAnInputGradient", kFewColumnsOfAnInputGradient, 19},
    {"InputGradientOfFewRows", kInputGradientOfFewRows, 3},
    {"InputGradientOfFewRowsByFours", kInputGradientOfFewRowsByFours, 3},
    {"UpdateOfTwoRowsInPanels", kUpdateOfTwoRowsInPanels, 7},
    {"NarrowUpdate", kNarrowUpdate, 37},
    {"UpdateOfEightColumns", kUpdateOfEightColumns, 5},
    {"UpdateOfOneColumn", kUpdateOfOneColumn, 7},
    {"UpdateOfAColumnAndItsSlot", kUpdateOfAColumnAndItsSlot, 9},
    {"OneColumnOfAShortSum", kOneColumnOfAShortSum, 21},
};

class Contraction : public ::testing::TestWithParam<Product> {};

std::string bits_differ(const Tensors& a, const Tensors& b) {
  if (a.size() != b.size()) return "different results";
  for (const auto& [name, value] : a)
    if (std::memcmp(value.raw(), b.at(name).raw(),
                    static_cast<size_t>(value.type().elements()) * 4) != 0)
      return name;
  return "";
}

TEST_P(Contraction, AgreesAndHasTheSameBitsEverywhere) {
  const Product& p = GetParam();
  const ir::Module m = ir::parse_verified(p.text);
  AgreeOptions o{.batch = p.batch, .max_batch = p.planned, .opt_level = 1};
  o.hooks.check = true;
  const Tensors inputs = testing::random_inputs(m, m.functions[0], o);
  const Tensors states = testing::random_states(m, 3);
  const testing::Compiled compiled = testing::compile(m, o);
  const Tensors one = testing::run(compiled, "f", inputs, states, o);
  EXPECT_EQ(testing::disagreement(one, testing::run_oracle(m, "f", inputs, states, o)), "");
  for (int workers : {2, 3, 7}) {
    o.workers = workers;
    EXPECT_EQ(bits_differ(one, testing::run(compiled, "f", inputs, states, o)), "")
        << workers << " workers";
  }
  // The rows that are planned for decide whether a sum is made in pieces.
  o.max_batch = 1100;
  EXPECT_EQ(bits_differ(one, testing::run(testing::compile(m, o), "f", inputs, states, o)), "");
  // Of four lanes and without fused multiply-adds: other bits, as near.
  o.max_batch = p.planned;
  o.cpu = "x86-64";
  if (!testing::runs_here(o.cpu)) return;
  EXPECT_EQ(testing::disagreement(testing::run(testing::compile(m, o), "f", inputs, states, o),
                                  testing::run_oracle(m, "f", inputs, states, o)),
            "")
      << o.cpu;
  o.cpu = "x86-64-v3";
  if (!testing::runs_here(o.cpu)) return;
  EXPECT_EQ(bits_differ(one, testing::run(testing::compile(m, o), "f", inputs, states, o)), "")
      << o.cpu;
}

/// Rows `first` to `first + batch - 1` of the result are those that they make by themselves.
void expect_rows_alone(const char* text, int64_t all_rows, int64_t first, int64_t batch) {
  const ir::Module m = ir::parse_verified(text);
  AgreeOptions o{.batch = all_rows, .workers = 3, .opt_level = 1};
  const testing::Compiled compiled = testing::compile(m, o);
  const Tensors inputs = testing::random_inputs(m, m.functions[0], o);
  const Tensors states = testing::random_states(m, 3);
  const Tensors all = testing::run(compiled, "f", inputs, states, o);
  const int64_t depth = m.states[0].type.shape[0].size(), width = m.states[0].type.shape[1].size();
  o.batch = batch;
  o.workers = 1;
  Tensors some;
  const float* rows = inputs.at("x").data<float>().data() + first * depth;
  some.emplace(
      "x", runtime::Tensor::from(std::vector<float>(rows, rows + batch * depth), {batch, depth}));
  const Tensors few = testing::run(compiled, "f", some, states, o);
  EXPECT_EQ(std::memcmp(few.at("y").data<float>().data(),
                        all.at("y").data<float>().data() + first * width, batch * width * 4),
            0)
      << "rows " << first << " to " << first + batch - 1;
}

TEST(Contractions, MakeARowTheSameAtEveryBatch) {
  for (int64_t batch : {1, 2, 3, 15, 29}) expect_rows_alone(kForward, 40, 7, batch);
}

TEST(Contractions, MakeARowOfFewColumnsTheSameAtEveryBatch) {
  for (int64_t batch : {1, 2, 8, 23}) {
    expect_rows_alone(kFewColumns, 40, 7, batch);
    expect_rows_alone(kEightColumns, 40, 11, batch);
  }
}

// Two groups of blocks, whose sums wait in scratch for sixteen of seventeen panels at a time.
TEST(Contractions, MakeARowTheSameInGroupsAndPieces) {
  for (int64_t first : {0, 101, 230}) expect_rows_alone(kDeepForward, 250, first, 20);
}

// Three rows are blocks of two and of one where two are the most.
TEST(Contractions, HaveABlockOfEveryHeightThatOccurs) {
  const ir::Module m = ir::parse_verified(kForward);
  const AgreeOptions o{.batch = 40, .cpu = "x86-64", .opt_level = 0};
  const testing::Compiled compiled = testing::compile(m, o);
  const std::string text =
      codegen::llvm_stage_text(compiled.planned, {.cpu = o.cpu}, codegen::LlvmStage::Llvm);
  for (const char* block : {"\"mm$1x4.", "\"mm$2x4."})
    EXPECT_NE(text.find(block), std::string::npos) << block;
}

/// Before LLVM's passes.
std::string emitted(const char* text, int64_t batch) {
  const AgreeOptions o{.batch = batch, .opt_level = 0};
  const testing::Compiled compiled = testing::compile(ir::parse_verified(text), o);
  return codegen::llvm_stage_text(compiled.planned, {}, codegen::LlvmStage::Llvm);
}

// Of few products, where nothing is written before the maps.
TEST(Contractions, KeepShortSumsOfFixedRowsInRegisters) {
  EXPECT_EQ(emitted(kUpdate, 64).find("\"mm$"), std::string::npos);
  EXPECT_NE(emitted(kUpdate, 65).find("\"mm$"), std::string::npos);
}

TEST(Contractions, FetchALargeWeightThatTheyUpdate) {
  EXPECT_NE(emitted(kLargeUpdate, 65).find(".fetchw"), std::string::npos);
  EXPECT_NE(emitted(kLargeUpdate, 64).find("\nfetch"), std::string::npos);
  EXPECT_EQ(emitted(kUpdate, 65).find("\nfetch"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(All, Contraction, ::testing::ValuesIn(kProducts),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace lathe
