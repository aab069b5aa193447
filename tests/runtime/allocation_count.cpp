#include "tests/runtime/allocation_count.h"

#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace {
std::atomic<int64_t> count{0};
}

int64_t lathe::runtime::allocations_so_far() {
  return count.load();
}

#if LATHE_COUNTS_ALLOCATIONS

// glibc lets a program define these and keeps its own under the names with __libc_. Memory from
// either can be freed by glibc's free, which stays.
extern "C" {
void* __libc_malloc(size_t bytes) noexcept;
void* __libc_calloc(size_t n, size_t bytes) noexcept;
void* __libc_realloc(void* block, size_t bytes) noexcept;
void* __libc_memalign(size_t alignment, size_t bytes) noexcept;

void* malloc(size_t bytes) noexcept {
  count.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(bytes);
}
void* calloc(size_t n, size_t bytes) noexcept {
  count.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(n, bytes);
}
void* realloc(void* block, size_t bytes) noexcept {
  count.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(block, bytes);
}
void* memalign(size_t alignment, size_t bytes) noexcept {
  count.fetch_add(1, std::memory_order_relaxed);
  return __libc_memalign(alignment, bytes);
}
void* aligned_alloc(size_t alignment, size_t bytes) noexcept {
  return memalign(alignment, bytes);
}
int posix_memalign(void** block, size_t alignment, size_t bytes) noexcept {
  void* const p = memalign(alignment, bytes);
  if (p == nullptr) return ENOMEM;
  *block = p;
  return 0;
}
}

#endif
