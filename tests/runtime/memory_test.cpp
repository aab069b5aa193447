// Aligned buffers: alignment, zeroes, moves, canaries and the error when there is no memory.
#include "runtime/memory.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <utility>

#include "ir/error.h"

namespace lathe::runtime {
namespace {

TEST(AlignedBuffer, IsAlignedAndZeroed) {
  for (int64_t bytes : {0, 1, 63, 64, 1000, 5 << 20}) {
    const AlignedBuffer b(bytes);
    ASSERT_NE(b.data(), nullptr);
    EXPECT_EQ(b.size(), bytes);
    EXPECT_EQ(b.empty(), bytes == 0);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(b.data()) % 64, 0u);
    if (bytes >= 2 << 20) {
      EXPECT_EQ(reinterpret_cast<uintptr_t>(b.data()) % 4096, 0u);
    }
    for (int64_t i = 0; i < bytes; ++i) ASSERT_EQ(b.data()[i], 0);
    b.check_canaries();
  }
}

TEST(AlignedBuffer, AFullVectorMayBeReadAtTheEnd) {
  const AlignedBuffer b(100);
  uint8_t copy[kGuardBytes];
  std::memcpy(copy, b.data() + b.size(), sizeof copy);  // ASan would object
  EXPECT_EQ(copy[0], copy[63]);
}

TEST(AlignedBuffer, MovesAndLeavesTheOtherEmpty) {
  AlignedBuffer a(128);
  a.data()[5] = 77;
  uint8_t* const at = a.data();
  AlignedBuffer b(std::move(a));
  EXPECT_EQ(a.data(), nullptr);
  EXPECT_EQ(a.size(), 0);
  a.check_canaries();
  EXPECT_EQ(b.data(), at);
  AlignedBuffer c(64);
  c = std::move(b);
  EXPECT_EQ(c.data(), at);
  EXPECT_EQ(c.size(), 128);
  EXPECT_EQ(c.data()[5], 77);
  EXPECT_EQ(b.data(), nullptr);
  AlignedBuffer& self = c;
  c = std::move(self);
  EXPECT_EQ(c.data(), at);
  c.check_canaries();
}

TEST(AlignedBuffer, OutOfMemoryNamesSizeAndPurpose) {
  try {
    const AlignedBuffer b(int64_t{1} << 60, Fill::None, "the arena");
    FAIL() << "there was room";
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "out of memory: 1152921504606846976 bytes for the arena");
  }
  EXPECT_THROW(AlignedBuffer(-1), InternalError);
}

#if defined(LATHE_DEBUG)
TEST(AlignedBuffer, CanariesSeeWritesOutside) {
  for (int64_t at : {-1, -64, 100, 163}) {
    const AlignedBuffer b(100, Fill::Zero, "the scratch of worker 3");
    b.data()[0] = b.data()[99] = 1;
    b.check_canaries();
    b.data()[at] ^= 1;
    try {
      b.check_canaries();
      ADD_FAILURE() << "a write at " << at << " went unseen";
    } catch (const InternalError& e) {
      const std::string want = at < 0 ? "something wrote in front of the scratch of worker 3"
                                      : "something wrote behind the 100 bytes of the scratch of "
                                        "worker 3";
      EXPECT_NE(std::string(e.what()).find(want), std::string::npos) << e.what();
    }
  }
}

TEST(AlignedBuffer, FreshMemoryReadsAsNan) {
  const AlignedBuffer b(16, Fill::None);
  float value = 0;
  std::memcpy(&value, b.data(), sizeof value);
  EXPECT_NE(value, value);
}
#endif

}  // namespace
}  // namespace lathe::runtime
