// Products at shapes that take each way through a contraction: a few rows, copied and turned
// operands, groups of blocks, sums in pieces. They agree with the interpreter, and neither threads
// nor rows beside them nor the width of vectors change a bit.
#include <gtest/gtest.h>

#include <cstring>

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
constexpr const char* kLargeUpdate = R"(module @m {
  state %w : f32[290,230]
  func @f(%x: f32[B,290], %d: f32[B,230]) -> () {
    %0 = matmul(%x, %d) {transpose_a = true} : f32[290,230]
    %1 = map(%w, %0) {fn = (sub a0 (mul 0.1 a1))} : f32[290,230]
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
constexpr const char* kBothTurned = R"(module @m {
  func @f(%a: f32[B,70], %b: f32[90,5]) -> (y: f32[70,90]) {
    %0 = matmul(%a, %a) {transpose_a = true} : f32[70,70]
    %1 = slice(%0) {axis = 1, size = 5, start = 3} : f32[70,5]
    %2 = matmul(%1, %b) {transpose_b = true} : f32[70,90]
    return %2
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
    {"InputGradient", kInputGradient, 33},
    {"InputGradientOfADeepSum", kDeepInputGradient, 17},
    {"BothTurned", kBothTurned, 11},
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
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return;
  o.max_batch = p.planned;
  o.cpu = "x86-64-v3";
  EXPECT_EQ(bits_differ(one, testing::run(testing::compile(m, o), "f", inputs, states, o)), "")
      << o.cpu;
#endif
}

TEST(Contractions, MakeARowTheSameAtEveryBatch) {
  const ir::Module m = ir::parse_verified(kForward);
  AgreeOptions o{.batch = 40, .opt_level = 1};
  const testing::Compiled compiled = testing::compile(m, o);
  const Tensors inputs = testing::random_inputs(m, m.functions[0], o);
  const Tensors states = testing::random_states(m, 3);
  const Tensors all = testing::run(compiled, "f", inputs, states, o);
  for (int64_t batch : {1, 2, 3, 15, 29}) {
    o.batch = batch;
    Tensors some;
    const float* rows = inputs.at("x").data<float>().data();
    some.emplace("x",
                 runtime::Tensor::from(std::vector<float>(rows, rows + batch * 37), {batch, 37}));
    const Tensors few = testing::run(compiled, "f", some, states, o);
    EXPECT_EQ(std::memcmp(few.at("y").raw(), all.at("y").raw(), batch * 150 * 4), 0) << batch;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Contraction, ::testing::ValuesIn(kProducts),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace lathe
