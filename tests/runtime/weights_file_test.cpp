// The flat file of weights: what it holds comes back, and nothing that is damaged is read.
#include "runtime/weights_file.h"

#include <gtest/gtest.h>

#include <cstring>

#include "ir/error.h"
#include "tests/error_of.h"

namespace lathe::runtime {
namespace {

const std::vector<WeightsRecord> kRecords = {
    {"w", {DType::F32, {3, 5}}}, {"count", {DType::I64, {}}}, {"mean.of.w", {DType::F64, {17}}}};

std::vector<Tensor> some_values() {
  std::vector<Tensor> values;
  for (const WeightsRecord& r : kRecords) values.emplace_back(r.type);
  for (int i = 0; i < 15; ++i) values[0].data<float>()[i] = 0.5f * static_cast<float>(i);
  values[1].data<int64_t>()[0] = -7;
  for (int i = 0; i < 17; ++i) values[2].data<double>()[i] = 1.0 / (i + 1);
  return values;
}

std::string some_file() {
  const std::vector<Tensor> values = some_values();
  return weights_to_bytes(kRecords, std::vector<TensorView>(values.begin(), values.end()));
}

std::string trouble(const std::string& bytes) {
  return test::error_of([&] { weights_from_bytes(bytes, "file"); });
}

TEST(WeightsFile, HoldsNamesTypesAndValues) {
  const std::vector<Tensor> values = some_values();
  const std::string bytes = some_file();
  EXPECT_TRUE(is_weights_file(bytes));
  const std::vector<NamedValue> read = weights_from_bytes(bytes, "file");
  ASSERT_EQ(read.size(), kRecords.size());
  for (size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].name, kRecords[i].name);
    EXPECT_TRUE(read[i].value == values[i]) << read[i].name;
  }
}

TEST(WeightsFile, LiesAsItsHeaderSays) {
  const WeightsPlan plan = plan_weights(kRecords);
  const std::string bytes = some_file();
  EXPECT_EQ(plan.header.size() % 64, 0u);
  EXPECT_EQ(plan.offsets, (std::vector<int64_t>{0, 64, 128}));
  EXPECT_EQ(plan.payload_bytes, 128 + 192);
  EXPECT_EQ(bytes.size(), plan.header.size() + 320);
  float third;
  std::memcpy(&third, bytes.data() + plan.header.size() + 8, sizeof third);
  EXPECT_EQ(third, 1.0f);
}

TEST(WeightsFile, NoStatesAreAFileToo) {
  EXPECT_TRUE(weights_from_bytes(weights_to_bytes({}, {}), "file").empty());
}

TEST(WeightsFile, SaysWhatIsWrong) {
  std::string bytes = some_file();
  EXPECT_EQ(trouble("LATHE"), "file: is no good file of weights: it does not begin with LATHEWTS");
  bytes[8] = 2;
  EXPECT_EQ(trouble(bytes), "file: is no good file of weights: its version is 2, expected 1");
  bytes = some_file();
  bytes.back() = 1;
  EXPECT_EQ(trouble(bytes),
            "file: is no good file of weights: its checksum does not fit its values");
}

// Whose states would take 2^64 bytes, which is 0 in 64 bits.
TEST(WeightsFile, SizesThatLeaveTheirRangeAreRefused) {
  const int64_t most = int64_t{1} << 40;
  std::string bytes = plan_weights(std::vector<WeightsRecord>{{"", {DType::F64, {most}}}}).header;
  const std::string record = bytes.substr(64, 32);
  constexpr uint32_t kCount = (1u << 21) + 1;
  std::memcpy(bytes.data() + 12, &kCount, sizeof kCount);
  bytes.resize(64);
  for (uint32_t i = 0; i < kCount; ++i) bytes += record;
  EXPECT_EQ(trouble(bytes),
            "file: is no good file of weights: it has fewer bytes than its states take");
}

TEST(WeightsFile, NothingButItselfIsRead) {
  const std::string good = some_file();
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_NE(trouble(good.substr(0, size)), "") << size;
  EXPECT_NE(trouble(good + std::string(64, '\0')), "");
  for (size_t i = 0; i < good.size(); ++i) {
    for (const int flip : {1, 0x80, 0xFF}) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ flip);
      EXPECT_NE(trouble(bad), "") << i;
    }
  }
}

}  // namespace
}  // namespace lathe::runtime
