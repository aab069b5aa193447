// SHA-256 against the examples of its standard (FIPS 180-4) and against itself in pieces.
#include "runtime/sha256.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace lathe::runtime {
namespace {

constexpr const char* kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Sha256, KnownDigests) {
  EXPECT_EQ(sha256_hex(""), kEmpty);
  EXPECT_EQ(sha256_hex("abc"), kAbc);
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesAndReuse) {
  Sha256 hash;
  hash.update("a").update("").update("bc");
  EXPECT_EQ(hash.hex(), kAbc);
  EXPECT_EQ(hash.hex(), kEmpty);
  hash.update("ab");
  Sha256 moved = std::move(hash);
  moved.update("c", 1);
  EXPECT_EQ(moved.hex(), kAbc);
}

}  // namespace
}  // namespace lathe::runtime
