// Aligned memory: arenas, scratch, states and tensors all live in an AlignedBuffer.
#pragma once

#include <cstdint>
#include <string>

namespace lathe::runtime {

/// Alignment of every buffer, and of every block planned inside one.
inline constexpr int64_t kAlignment = 64;
/// Bytes after a buffer that vector code may read, but not write. Debug builds keep a canary there.
inline constexpr int64_t kGuardBytes = 64;

enum class Fill { None, Zero };

/// A block of memory, aligned to 64 bytes, or, from 2 MiB on, to 2 MiB and backed by huge pages
/// where the system has them. Movable; empty after a move. Debug builds (LATHE_DEBUG) fence it with
/// canaries and fill new memory that is not zeroed with 0xFF, a NaN.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  /// `what` names the buffer in errors: `out of memory: 1234 bytes for the arena`, an Error.
  explicit AlignedBuffer(int64_t bytes, Fill fill = Fill::Zero, std::string what = "a buffer");
  ~AlignedBuffer();
  AlignedBuffer(AlignedBuffer&& other) noexcept;
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept;

  uint8_t* data() const { return data_; }  ///< null only when default-constructed or moved from
  int64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// Throws InternalError if something wrote just before or behind the buffer. Sees nothing in
  /// builds without LATHE_DEBUG.
  void check_canaries() const;

 private:
  void release();

  uint8_t* data_ = nullptr;
  void* block_ = nullptr;  ///< what the allocator gave; data_ lies inside
  int64_t size_ = 0;
  std::string what_;
};

}  // namespace lathe::runtime
