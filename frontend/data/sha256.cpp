#include "frontend/data/sha256.h"

#include <vector>

#include "frontend/data/byte_source.h"
#include "runtime/sha256.h"

namespace lathe::data {

std::string sha256_of_file(const std::filesystem::path& path) {
  runtime::Sha256 hash;
  FileSource file(path);
  std::vector<uint8_t> buffer(1 << 16);
  while (size_t n = file.read(buffer.data(), buffer.size())) hash.update(buffer.data(), n);
  return hash.hex();
}

}  // namespace lathe::data
