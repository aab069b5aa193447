#include "runtime/sha256.h"

// The newer interface reads OpenSSL's configuration first: a millisecond of every start.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <array>

#include "ir/error.h"

namespace lathe::runtime {

namespace {
constexpr size_t kDigestBytes = 32;
}

struct Sha256::State {
  SHA256_CTX context;

  State() { start(); }
  void start() { LATHE_CHECK(SHA256_Init(&context) == 1, "SHA-256 is missing"); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(const void* data, size_t bytes) {
  LATHE_CHECK(SHA256_Update(&state_->context, data, bytes) == 1, "SHA-256 failed");
  return *this;
}

std::string Sha256::hex() {
  std::array<unsigned char, kDigestBytes> digest;
  LATHE_CHECK(SHA256_Final(digest.data(), &state_->context) == 1, "SHA-256 failed");
  state_->start();
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (unsigned char byte : digest) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string sha256_hex(const void* data, size_t bytes) {
  return Sha256().update(data, bytes).hex();
}
std::string sha256_hex(std::string_view text) {
  return sha256_hex(text.data(), text.size());
}

}  // namespace lathe::runtime
