#include "tools/bench/bandwidth.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <thread>
#include <vector>

#include "runtime/memory.h"
#include "runtime/worker_team.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace lathe::bench {
namespace {

/// Reads whole kilobytes; returns something made of all of them, so that none can be left out.
using Loop = float (*)(const float* from, int64_t kilobytes);

float portable_loop(const float* from, int64_t kilobytes) {
  float sum[16] = {};
  for (int64_t i = 0; i < kilobytes * 256; i += 16) {
    for (int j = 0; j < 16; ++j) sum[j] += from[i + j];
  }
  float all = 0;
  for (float s : sum) all += s;
  return all;
}

#if defined(__x86_64__)
// Eight sums: a load has to wait for none of them.
#define LATHE_READ_LOOP(name, isa, Vector, lanes, load, add, zero)                     \
  __attribute__((target(isa))) float name(const float* from, int64_t kilobytes) {      \
    Vector a = zero(), b = a, c = a, d = a, e = a, f = a, g = a, h = a;                \
    for (const float* end = from + kilobytes * 256; from < end; from += 8 * (lanes)) { \
      a = add(a, load(from));                                                          \
      b = add(b, load(from + (lanes)));                                                \
      c = add(c, load(from + 2 * (lanes)));                                            \
      d = add(d, load(from + 3 * (lanes)));                                            \
      e = add(e, load(from + 4 * (lanes)));                                            \
      f = add(f, load(from + 5 * (lanes)));                                            \
      g = add(g, load(from + 6 * (lanes)));                                            \
      h = add(h, load(from + 7 * (lanes)));                                            \
    }                                                                                  \
    return (a + b + c + d + e + f + g + h)[0];                                         \
  }
LATHE_READ_LOOP(avx512_loop, "avx512f", __m512, 16, _mm512_load_ps, _mm512_add_ps,
                _mm512_setzero_ps)
LATHE_READ_LOOP(avx_loop, "avx", __m256, 8, _mm256_load_ps, _mm256_add_ps, _mm256_setzero_ps)
#endif

Loop widest() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return avx512_loop;
  if (__builtin_cpu_supports("avx")) return avx_loop;
#endif
  return portable_loop;
}

}  // namespace

double read_gbs(int threads, int64_t bytes) {
  using Clock = std::chrono::steady_clock;
  constexpr int64_t kLong = int64_t{64} << 20;  // for which two rounds are enough
  const int rounds = bytes > kLong ? 2 : 5;
  constexpr double kRoundBytes = 64e6;  // read in one round, at least
  const int count = std::clamp(threads, 1, runtime::usable_cores());
  const int64_t kilobytes = std::max<int64_t>(1, bytes / 1024 / count);
  const auto times = std::max<int64_t>(
      1, static_cast<int64_t>(kRoundBytes / static_cast<double>(kilobytes * 1024 * count)));
  const Loop loop = widest();
  std::barrier meet(count);
  std::atomic<float> keep{0};
  double best = 0;
  const auto work = [&](int thread) {
    const runtime::AlignedBuffer buffer(kilobytes * 1024, runtime::Fill::None);
    auto* from = reinterpret_cast<float*>(buffer.data());
    std::fill_n(from, kilobytes * 256, 1.0f);  // pages that are only read may all be one
    float sum = 0;
    for (int round = 0; round < rounds; ++round) {
      meet.arrive_and_wait();
      const auto start = Clock::now();
      for (int64_t i = 0; i < times; ++i) sum += loop(from, kilobytes);
      meet.arrive_and_wait();
      const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
      const double read = static_cast<double>(kilobytes * 1024 * count * times);
      if (thread == 0) best = std::max(best, 1e-9 * read / seconds);
    }
    if (sum == 12345.0f) keep.store(sum);
  };
  std::vector<std::thread> team;
  for (int i = 1; i < count; ++i) team.emplace_back(work, i);
  work(0);
  for (std::thread& t : team) t.join();
  return best;
}

int64_t memory_bytes() {
  int64_t largest = 0;
#ifdef _SC_LEVEL3_CACHE_SIZE
  largest = std::max<int64_t>(sysconf(_SC_LEVEL2_CACHE_SIZE), sysconf(_SC_LEVEL3_CACHE_SIZE));
#endif
  return std::clamp(largest * 5 / 4, int64_t{64} << 20, int64_t{256} << 20);
}

}  // namespace lathe::bench
