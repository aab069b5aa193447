// Images of code: bytes and back, everything that can be wrong with the bytes, and running from them.
#include "runtime/code_image.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

#include "runtime/sha256.h"
#include "tests/error_of.h"

namespace lathe::runtime {
namespace {

/// A function that does nothing: one instruction.
#if defined(__x86_64__)
constexpr std::string_view kReturn("\xc3", 1);
#elif defined(__aarch64__)
constexpr std::string_view kReturn("\xc0\x03\x5f\xd6", 4);
#endif

CodeImage small_image() {
  CodeImage image;
  FunctionInfo f;
  f.name = "train_step";
  f.params = {{"x", {DType::U8, {Dim::rows(), 3}}}, {"index", {DType::I32, {Dim::batch()}}}};
  f.outputs = {{"loss", {DType::F32, {}}}};
  f.max_batch = 7;
  f.arena_bytes = 1024;
  f.scratch_bytes = 640;
  image.functions = {f};
  image.states = {{"w", {DType::F32, {3, 2}}, Layout::panels(16)}, {"n", {DType::I64, {}}, {}}};
  image.code = std::string(kReturn);
  image.code.resize(kCodePage);
  image.code += "constants";
  image.segments = {{0, kReturn.size(), true}, {kCodePage, 9, false}};
  image.entries = {0};
  image.notes = "of the one who compiled it";
  return image;
}

TEST(CodeImage, BytesAndBack) {
  const CodeImage image = small_image();
  const std::optional<CodeImage> back = image_from_bytes(image_to_bytes(image));
  ASSERT_TRUE(back);
  ASSERT_EQ(back->functions.size(), 1u);
  const FunctionInfo& f = back->functions[0];
  EXPECT_EQ(f.name, "train_step");
  EXPECT_EQ(f.params[0].type, image.functions[0].params[0].type);
  EXPECT_EQ(f.params[1].name, "index");
  EXPECT_EQ(f.outputs[0].type, image.functions[0].outputs[0].type);
  EXPECT_EQ(f.max_batch, 7);
  EXPECT_EQ(f.arena_bytes, 1024);
  EXPECT_EQ(f.scratch_bytes, 640);
  EXPECT_EQ(back->states[0].layout, Layout::panels(16));
  EXPECT_EQ(back->states[1].type, image.states[1].type);
  EXPECT_EQ(back->entries, image.entries);
  EXPECT_EQ(back->code, image.code);
  EXPECT_EQ(back->notes, image.notes);
  EXPECT_EQ(image_to_bytes(*back), image_to_bytes(image));
}

TEST(CodeImage, EveryDamagedByteIsSeen) {
  const std::string bytes = image_to_bytes(small_image());
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << i % 8));
    EXPECT_FALSE(image_from_bytes(damaged)) << "byte " << i;
  }
}

TEST(CodeImage, EveryOtherLengthIsSeen) {
  const std::string bytes = image_to_bytes(small_image());
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(image_from_bytes(std::string_view(bytes).substr(0, size))) << size;
  EXPECT_FALSE(image_from_bytes(bytes + '\0'));
}

/// The bytes with the number at `at` of their body replaced, and a checksum that fits.
std::string with_number(const std::string& bytes, size_t at, uint64_t number) {
  const size_t head = bytes.find('\n') + 1;
  std::string body = bytes.substr(head + 64);
  body.replace(at, sizeof number, reinterpret_cast<const char*>(&number), sizeof number);
  return bytes.substr(0, head) + sha256_hex(body) + body;
}

TEST(CodeImage, NoNumberLeadsOutOfTheBytes) {
  // Counts, sizes, types, offsets: whatever is read there, none may crash, and what is accepted can
  // be written again.
  const std::string bytes = image_to_bytes(small_image());
  const size_t body = bytes.size() - bytes.find('\n') - 1 - 64 - kCodePage;
  for (size_t at = 0; at + 8 <= body; ++at) {
    for (const uint64_t number : {~uint64_t{0}, uint64_t{1} << 62, uint64_t{1} << 31}) {
      const std::string other = with_number(bytes, at, number);
      if (const auto image = image_from_bytes(other)) {
        EXPECT_EQ(image_to_bytes(*image), other) << at;
      }
    }
  }
}

TEST(CodeImage, PartsThatDoNotFitAreRefused) {
  const auto refused = [](auto change) {
    CodeImage image = small_image();
    change(image);
    return !image_from_bytes(image_to_bytes(image)).has_value();
  };
  EXPECT_FALSE(refused([](CodeImage&) {}));
  EXPECT_TRUE(refused([](CodeImage& i) { i.entries.clear(); }));
  EXPECT_TRUE(refused([](CodeImage& i) { i.entries[0] = 100; }));
  EXPECT_TRUE(refused([](CodeImage& i) { i.entries[0] = kCodePage; }));  // constants
  EXPECT_TRUE(refused([](CodeImage& i) { i.segments[0].size = i.code.size() + 1; }));
  EXPECT_TRUE(refused([](CodeImage& i) { i.segments[1].offset = 8; }));
  EXPECT_TRUE(refused([](CodeImage& i) { i.segments[1].offset = 16 * kCodePage; }));
}

/// The permissions, such as `r-xp`, of the memory at an address.
std::string permissions(uint64_t address) {
  std::ifstream in("/proc/self/maps");
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    uint64_t from = 0, to = 0;
    char dash = 0;
    std::string text;
    words >> std::hex >> from >> dash >> to >> text;
    if (address >= from && address < to) return text;
  }
  return "none";
}

TEST(CodeImage, RunsFromMemoryThatNobodyCanWriteTo) {
  const auto code = map_image(*image_from_bytes(image_to_bytes(small_image())));
  EXPECT_EQ(code->find_function("train_step"), 0);
  EXPECT_EQ(code->states().size(), 2u);
  const Entry entry = code->entry(0);
  entry(nullptr, 0);
  const auto address = reinterpret_cast<uint64_t>(entry);
  EXPECT_EQ(permissions(address), "r-xp");
  EXPECT_EQ(permissions(address + kCodePage), "r--p");
}

TEST(CodeImage, TheMemoryGoesWithTheLastOwner) {
  auto code = map_image(small_image());
  const auto address = reinterpret_cast<uint64_t>(code->entry(0));
  code.reset();
  EXPECT_NE(permissions(address), "r-xp");
}

}  // namespace
}  // namespace lathe::runtime
