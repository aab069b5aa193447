#include "tools/bench/peak.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "runtime/worker_team.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace lathe::bench {
namespace {

/// Independent chains: enough to hide the latency of a multiply-add on two ports.
constexpr int kChains = 12;

/// Does `count` rounds of kChains multiply-adds; returns their sum, so that none can be left out.
using Loop = float (*)(int64_t count);

struct Kernel {
  Loop run;
  int lanes;  ///< f32 numbers of a register
};

float portable_loop(int64_t count) {
  float a[kChains * 4];
  for (int i = 0; i < kChains * 4; ++i) a[i] = static_cast<float>(i);
  for (int64_t k = 0; k < count; ++k) {
    for (float& v : a) v = v * 1.0000001f + 1e-9f;
  }
  float sum = 0;
  for (float v : a) sum += v;
  return sum;
}

#if defined(__x86_64__)
// The accumulators are named one by one: as an array, the compiler would keep them in memory. A
// macro, not a template: the instruction set is an attribute of the function.
#define LATHE_EACH(F) F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11)
#define LATHE_DEFINE(i) a##i = y * float(i),
#define LATHE_STEP(i) a##i = LATHE_FMA(a##i, x, y);
#define LATHE_SUM(i) sum += a##i;
#define LATHE_LOOP(name, isa, Vector, set)                 \
  __attribute__((target(isa))) float name(int64_t count) { \
    const Vector x = set(1.0000001f), y = set(1e-9f);      \
    Vector LATHE_EACH(LATHE_DEFINE) sum = set(0);          \
    for (int64_t k = 0; k < count; ++k) {                  \
      LATHE_EACH(LATHE_STEP)                               \
    }                                                      \
    LATHE_EACH(LATHE_SUM)                                  \
    return sum[0];                                         \
  }

#define LATHE_FMA _mm512_fmadd_ps
LATHE_LOOP(avx512_loop, "avx512f", __m512, _mm512_set1_ps)
#undef LATHE_FMA
#define LATHE_FMA _mm256_fmadd_ps
LATHE_LOOP(avx2_loop, "avx2,fma", __m256, _mm256_set1_ps)
#undef LATHE_FMA
#endif

Kernel widest() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return {avx512_loop, 16};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {avx2_loop, 8};
#endif
  return {portable_loop, 4};
}

/// GFLOP/s of the best of several rounds.
double best_round(const Kernel& kernel) {
  using Clock = std::chrono::steady_clock;
  constexpr int64_t kCount = 400'000;
  double best = 0;
  float keep = 0;
  const auto end = Clock::now() + std::chrono::milliseconds(150);
  do {
    const auto start = Clock::now();
    keep += kernel.run(kCount);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    best = std::max(best, 2e-9 * kernel.lanes * kChains * kCount / seconds);
  } while (Clock::now() < end);
  return keep == 12345.0f ? 0 : best;
}

}  // namespace

double peak_gflops(int threads) {
  const int count = std::clamp(threads, 1, runtime::usable_cores());
  const Kernel kernel = widest();
  std::vector<double> each(static_cast<size_t>(count));
  std::atomic<int> waiting{count};
  std::vector<std::thread> team;
  for (int i = 0; i < count; ++i) {
    team.emplace_back([&, i] {
      waiting.fetch_sub(1);
      while (waiting.load() > 0) std::this_thread::yield();
      each[static_cast<size_t>(i)] = best_round(kernel);
    });
  }
  double sum = 0;
  for (int i = 0; i < count; ++i) {
    team[static_cast<size_t>(i)].join();
    sum += each[static_cast<size_t>(i)];
  }
  return sum;
}

}  // namespace lathe::bench
