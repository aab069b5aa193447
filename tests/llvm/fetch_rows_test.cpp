// Batches gathered from a resident data set that is larger than a cache, whose rows are asked for
// before they are copied: the rows are the right ones, and nothing outside is read.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <limits>
#include <vector>

#include "codegen/compile.h"
#include "ir/parser.h"
#include "runtime/executable.h"
#include "tests/llvm/agree.h"

namespace lathe {
namespace {

constexpr int64_t kWidth = 301;  ///< no whole lines of cache in a row
const char* kGather = R"(
module @gathers {
  func @f(%data: f32[N,301], %labels: u8[N], %index: i32[B]) -> (x: f32[B,301], label: i32[B]) {
    %0 = gather(%data, %index) : f32[B,301]
    %1 = neg(%0) : f32[B,301]
    %2 = gather(%labels, %index) : u8[B]
    %3 = convert(%2) : i32[B]
    return %1, %3
  }
}
)";

/// Numbers that end where a page begins that may not be read.
template <class T>
class AtTheEdge {
 public:
  explicit AtTheEdge(const std::vector<T>& values) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t bytes = values.size() * sizeof(T), whole = (bytes + page - 1) / page * page;
    bytes_ = whole + page;
    memory_ = static_cast<char*>(
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_NE(memory_, MAP_FAILED);
    EXPECT_EQ(mprotect(memory_ + whole, page, PROT_NONE), 0);
    data_ = memory_ + whole - bytes;
    std::memcpy(data_, values.data(), bytes);
  }
  ~AtTheEdge() { munmap(memory_, bytes_); }
  AtTheEdge(const AtTheEdge&) = delete;
  AtTheEdge& operator=(const AtTheEdge&) = delete;
  const void* data() const { return data_; }

 private:
  char *memory_ = nullptr, *data_ = nullptr;
  size_t bytes_ = 0;
};

/// Whole batches and a rest, more rows than are asked for at once, a data set that is fetched (5 MB)
/// and one that is not.
TEST(FetchRows, GathersTheRightRowsAndReadsNothingElse) {
  constexpr int64_t kBatch = 250, kTotal = 2 * kBatch + 33;
  const testing::Compiled c = testing::compile(ir::parse(kGather), {.batch = kBatch});
  for (int64_t rows : {4200, 7}) {
    std::vector<float> numbers(rows * kWidth);
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i % 65521);
    std::vector<uint8_t> labels(rows);
    for (int64_t i = 0; i < rows; ++i) labels[i] = static_cast<uint8_t>(i % 251);
    std::vector<int32_t> picks(kTotal);
    for (int64_t i = 0; i < kTotal; ++i) picks[i] = static_cast<int32_t>(i * 7919 % rows);
    picks[3] = -1;
    picks[kBatch] = static_cast<int32_t>(rows);
    picks[kTotal - 2] = std::numeric_limits<int32_t>::min();
    picks[kTotal - 1] = std::numeric_limits<int32_t>::max();
    const AtTheEdge<float> data(numbers);
    const AtTheEdge<uint8_t> label(labels);
    const AtTheEdge<int32_t> index(picks);
    for (int workers : {1, 2, 3})
      for (int64_t batch : {kBatch, int64_t{1}}) {
        SCOPED_TRACE(std::to_string(rows) + " rows, " + std::to_string(workers) + " workers, " +
                     std::to_string(batch) + " a step");
        runtime::Session session(c.executable, std::make_shared<runtime::StateStore>(*c.executable),
                                 std::make_shared<runtime::WorkerTeam>(workers));
        std::vector<float> x(kTotal * kWidth, -7.0f);
        std::vector<int32_t> y(kTotal, -7);
        const void* params[] = {data.data(), label.data(), index.data()};
        void* outputs[] = {x.data(), y.data()};
        session.run(0, params, outputs, batch, kTotal, rows);
        int64_t wrong = 0;
        for (int64_t i = 0; i < kTotal; ++i) {
          const bool inside = picks[i] >= 0 && picks[i] < rows;
          wrong += y[i] != (inside ? labels[picks[i]] : 0);
          for (int64_t j = 0; j < kWidth; ++j)
            wrong += x[i * kWidth + j] != (inside ? -numbers[picks[i] * kWidth + j] : 0.0f);
        }
        EXPECT_EQ(wrong, 0);
      }
  }
}

std::string llvm_text(const std::string& function) {
  const testing::Compiled c = testing::compile(
      ir::parse("module @m {\n state %w : f32[50,64]\n func @f" + function + "}"), {.batch = 8});
  return codegen::llvm_stage_text(c.planned, {}, codegen::LlvmStage::Llvm);
}

TEST(FetchRows, AreThoseOfADataSetOnly) {
  EXPECT_NE(llvm_text(R"((%data: u8[N,64], %index: i64[B]) -> (y: u8[B,64]) {
    %0 = gather(%data, %index) : u8[B,64]
    return %0 })")
                .find("llvm.prefetch"),
            std::string::npos);
  for (const char* other : {
           // windows overlap, and a series is small
           R"((%data: f32[N,64], %index: i32[B]) -> (y: f32[B,3,64]) {
             %0 = gather(%data, %index) {window = 3} : f32[B,3,64]
             return %0 })",
           R"((%index: i32[B]) -> (y: f32[B,64]) {
             %0 = gather(%w, %index) : f32[B,64]
             return %0 })",
           // indices that are in no memory
           R"((%data: f32[N,64]) -> (y: f32[B,64]) {
             %0 = constant {value = 2} : i32[B]
             %1 = gather(%data, %0) : f32[B,64]
             return %1 })",
           R"((%data: f32[N,64], %x: f32[B,5]) -> (y: f32[B,64]) {
             %0 = argmax(%x) : i32[B]
             %1 = gather(%data, %0) : f32[B,64]
             return %1 })",
       })
    EXPECT_EQ(llvm_text(other).find("llvm.prefetch"), std::string::npos) << other;
}

}  // namespace
}  // namespace lathe
