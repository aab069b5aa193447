// SHA-256, for checksums of files and for cache keys.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace lathe::runtime {

/// Feed it in pieces of any size, then ask for the digest once.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  Sha256& update(const void* data, size_t bytes);
  Sha256& update(std::string_view text) { return update(text.data(), text.size()); }
  /// 64 lower-case hexadecimal digits. Starts over: the next update belongs to a new digest.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(const void* data, size_t bytes);
std::string sha256_hex(std::string_view text);

}  // namespace lathe::runtime
