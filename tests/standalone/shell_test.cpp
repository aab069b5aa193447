// The shell by itself, as the build's compiler makes it: memory, codes, layouts. Sanitizers see it here.
#include "codegen/standalone/shell.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "runtime/layout.h"
#include "runtime/memory.h"
#include "runtime/weights_file.h"

namespace lathe::shell {

// The test needs no other mode than its own.
extern "C" uint64_t lathe_shell_enter() {
  return 7;
}
extern "C" void lathe_shell_leave(uint64_t mode) {
  EXPECT_EQ(mode, 7u);
}

namespace {

constexpr int64_t kRows = 5, kColumns = 37, kWidth = 16;

/// y[i] = x[i] + the count; a step counts up and puts it out.
void add_count(const runtime::Call* call, int64_t worker) {
  if (worker == 0) {
    const auto* x = static_cast<const float*>(call->params[0]);
    const auto count = *static_cast<const int64_t*>(call->states[1]);
    auto* y = static_cast<float*>(call->outputs[0]);
    for (int64_t i = 0; i < call->total; ++i) y[i] = x[i] + static_cast<float>(count);
  }
  if (call->workers > 1) call->barrier(call->team, worker);
}
void count_up(const runtime::Call* call, int64_t) {
  const auto* numbers = static_cast<const int32_t*>(call->params[1]);
  for (int64_t i = 0; i < call->rows; ++i) ASSERT_EQ(numbers[i], i);
  auto& count = *static_cast<int64_t*>(call->states[1]);
  *static_cast<float*>(call->outputs[0]) = static_cast<float>(++count);
}

/// w[0] = the seed.
void first_value(const runtime::Call* call, int64_t) {
  ASSERT_EQ(call->total, 1);
  *static_cast<float*>(call->states[0]) =
      static_cast<float>(*static_cast<const int64_t*>(call->params[0]));
}

class Shell : public ::testing::Test {
 protected:
  Shell() {
    const std::vector<runtime::WeightsRecord> records = {{"w", {DType::F32, {kRows, kColumns}}},
                                                         {"count", {DType::I64, {}}}};
    const runtime::WeightsPlan plan = runtime::plan_weights(records);
    header_ = plan.header;
    const int64_t panels =
        runtime::physical_bytes(records[0].type, runtime::Layout::panels(kWidth));
    const int64_t first = (panels + 63) / 64 * 64;
    states_ = {{kRows, kColumns * 4, kWidth * 4, kWidth * 4, 0, plan.offsets[0], Zeros, 0},
               {1, 8, 8, 8, first, plan.offsets[1], Seed, 0}};
    code_ = {0, states_.data(), functions_, first_value, first + 128, 100, 10};
    program_ = {codes_,
                1,
                2,
                reinterpret_cast<const uint8_t*>(header_.data()),
                static_cast<int64_t>(header_.size()),
                plan.payload_bytes,
                1,
                64,
                8,
                0};
    runtime::Tensor w(records[0].type), count(records[1].type);
    for (int64_t i = 0; i < w.elements(); ++i) w.data<float>()[i] = static_cast<float>(i);
    count.data<int64_t>()[0] = 3;
    file_ = runtime::weights_to_bytes(records, std::vector<runtime::TensorView>{w, count});
    w_ = w;
    memory_ = runtime::AlignedBuffer(lathe_shell_bytes(&program_, 8, 2), runtime::Fill::None);
    model_ = lathe_shell_create(&program_, memory_.data(), memory_.size(), 2, -1);
  }
  int32_t load(const std::string& bytes) {
    return lathe_shell_load(model_, &program_, bytes.data(), static_cast<int64_t>(bytes.size()));
  }
  int32_t add(const float* x, float* y, int64_t rows, const Part* part = nullptr) {
    const void* params[] = {x};
    void* outputs[] = {y};
    return lathe_shell_run(model_, &program_, 0, params, outputs, rows, part);
  }
  int32_t count(int64_t rows) {
    const float x = 0;
    const void* params[] = {&x, nullptr};
    void* outputs[] = {nullptr};
    return lathe_shell_run(model_, &program_, 1, params, outputs, rows, nullptr);
  }

