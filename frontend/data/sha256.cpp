#include "frontend/data/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <memory>
#include <vector>

#include "frontend/data/byte_source.h"
#include "ir/error.h"

namespace lathe::data {

std::string sha256_of_file(const std::filesystem::path& path) {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                  &EVP_MD_CTX_free);
  LATHE_CHECK(context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1,
              "sha256 is not available");
  FileSource file(path);
  std::vector<uint8_t> buffer(1 << 16);
  while (size_t n = file.read(buffer.data(), buffer.size())) {
    LATHE_CHECK(EVP_DigestUpdate(context.get(), buffer.data(), n) == 1, "sha256 failed");
  }
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  LATHE_CHECK(EVP_DigestFinal_ex(context.get(), digest.data(), &size) == 1, "sha256 failed");
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

}  // namespace lathe::data
