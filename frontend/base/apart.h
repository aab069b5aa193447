// Work that may go wrong in any way, done in a process of its own: a library that reads files it can't
// trust and does not withstand all of them.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

namespace lathe::detail {

/// Memory that a process and those forked from it see alike; zeros at first.
class SharedMemory {
 public:
  /// Error when there is not so much.
  explicit SharedMemory(size_t bytes);
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  template <class T>
  std::span<T> as() const {
    return {static_cast<T*>(data_), bytes_ / sizeof(T)};
  }

 private:
  void* data_ = nullptr;
  size_t bytes_;
};

/// Calls `work` in a process forked from this one, and waits for it. Nothing that it does is seen
/// here but what it writes to SharedMemory. An Error that it throws is thrown here. When it ends in
/// any other way, or takes more than `seconds` of processor time, Error `failure`. What it writes to
/// standard error is lost.
/// The process has the calling thread alone, so `work` must not wait for others; nor use a GPU.
void run_apart(const std::function<void()>& work, unsigned seconds, const std::string& failure);

}  // namespace lathe::detail
