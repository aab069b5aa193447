// NumPy's array files: what is read, and what is refused.
#include "frontend/data/npy.h"

#include <cstring>

#include "tests/data/data_test_util.h"

namespace lathe::data {
namespace {

/// A file of version 1 with that header and data.
Bytes npy_bytes(const std::string& header, const Bytes& data, uint8_t major = 1) {
  Bytes bytes = {0x93, 'N', 'U', 'M', 'P', 'Y', major, 0};
  bytes.push_back(static_cast<uint8_t>(header.size() & 0xff));
  bytes.push_back(static_cast<uint8_t>(header.size() >> 8));
  if (major > 1) bytes.insert(bytes.end(), {0, 0});
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

std::string header(const std::string& descr, const std::string& shape) {
  return "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
}

Bytes floats(const std::vector<float>& values) {
  Bytes bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

runtime::Tensor parse(const Bytes& bytes) {
  return parse_npy({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "array");
}

TEST(Npy, ReadsPlainAndGzipByContent) {
  TempFolder folder;
  for (const uint8_t major : {1, 2, 3}) {
    const Bytes plain = npy_bytes(header("<f4", "(2, 3)"), floats({1, 2, 3, 4, 5, -6.5}), major);
    for (const auto& path : {folder.write("plain.gz", plain), folder.write("zip", gzip(plain))}) {
      const runtime::Tensor array = read_npy(path);
      EXPECT_EQ(array, runtime::Tensor::from<float>({1, 2, 3, 4, 5, -6.5}, {2, 3}));
    }
  }
}

TEST(Npy, ReadsMoreThanOneChunk) {
  const std::vector<float> values(700'000, 0.25f);
  const Bytes packed = gzip(npy_bytes(header("<f4", "(700000,)"), floats(values)));
  EXPECT_EQ(parse(packed), runtime::Tensor::from(values, {700'000}));
}

TEST(Npy, ReadsNumbersAndNoRows) {
  EXPECT_EQ(parse(npy_bytes(header("|u1", "()"), {7})), runtime::Tensor::from<uint8_t>({7}, {}));
  EXPECT_EQ(parse(npy_bytes(header("<i8", "(0, 4)"), {})).shape(), (std::vector<int64_t>{0, 4}));
}

std::string npy_error(const Bytes& bytes) {
  return error_of([&] { parse(bytes); });
}

TEST(Npy, ErrorsNameTheFile) {
  const Bytes good = npy_bytes(header("<f4", "(2,)"), floats({1, 2}));
  EXPECT_EQ(npy_error({1, 2, 3}), "array: is no .npy file");
  EXPECT_EQ(npy_error(Bytes(good.begin(), good.begin() + 30)), "array: is a damaged .npy file");
  EXPECT_EQ(npy_error(npy_bytes(header("<f4", "(2,)"), floats({1, 2}), 4)),
            "array: is a damaged .npy file");
  EXPECT_EQ(npy_error(npy_bytes(header("<c8", "(2,)"), {})),
            "array: has an element type that is not read, expected <f4, <f8, <i4, <i8, |u1 or |b1");
  EXPECT_EQ(npy_error(npy_bytes("{'descr': '<f4', 'fortran_order': True, 'shape': (1,)}", {})),
            "array: is not in C order");
  EXPECT_EQ(npy_error(npy_bytes(header("<f4", "(-1,)"), {})), "array: has no shape in its header");
  EXPECT_EQ(npy_error(npy_bytes(header("<f4", "(9000000000000, 9000000000000)"), {})),
            "array: is too large");
  for (const size_t bytes : {size_t{4}, size_t{12}}) {
    Bytes data = floats({1, 2, 3});
    data.resize(bytes);
    const Bytes plain = npy_bytes(header("<f4", "(2,)"), data);
    EXPECT_EQ(npy_error(plain), "array: holds " + std::to_string(bytes) +
                                    " bytes of data, its header says otherwise");
    EXPECT_TRUE(has(npy_error(gzip(plain)), "bytes of data, its header says otherwise"));
  }
  EXPECT_TRUE(has(error_of([] { read_npy("/nowhere/x.npy"); }), "/nowhere/x.npy: can't be opened"));
}

}  // namespace
}  // namespace lathe::data
