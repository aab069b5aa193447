#include "runtime/memory.h"

#include <cstdlib>
#include <cstring>
#include <utility>

#include "ir/error.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace lathe::runtime {

namespace {

constexpr int64_t kHugePage = int64_t{2} << 20;
// No machine has more; asking the allocator for more than it can count would be undefined.
constexpr int64_t kMostBytes = int64_t{1} << 47;
constexpr uint8_t kCanary = 0xC5;

#if defined(LATHE_DEBUG)
constexpr bool kDebug = true;
#else
constexpr bool kDebug = false;
#endif

bool untouched(const uint8_t* p) {
  for (int64_t i = 0; i < kGuardBytes; ++i) {
    if (p[i] != kCanary) return false;
  }
  return true;
}

/// Room for `bytes` from the first address in it that is a multiple of `alignment`; null where there is
/// none. Small alignments are made by hand: glibc's aligned allocation passes by its lists of small free
/// blocks, which takes some 30 ns of a prediction, whose result is a buffer.
void* allocate(int64_t alignment, int64_t bytes) {
  if (alignment == kAlignment) return std::malloc(alignment - 1 + bytes);
  void* block = nullptr;
  return posix_memalign(&block, alignment, bytes) == 0 ? block : nullptr;
}

uint8_t* aligned(void* block, int64_t alignment) {
  const auto address = reinterpret_cast<uintptr_t>(block);
  return static_cast<uint8_t*>(block) + (-address & (alignment - 1));
}

}  // namespace

AlignedBuffer::AlignedBuffer(int64_t bytes, Fill fill, std::string what)
    : size_(bytes), what_(std::move(what)) {
  LATHE_CHECK(bytes >= 0, "negative size for " + what_);
  const int64_t alignment = bytes >= kHugePage ? kHugePage : kAlignment;
  // A canary in front moves the values up by one unit of alignment.
  const int64_t front = kDebug ? alignment : 0;
  if (bytes < kMostBytes) block_ = allocate(alignment, front + bytes + kGuardBytes);
  if (!block_) throw Error("out of memory: " + std::to_string(bytes) + " bytes for " + what_);
  data_ = aligned(block_, alignment) + front;
#if defined(__linux__)
  // Advice only: without huge pages the buffer works as well, so a refusal is no error.
  if (bytes >= kHugePage) madvise(data_, bytes - bytes % kHugePage, MADV_HUGEPAGE);
#endif
  if (fill == Fill::Zero) {
    std::memset(data_, 0, bytes);
  } else if (kDebug) {
    std::memset(data_, 0xFF, bytes);
  }
  if (kDebug) {
    std::memset(data_ - kGuardBytes, kCanary, kGuardBytes);
    std::memset(data_ + bytes, kCanary, kGuardBytes);
  } else {
    std::memset(data_ + bytes, 0, kGuardBytes);
  }
}

AlignedBuffer::~AlignedBuffer() {
  release();
}

AlignedBuffer::AlignedBuffer(AlignedBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      block_(std::exchange(other.block_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      what_(std::move(other.what_)) {}

AlignedBuffer& AlignedBuffer::operator=(AlignedBuffer&& other) noexcept {
  if (this == &other) return *this;
  release();
  data_ = std::exchange(other.data_, nullptr);
  block_ = std::exchange(other.block_, nullptr);
  size_ = std::exchange(other.size_, 0);
  what_ = std::move(other.what_);
  return *this;
}

void AlignedBuffer::release() {
  std::free(block_);
}

void AlignedBuffer::check_canaries() const {
  if (!kDebug || data_ == nullptr) return;
  LATHE_CHECK(untouched(data_ - kGuardBytes), "something wrote in front of " + what_);
  LATHE_CHECK(untouched(data_ + size_),
              "something wrote behind the " + std::to_string(size_) + " bytes of " + what_);
}

}  // namespace lathe::runtime
