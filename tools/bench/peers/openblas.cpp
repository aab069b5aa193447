// OpenBLAS: cblas_sgemm, and loops for what stands around the product. The weight gradient's update
// is in the product itself: alpha is the negative rate, beta 1.
#include <cblas.h>

#include "tools/bench/kernels/peer.h"
#include "tools/bench/peers/epilogue.h"

namespace lathe::bench {
namespace {

class OpenBlas : public Peer {
 public:
  std::string version() const override {
    const char* const threading[] = {"one thread", "pthreads", "OpenMP"};
    const int kind = openblas_get_parallel();
    return std::string(openblas_get_config()) + ", kernels for " + openblas_get_corename() + ", " +
           (kind >= 0 && kind < 3 ? threading[kind] : "unknown threads");
  }

  std::vector<KernelCall> calls(const KernelWork& work, const Operands& operands) override {
    switch (work.kind) {
      case KernelKind::Forward:
        return {forward(work, operands)};
      case KernelKind::InputGradient:
        return {input_gradient(work, operands)};
      case KernelKind::WeightGradient:
        return {weight_gradient(work, operands)};
      case KernelKind::SoftmaxLoss:
      case KernelKind::Elementwise:
        return {};
    }
    return {};
  }

 private:
  static KernelCall forward(const KernelWork& work, const Operands& o) {
    const int64_t m = work.shape.m, k = work.shape.k, n = work.shape.n;
    Buffer y = make_buffer(m * n);
    const auto once = [=] {
      openblas_set_num_threads(work.threads);
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, o.x, k, o.w, n, 0, y.get(),
                  n);
      in_parallel(work.threads, m, [&](int64_t i) {
        float* row = y.get() + i * n;
        add_and_activate(work.activation, row, row, o.b, n);
      });
    };
    return repeated("", work.threads, once, [=] { return Results{values_of(y, m * n), {}}; });
  }

  static KernelCall input_gradient(const KernelWork& work, const Operands& o) {
    const int64_t m = work.shape.m, k = work.shape.k, n = work.shape.n;
    Buffer dx = make_buffer(m * k);
    const auto once = [=] {
      openblas_set_num_threads(work.threads);
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, k, n, 1, o.dz, n, o.w, n, 0, dx.get(),
                  k);
      in_parallel(work.threads, m, [&](int64_t i) {
        multiply_by_slope(work.activation, dx.get() + i * k, o.a + i * k, k);
      });
    };
    return repeated("", work.threads, once, [=] { return Results{values_of(dx, m * k), {}}; });
  }

  static KernelCall weight_gradient(const KernelWork& work, const Operands& o) {
    const int64_t m = work.shape.m, k = work.shape.k, n = work.shape.n;
    Buffer w = copy_buffer(o.w, k * n), b = copy_buffer(o.b, n);
    const auto once = [=] {
      openblas_set_num_threads(work.threads);
      cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, k, n, m, -kKernelRate, o.x, k, o.dz, n,
                  1, w.get(), n);
      update_bias(work.threads, b.get(), o.dz, m, n);
    };
    return repeated("", work.threads, once,
                    [=] { return Results{values_of(w, k * n), values_of(b, n)}; });
  }
};

}  // namespace
}  // namespace lathe::bench

extern "C" lathe::bench::Peer* lathe_peer() {
  static lathe::bench::OpenBlas openblas;
  return &openblas;
}
