// XXH64 against the values that its author's library gives (XXH64_sanityCheck and `xxhsum -H1`).
#include "runtime/xxh64.h"

#include <gtest/gtest.h>

#include <string>

namespace lathe::runtime {
namespace {

uint64_t of(const std::string& text) {
  return xxh64(text.data(), text.size());
}

TEST(Xxh64, KnownSums) {
  EXPECT_EQ(of(""), 0xEF46DB3751D8E999u);
  EXPECT_EQ(of("a"), 0xD24EC4F1A98C6E5Bu);
  EXPECT_EQ(of("abc"), 0x44BC2CF5AD770999u);
  // Longer than 32 bytes, with every kind of tail.
  EXPECT_EQ(of("Nobody inspects the spammish repetition"), 0xFBCEA83C8A378BF1u);
}

TEST(Xxh64, EveryByteCountsWhereverItLies) {
  std::string text(80, 'x');
  const uint64_t sum = of(text);
  for (size_t i = 0; i < text.size(); ++i) {
    text[i] = 'y';
    EXPECT_NE(of(text), sum) << i;
    text[i] = 'x';
  }
  const std::string moved = " " + text;
  EXPECT_EQ(xxh64(moved.data() + 1, text.size()), sum);
}

}  // namespace
}  // namespace lathe::runtime
