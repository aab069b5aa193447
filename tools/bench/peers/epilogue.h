// What a Dense layer needs around a matrix product, as loops that the compiler turns into vector
// code. On OpenMP's threads, as the libraries' own work.
#pragma once

#include <omp.h>
#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#include "tools/bench/kernels/kernel_work.h"

namespace lathe::bench {

struct FreeBuffer {
  void operator()(float* p) const { std::free(p); }
};
/// Aligned to 64 bytes, or from 2 MiB on to 2 MiB, in huge pages: as Lathe's own.
using Buffer = std::shared_ptr<float>;

inline Buffer make_buffer(int64_t count) {
  constexpr size_t kHuge = size_t{2} << 20;
  const size_t needed = std::max<size_t>(static_cast<size_t>(count) * sizeof(float), 64);
  const size_t align = needed >= kHuge ? kHuge : 64;
  const size_t bytes = (needed + align - 1) / align * align;
  auto* p = static_cast<float*>(std::aligned_alloc(align, bytes));
  if (!p) throw std::bad_alloc();
  if (align == kHuge) madvise(p, bytes, MADV_HUGEPAGE);
  std::fill_n(p, bytes / 4, 0.0f);
  return Buffer(p, FreeBuffer{});
}

inline Buffer copy_buffer(const float* from, int64_t count) {
  Buffer buffer = make_buffer(count);
  std::copy_n(from, count, buffer.get());
  return buffer;
}

inline std::vector<float> values_of(const Buffer& buffer, int64_t count) {
  return {buffer.get(), buffer.get() + count};
}

/// `body(i)` for 0 to count - 1, neighbours on one thread.
template <class Body>
void in_parallel(int threads, int64_t count, const Body& body) {
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
  for (int64_t i = 0; i < count; ++i) body(i);
}

inline float activate(float x, Activation activation) {
  switch (activation) {
    case Activation::Linear:
      return x;
    case Activation::Relu:
      return x > 0 ? x : 0;
    case Activation::Sigmoid:
      return 1 / (1 + std::exp(-x));
    case Activation::Tanh:
      return std::tanh(x);
  }
  return x;
}

inline float slope(float y, Activation activation) {
  switch (activation) {
    case Activation::Linear:
      return 1;
    case Activation::Relu:
      return y > 0 ? 1.0f : 0.0f;
    case Activation::Sigmoid:
      return y * (1 - y);
    case Activation::Tanh:
      return 1 - y * y;
  }
  return 1;
}

template <Activation A>
void add_and_activate_row(float* to, const float* z, const float* b, int64_t n) {
#pragma omp simd
  for (int64_t j = 0; j < n; ++j) to[j] = activate(z[j] + b[j], A);
}

/// to = activation(z + b); `to` may be z.
inline void add_and_activate(Activation activation, float* to, const float* z, const float* b,
                             int64_t n) {
  switch (activation) {
#define KERNEL_ACTIVATION(name, text, gradient, op) \
  case Activation::name:                            \
    return add_and_activate_row<Activation::name>(to, z, b, n);
#include "tools/bench/kernels/kernel_activations.def"
#undef KERNEL_ACTIVATION
  }
}

template <Activation A>
void multiply_by_slope_row(float* dx, const float* a, int64_t n) {
#pragma omp simd
  for (int64_t j = 0; j < n; ++j) dx[j] *= slope(a[j], A);
}

/// dx *= activation'(a).
inline void multiply_by_slope(Activation activation, float* dx, const float* a, int64_t n) {
  switch (activation) {
#define KERNEL_ACTIVATION(name, text, gradient, op) \
  case Activation::name:                            \
    return multiply_by_slope_row<Activation::name>(dx, a, n);
#include "tools/bench/kernels/kernel_activations.def"
#undef KERNEL_ACTIVATION
  }
}

/// w -= rate * g, n numbers.
inline void subtract_gradient(float* w, const float* g, int64_t n) {
#pragma omp simd
  for (int64_t j = 0; j < n; ++j) w[j] -= kKernelRate * g[j];
}

/// b -= rate * sum over the rows of dz. Threads take columns.
inline void update_bias(int threads, float* b, const float* dz, int64_t m, int64_t n) {
  constexpr int64_t kBlock = 128;
  in_parallel(threads, (n + kBlock - 1) / kBlock, [&](int64_t block) {
    const int64_t first = block * kBlock, count = std::min(kBlock, n - first);
    alignas(64) float sum[kBlock] = {};
    for (int64_t i = 0; i < m; ++i) {
      const float* row = dz + i * n + first;
#pragma omp simd
      for (int64_t j = 0; j < count; ++j) sum[j] += row[j];
    }
    subtract_gradient(b + first, sum, count);
  });
}

/// `once` as a call that can be asked for several. The libraries take as many threads as OpenMP is
/// told here; calls of another number may have run in between.
template <class Once>
KernelCall repeated(std::string how, int threads, Once once, std::function<Results()> results) {
  return {std::move(how),
          [threads, once = std::move(once)](int64_t times) {
            omp_set_num_threads(threads);
            for (int64_t i = 0; i < times; ++i) once();
          },
          std::move(results)};
}

}  // namespace lathe::bench