  std::string header_, file_;
  std::vector<State> states_;
  MachineCode code_{};
  const MachineCode* codes_[1] = {&code_};
  Program program_{};
  static constexpr int64_t kSkipped[2] = {0, 0};
  const Function functions_[2] = {{add_count, 1, 1, 0, -1, 0, kSkipped},
                                  {count_up, 2, 1, 1, 1, 0, kSkipped}};
  runtime::Tensor w_;
  runtime::AlignedBuffer memory_;
  Model* model_ = nullptr;
};

TEST_F(Shell, MemoryMustBeThereAndAlignedAndEnough) {
  ASSERT_NE(model_, nullptr);
  EXPECT_EQ(lathe_shell_bytes(&program_, 0, 1), 0);
  EXPECT_EQ(lathe_shell_bytes(&program_, 9, 1), 0);
  EXPECT_EQ(lathe_shell_bytes(&program_, 8, 0), 0);
  EXPECT_EQ(lathe_shell_bytes(&program_, 8, 1025), 0);
  EXPECT_EQ(lathe_shell_bytes(&program_, 8, 2) % 64, 0);
  EXPECT_EQ(lathe_shell_create(&program_, nullptr, 1 << 20, 1, -1), nullptr);
  EXPECT_EQ(lathe_shell_create(&program_, memory_.data() + 8, memory_.size(), 1, -1), nullptr);
  EXPECT_EQ(lathe_shell_create(&program_, memory_.data(), memory_.size() - 1, 2, -1), nullptr);
  EXPECT_EQ(lathe_shell_create(&program_, memory_.data(), memory_.size(), 3, -1), nullptr);
}

TEST_F(Shell, LoadsIntoLayoutsAndSavesTheSameBytes) {
  EXPECT_EQ(add(nullptr, nullptr, 1), NoWeights);
  ASSERT_EQ(load(file_), Ok);
  const auto* panels = static_cast<const float*>(model_->states[0]);
  const runtime::Layout layout = runtime::Layout::panels(kWidth);
  for (int64_t i = 0; i < kRows; ++i)
    for (int64_t j = 0; j < kColumns; ++j)
      EXPECT_EQ(panels[runtime::physical_index(w_.type(), layout, i, j)],
                static_cast<float>(i * kColumns + j));
  std::string saved(file_.size(), 'x');
  EXPECT_EQ(
      lathe_shell_save(model_, &program_, saved.data(), static_cast<int64_t>(saved.size()) - 1),
      ShortBuffer);
  EXPECT_EQ(lathe_shell_save(model_, &program_, saved.data(), static_cast<int64_t>(saved.size())),
            Ok);
  EXPECT_EQ(saved, file_);
}

TEST_F(Shell, BeginsAsItsStatesSay) {
  EXPECT_EQ(lathe_shell_init(nullptr, &program_, 5), NoModel);
  ASSERT_EQ(load(file_), Ok);
  ASSERT_EQ(lathe_shell_init(model_, &program_, 5), Ok);
  const auto* w = static_cast<const float*>(model_->states[0]);
  EXPECT_EQ(w[0], 5);
  EXPECT_EQ(w[1], 0);
  EXPECT_EQ(*static_cast<const int64_t*>(model_->states[1]), 5);
  states_[0].first = Constant;
  states_[0].constant = 0.5f;
  code_.first_values = nullptr;
  ASSERT_EQ(lathe_shell_init(model_, &program_, 5), Ok);
  EXPECT_EQ(w[0], 0.5f);
}

TEST_F(Shell, RefusesWhatIsNotItsWeights) {
  EXPECT_EQ(lathe_shell_load(model_, &program_, nullptr, 1000), NullPointer);
  for (size_t size = 0; size < file_.size(); ++size) {
    const int32_t code = load(file_.substr(0, size));
    EXPECT_EQ(code, size < 12 ? NotWeights : ShortBuffer) << size;
  }
  for (size_t i = 0; i < file_.size(); ++i) {
    std::string bad = file_;
    bad[i] = static_cast<char>(bad[i] ^ 4);
    const bool sum = i >= 32 && i < 40;
    EXPECT_EQ(load(bad), i < 12                       ? NotWeights
                         : sum || i >= header_.size() ? BadChecksum
                                                      : OtherModel)
        << i;
  }
  EXPECT_EQ(model_->has_weights, 0);
}

TEST_F(Shell, RunsWhatIsAskedForRight) {
  ASSERT_EQ(load(file_), Ok);
  const std::vector<float> x = {1, 2, 3};
  std::vector<float> y(3);
  EXPECT_EQ(add(x.data(), y.data(), 3), Ok);
  EXPECT_EQ(y, (std::vector<float>{4, 5, 6}));
  EXPECT_EQ(add(nullptr, y.data(), 3), NullPointer);
  EXPECT_EQ(add(x.data(), nullptr, 3), NullPointer);
  EXPECT_EQ(add(x.data(), y.data(), 0), BadRows);
  EXPECT_EQ(lathe_shell_error(model_, &program_), BadRows);
  EXPECT_EQ(count(9), BadRows);
  EXPECT_EQ(count(8), Ok);
  EXPECT_EQ(lathe_shell_result(model_, &program_, Ok), 4);
  EXPECT_TRUE(std::isnan(lathe_shell_result(model_, &program_, BadRows)));
  EXPECT_EQ(*static_cast<const float*>(lathe_shell_output(model_, &program_, 0)), 4);
  EXPECT_EQ(lathe_shell_output(model_, &program_, 1), nullptr);
  EXPECT_EQ(lathe_shell_output(model_, &program_, -1), nullptr);
}

TEST_F(Shell, KnowsItsModel) {
  ASSERT_EQ(load(file_), Ok);
  const Program other = program_;
  EXPECT_EQ(lathe_shell_load(model_, &other, file_.data(), static_cast<int64_t>(file_.size())),
            NoModel);
  EXPECT_EQ(lathe_shell_load(nullptr, &program_, file_.data(), static_cast<int64_t>(file_.size())),
            NoModel);
  std::vector<uint8_t> zeros(256);
  auto* const nothing =
      reinterpret_cast<Model*>((reinterpret_cast<uintptr_t>(zeros.data()) + 63) / 64 * 64);
  EXPECT_EQ(lathe_shell_save(nothing, &program_, file_.data(), static_cast<int64_t>(file_.size())),
            NoModel);
  EXPECT_EQ(lathe_shell_error(nothing, &program_), NoModel);
}

TEST_F(Shell, IsNoModelWhereItWasCopiedTo) {
  ASSERT_EQ(load(file_), Ok);
  runtime::AlignedBuffer copy(memory_.size());
  std::memcpy(copy.data(), memory_.data(), static_cast<size_t>(memory_.size()));
  auto* const moved = reinterpret_cast<Model*>(copy.data());
  EXPECT_EQ(lathe_shell_error(moved, &program_), NoModel);
  EXPECT_EQ(lathe_shell_load(moved, &program_, file_.data(), static_cast<int64_t>(file_.size())),
            NoModel);
  EXPECT_EQ(lathe_shell_error(model_, &program_), Ok);
}

TEST_F(Shell, PartsAreChecked) {
  ASSERT_EQ(load(file_), Ok);
  int met = 0;
  const auto meet = [](void* team, int64_t) { ++*static_cast<int*>(team); };
  const float x = 1;
  float y = 0;
  for (const Part& bad : {Part{0, 3, meet, &met}, Part{2, 2, meet, &met}, Part{-1, 2, meet, &met},
                          Part{0, 0, meet, &met}, Part{0, 2, nullptr, &met}}) {
    EXPECT_EQ(add(&x, &y, 1, &bad), BadWorker);
  }
  EXPECT_EQ(met, 0);
  const Part alone{0, 1, nullptr, nullptr}, first{0, 2, meet, &met};
  EXPECT_EQ(add(&x, &y, 1, &alone), Ok);
  EXPECT_EQ(add(&x, &y, 1, &first), Ok);
  EXPECT_EQ(met, 1);
}

#if defined(__x86_64__)
TEST_F(Shell, TakesTheLastCodeThatTheCpuHas) {
  const int64_t here = lathe_shell_level();
  EXPECT_EQ(here >= 3, __builtin_cpu_supports("x86-64-v3") != 0);
  EXPECT_EQ(here >= 4, __builtin_cpu_supports("x86-64-v4") != 0);
  std::vector<MachineCode> all(6, code_);
  std::vector<const MachineCode*> codes;
  for (size_t i = 0; i < all.size(); ++i) {
    all[i].level = static_cast<int64_t>(i) + 1;  // of 5 and 6 there are no CPUs
    codes.push_back(&all[i]);
  }
  program_.codes = codes.data();
  program_.code_count = static_cast<int64_t>(codes.size());
  const auto on = [&](int64_t code) {
    const Model* m = lathe_shell_create(&program_, memory_.data(), memory_.size(), 2, code);
    return m ? m->code : nullptr;
  };
  EXPECT_EQ(on(-1), codes[static_cast<size_t>(here) - 1]);
  for (int64_t i = 0; i < 6; ++i)
    EXPECT_EQ(on(i), i < here ? codes[static_cast<size_t>(i)] : nullptr) << i;
  EXPECT_EQ(on(-2), nullptr);
  EXPECT_EQ(on(6), nullptr);
  program_.codes += 4;
  program_.code_count = 2;
  EXPECT_EQ(on(-1), nullptr);
}
#endif

}  // namespace
}  // namespace lathe::shell
