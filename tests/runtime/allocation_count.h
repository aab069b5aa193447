// Counts every allocation of the program, from any thread: the test program brings its own malloc.
#pragma once

#include <cstdint>

#if defined(LATHE_SANITIZED) || !defined(__GLIBC__)
#define LATHE_COUNTS_ALLOCATIONS 0  // a sanitizer's malloc cannot be replaced
#else
#define LATHE_COUNTS_ALLOCATIONS 1
#endif

namespace lathe::runtime {

/// malloc, calloc, realloc, memalign and their like so far; operator new goes through malloc.
int64_t allocations_so_far();

}  // namespace lathe::runtime
