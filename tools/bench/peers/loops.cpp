// Plain loops, as a C++ programmer would write them and the compiler vectorises them: the peer where
// no library has the kernel.
#include "tools/bench/kernels/peer.h"
#include "tools/bench/peers/epilogue.h"

namespace lathe::bench {
namespace {

float softmax_row(float* g, const float* z, const float* t, int64_t n, float scale) {
  float most = z[0], sum = 0, loss = 0;
#pragma omp simd reduction(max : most)
  for (int64_t j = 0; j < n; ++j) most = z[j] > most ? z[j] : most;
#pragma omp simd reduction(+ : sum)
  for (int64_t j = 0; j < n; ++j) sum += g[j] = std::exp(z[j] - most);
  const float log_sum = most + std::log(sum), part = 1 / sum;
#pragma omp simd reduction(+ : loss)
  for (int64_t j = 0; j < n; ++j) {
    loss += t[j] * (log_sum - z[j]);
    g[j] = (g[j] * part - t[j]) * scale;
  }
  return loss;
}

class Loops : public Peer {
 public:
  std::string version() const override {
    return "GCC " __VERSION__ " -O3 -march=native -ffast-math";
  }

  std::vector<KernelCall> calls(const KernelWork& work, const Operands& o) override {
    const int64_t m = work.shape.m, n = work.shape.n;
    const int threads = work.threads;
    const Activation activation = work.activation;
    Buffer g = make_buffer(m * n);
    if (work.kind == KernelKind::SoftmaxLoss) {
      Buffer loss = make_buffer(m);
      return {repeated(
          "", threads,
          [=] {
            in_parallel(threads, m, [&](int64_t i) {
              loss.get()[i] = softmax_row(g.get() + i * n, o.z + i * n, o.t + i * n, n,
                                          1 / static_cast<float>(m));
            });
          },
          [=] { return Results{values_of(g, m * n), values_of(loss, m)}; })};
    }
    if (work.kind == KernelKind::Elementwise) {
      return {repeated(
          "", threads,
          [=] {
            in_parallel(threads, m, [&](int64_t i) {
              add_and_activate(activation, g.get() + i * n, o.z + i * n, o.b, n);
            });
          },
          [=] { return Results{values_of(g, m * n), {}}; })};
    }
    return {};
  }
};

}  // namespace
}  // namespace lathe::bench

extern "C" lathe::bench::Peer* lathe_peer() {
  static lathe::bench::Loops loops;
  return &loops;
}
