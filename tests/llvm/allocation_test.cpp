// Steps of compiled code: nothing is allocated, and the entry is entered once for all of them.
#include <gtest/gtest.h>

#include <atomic>

#include "ir/parser.h"
#include "runtime/executable.h"
#include "tests/llvm/agree.h"
#include "tests/runtime/allocation_count.h"

namespace lathe {
namespace {

/// A model with every kind of kernel: gather, contractions, a column sum, a transpose, loops.
const char* kTrain = R"(
module @small {
  state %w0 : f32[37,50] {trainable = true}
  state %b0 : f32[50] {trainable = true}
  state %w1 : f32[50,10] {trainable = true}
  state %step : i64[]

  func @train_step(%data: u8[N,37], %labels: u8[N], %index: i32[B]) -> (loss: f32[]) {
    %0 = gather(%data, %index) : u8[B,37]
    %1 = convert(%0) : f32[B,37]
    %seed = constant {value = 3} : i64[]
    %noise = random_uniform(%seed, %step) {stream = 1} : f32[B,37]
    %2 = map(%1, %noise) {fn = (add (mul a0 0.0039) (mul a1 0.01))} : f32[B,37]
    %3 = matmul(%2, %w0) : f32[B,50]
    %4 = add(%3, %b0) : f32[B,50]
    %5 = sigmoid(%4) : f32[B,50]
    %6 = matmul(%5, %w1) : f32[B,10]
    %7 = softmax(%6) : f32[B,10]
    %8 = gather(%labels, %index) : u8[B]
    %9 = one_hot(%8) {depth = 10} : f32[B,10]
    %10 = sub(%7, %9) : f32[B,10]
    %11 = square(%10) : f32[B,10]
    %12 = reduce(%11) {axes = [0, 1], kind = mean} : f32[]
    minimize(%12) {momentum = 0.9, optimizer = sgd}
    return %12
  }
}
)";

std::atomic<int> entered{0};
runtime::Entry inner = nullptr;

/// Compiled code, whose entry counts how often it is entered.
class Counting : public runtime::Executable {
 public:
  explicit Counting(std::shared_ptr<runtime::Executable> code) : code_(std::move(code)) {
    inner = code_->entry(0);
  }
  const std::vector<runtime::FunctionInfo>& functions() const override {
    return code_->functions();
  }
  const std::vector<runtime::StateInfo>& states() const override { return code_->states(); }
  runtime::Entry entry(int) const override {
    return [](const runtime::Call* call, int64_t worker) {
      if (worker == 0) ++entered;
      inner(call, worker);
    };
  }

 private:
  std::shared_ptr<runtime::Executable> code_;
};

TEST(CompiledStep, AllocatesNothingAndIsEnteredOnce) {
  const ir::Module m = ir::parse(kTrain);
  testing::AgreeOptions o{.batch = 16, .data_rows = 50, .opt_level = 1};
  const testing::Compiled c = testing::compile(m, o);
  auto executable = std::make_shared<Counting>(c.executable);
  auto store = std::make_shared<runtime::StateStore>(*executable);
  for (const auto& [name, value] : testing::random_states(c.planned, 1)) store->set(name, value);
  runtime::Session session(executable, store, std::make_shared<runtime::WorkerTeam>(2));

  constexpr int64_t kSteps = 20, kRows = 16 * kSteps - 3;
  o.total = kRows;
  const testing::Tensors inputs = testing::random_inputs(m, m.functions[0], o);
  std::vector<const void*> params;
  for (const auto& p : executable->functions()[0].params) params.push_back(inputs.at(p.name).raw());
  std::vector<float> losses(kSteps, -1);
  std::vector<void*> outputs = {losses.data()};

  session.run(0, params, outputs, 16, 16, 50);
  entered = 0;
  const int64_t before = runtime::allocations_so_far();
  const int64_t done = session.run(0, params, outputs, 16, kRows, 50);
  EXPECT_EQ(runtime::allocations_so_far() - before, 0);
  EXPECT_EQ(done, kSteps);
  EXPECT_EQ(entered, 1);
  for (float loss : losses) EXPECT_GT(loss, 0);

  // What stops a call is looked at between steps.
  const std::atomic<int32_t> stop{1};
  EXPECT_EQ(session.run(0, params, outputs, 16, kRows, 50, &stop), 1);
  EXPECT_EQ(entered, 2);
}

}  // namespace
}  // namespace lathe
