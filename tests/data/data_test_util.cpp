#include "tests/data/data_test_util.h"

#include <zlib.h>

#include <fstream>
#include <iterator>

#include "frontend/data/search_path.h"

namespace lathe::data {

namespace fs = std::filesystem;

ScopedVariable::ScopedVariable(const char* name, const std::optional<std::string>& value)
    : name_(name) {
  if (const char* old = std::getenv(name)) old_ = old;
  if (value) {
    ::setenv(name, value->c_str(), 1);
  } else {
    ::unsetenv(name);
  }
}

ScopedVariable::~ScopedVariable() {
  if (old_) {
    ::setenv(name_.c_str(), old_->c_str(), 1);
  } else {
    ::unsetenv(name_.c_str());
  }
}

Bytes read_bytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  Bytes bytes(in ? static_cast<size_t>(in.tellg()) : 0);
  in.seekg(0);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

Bytes gzip(const Bytes& bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  Bytes out(deflateBound(&stream, bytes.size()) + 64);
  stream.next_in = const_cast<uint8_t*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Bytes idx_bytes(const std::vector<uint32_t>& dims, const Bytes& elements) {
  Bytes bytes = {0, 0, 8, static_cast<uint8_t>(dims.size())};
  for (uint32_t d : dims) {
    for (int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<uint8_t>(d >> shift));
  }
  bytes.insert(bytes.end(), elements.begin(), elements.end());
  return bytes;
}

void write_tiny_dataset(const TempFolder& folder, const std::string& name) {
  Bytes train(24), test(12);
  for (size_t i = 0; i < train.size(); ++i) train[i] = static_cast<uint8_t>(i);
  for (size_t i = 0; i < test.size(); ++i) test[i] = static_cast<uint8_t>(100 + i);
  folder.write(name + "/train-images-idx3-ubyte.gz", gzip(idx_bytes({4, 2, 3}, train)));
  folder.write(name + "/train-labels-idx1-ubyte.gz", gzip(idx_bytes({4}, {0, 9, 5, 1})));
  folder.write(name + "/t10k-images-idx3-ubyte.gz", gzip(idx_bytes({2, 2, 3}, test)));
  folder.write(name + "/t10k-labels-idx1-ubyte.gz", gzip(idx_bytes({2}, {7, 3})));
}

std::optional<fs::path> real_dataset(const std::string& name) {
  if (auto found = find_dataset(name)) return found;
  const fs::path root = fs::path(__FILE__).parent_path().parent_path().parent_path();
  for (const fs::path& folder : {root / "data", root / ".." / "shared" / "data"}) {
    std::error_code error;
    if (fs::is_directory(folder / name, error)) return find_dataset(name, folder.string());
  }
  return std::nullopt;
}

}  // namespace lathe::data
