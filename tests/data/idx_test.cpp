// IDX files: what is read, and every way in which a file can be wrong.
#include "frontend/data/idx.h"

#include <unistd.h>

#include "tests/data/data_test_util.h"

namespace lathe::data {
namespace {

const Bytes kSix = {1, 2, 3, 250, 251, 252};

TEST(Idx, ReadsPlainAndGzipByContent) {
  TempFolder folder;
  const Bytes plain = idx_bytes({2, 3}, kSix);
  // The names lie; the content decides.
  for (const auto& path : {folder.write("plain.gz", plain), folder.write("packed", gzip(plain))}) {
    IdxArray array = read_idx(path);
    EXPECT_EQ(array.dtype, DType::U8);
    EXPECT_EQ(array.dims, (std::vector<int64_t>{2, 3}));
    EXPECT_EQ(array.bytes, kSix);
  }
}

TEST(Idx, ReadsEveryRank) {
  const std::vector<std::vector<uint32_t>> shapes = {{6}, {2, 3}, {1, 6, 1}, {3, 1, 1, 2}};
  for (const auto& dims : shapes) {
    IdxArray array = parse_idx(idx_bytes(dims, kSix), "test");
    EXPECT_EQ(array.dims, std::vector<int64_t>(dims.begin(), dims.end()));
    EXPECT_EQ(array.bytes, kSix);
  }
}

TEST(Idx, ReadsMoreThanOneChunkAndSeveralGzipMembers) {
  Bytes elements(3'000'000);
  for (size_t i = 0; i < elements.size(); ++i) elements[i] = static_cast<uint8_t>(i * i >> 7);
  const Bytes plain = idx_bytes({3000, 1000}, elements);
  EXPECT_EQ(parse_idx(gzip(plain), "test").bytes, elements);

  Bytes two = gzip(Bytes(plain.begin(), plain.begin() + 1'500'000));
  const Bytes second = gzip(Bytes(plain.begin() + 1'500'000, plain.end()));
  two.insert(two.end(), second.begin(), second.end());
  EXPECT_EQ(parse_idx(two, "test").bytes, elements);
}

std::string idx_error(const Bytes& bytes) {
  return error_of([&] { parse_idx(bytes, "digits"); });
}

TEST(Idx, ErrorsNameTheFile) {
  TempFolder folder;
  EXPECT_TRUE(has(error_of([&] { read_idx(folder.path() / "none"); }), "none: can't be opened"));
  EXPECT_TRUE(has(error_of([&] { read_idx(folder.path()); }), "is a folder"));
  const auto path = folder.write("short", std::string_view("\0\0\x08", 3));
  EXPECT_TRUE(has(error_of([&] { read_idx(path); }), path.string() + ": is truncated: 3 bytes"));
}

TEST(Idx, RefusesAWrongHeader) {
  EXPECT_TRUE(has(idx_error({}), "digits: is truncated: 0 bytes"));
  EXPECT_TRUE(has(idx_error({0, 1, 8, 1, 0, 0, 0, 1, 5}), "begins with 00 01, expected 00 00"));
  EXPECT_TRUE(has(idx_error({'P', 'K', 3, 4}), "no IDX file"));
  EXPECT_TRUE(has(idx_error({0, 0, 0x0d, 1, 0, 0, 0, 1, 5}), "0x0d (32-bit floats)"));
  EXPECT_TRUE(has(idx_error({0, 0, 0x42, 1, 0, 0, 0, 1, 5}), "0x42 (an unknown type)"));
  EXPECT_TRUE(has(idx_error({0, 0, 8, 0}), "rank 0, expected 1 to 4"));
  EXPECT_TRUE(has(idx_error(idx_bytes({1, 1, 1, 1, 1}, {1})), "rank 5, expected 1 to 4"));
  EXPECT_TRUE(has(idx_error({0, 0, 8, 3, 0, 0, 0, 1, 0, 0}), "10 bytes, rank 3 needs 16"));
  EXPECT_TRUE(has(idx_error(idx_bytes({2, 0, 3}, {})), "size 2 of 3 in its header is 0"));
}

TEST(Idx, RefusesSizesThatOverflowBeforeAllocating) {
  const uint32_t huge = 0xffffffffu;
  EXPECT_TRUE(
      has(idx_error(idx_bytes({huge, huge, huge, huge}, kSix)), "more than the 4294967296"));
  EXPECT_TRUE(has(idx_error(idx_bytes({1u << 16, 1u << 16, 2}, kSix)), "65536x65536x2 elements"));
  // Within the limit, but the bytes aren't there: no gigabytes are set aside to find out.
  EXPECT_TRUE(has(idx_error(idx_bytes({huge}, kSix)), "4294967295 bytes of data, there are 6"));
  EXPECT_TRUE(
      has(idx_error(gzip(idx_bytes({huge}, kSix))), "4294967295 bytes of data, there are 6"));
}

TEST(Idx, RefusesTooFewAndTooManyBytes) {
  for (bool packed : {false, true}) {
    const auto file = [&](Bytes bytes) { return packed ? gzip(bytes) : bytes; };
    EXPECT_TRUE(has(idx_error(file(idx_bytes({7}, kSix))),
                    "is truncated: its header says 7 bytes of data, there are 6"));
    EXPECT_TRUE(has(idx_error(file(idx_bytes({5}, kSix))), "is too long: its header says 5 bytes"));
    EXPECT_TRUE(has(idx_error(file(idx_bytes({2, 4}, kSix))), "2x4 = 8 bytes of data"));
  }
}

TEST(Idx, RefusesDamagedGzip) {
  Bytes elements(5000);
  for (size_t i = 0; i < elements.size(); ++i) elements[i] = static_cast<uint8_t>(i * i * 31 >> 3);
  const Bytes good = gzip(idx_bytes({5000}, elements));
  ASSERT_EQ(parse_idx(good, "test").bytes, elements);

  for (size_t keep : {size_t{2}, size_t{9}, size_t{200}, good.size() - 8, good.size() - 1}) {
    EXPECT_TRUE(has(idx_error(Bytes(good.begin(), good.begin() + static_cast<long>(keep))),
                    "truncated: it ends after " + std::to_string(keep) + " bytes"));
  }
  Bytes wrong_sum = good;
  wrong_sum[good.size() - 6] ^= 1;
  EXPECT_TRUE(has(idx_error(wrong_sum), "incorrect data check"));
  Bytes wrong_length = good;
  wrong_length[good.size() - 1] ^= 1;
  EXPECT_TRUE(has(idx_error(wrong_length), "incorrect length check"));
  Bytes followed = good;
  followed.insert(followed.end(), {'t', 'a', 'i', 'l'});
  EXPECT_TRUE(has(idx_error(followed), "followed by other bytes"));
  Bytes wrong_method = good;
  wrong_method[2] = 7;
  EXPECT_TRUE(has(idx_error(wrong_method), "gzip data is damaged"));
  // Any changed byte after the header is found (the header's time, flags and system carry nothing).
  for (size_t at = 10; at < good.size(); at += 37) {
    Bytes changed = good;
    changed[at] ^= 0x10;
    EXPECT_THROW(parse_idx(changed, "test"), Error) << "byte " << at;
  }
}

TEST(Idx, AGzipBombEndsOneByteAfterTheHeadersSize) {
  // 64 MiB of zeros behind a header that says 10: little is inflated, and the error says so.
  Bytes bomb = idx_bytes({10}, Bytes(size_t{64} << 20));
  EXPECT_TRUE(has(idx_error(gzip(bomb)), "header says 10 bytes of data, there are at least 11"));
}

TEST(Idx, ReadsAPipe) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Bytes bytes = gzip(idx_bytes({6}, kSix));
  ASSERT_EQ(::write(ends[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  ::close(ends[1]);
  EXPECT_EQ(read_idx("/dev/fd/" + std::to_string(ends[0])).bytes, kSix);
  ::close(ends[0]);
}

}  // namespace
}  // namespace lathe::data
