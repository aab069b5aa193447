// libxsmm: its generated products of small matrices, 64 columns of the result at a time, with the
// loops around them on each block while it is in cache. W is cut into such blocks of columns, which
// an update can write as well; the turned W of an input gradient is made anew in each call.
#include <libxsmm.h>

#include <stdexcept>

#include "tools/bench/kernels/peer.h"
#include "tools/bench/peers/epilogue.h"

namespace lathe::bench {
namespace {

constexpr int64_t kColumns = 64;  ///< four registers of 16
constexpr int64_t kRows = 48;
constexpr int64_t kDepth = 512;  ///< 128 KiB of a block of W

int64_t parts(int64_t size, int64_t part) {
  return (size + part - 1) / part;
}

int64_t part_size(int64_t size, int64_t part, int64_t index) {
  return std::min(part, size - index * part);
}

/// C (rows x columns, stride ldc) = A (rows x depth) B (depth x columns), row-major, where the
/// library's own order is the other one. `turned`: A lies as depth x rows.
libxsmm_smmfunction product(int64_t rows, int64_t columns, int64_t depth, int64_t lda, int64_t ldb,
                            int64_t ldc, bool turned, bool add) {
  const auto a = static_cast<libxsmm_blasint>(lda), b = static_cast<libxsmm_blasint>(ldb),
             c = static_cast<libxsmm_blasint>(ldc);
  const float alpha = 1, beta = add ? 1 : 0;
  const int flags = turned ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE;
  const int prefetch = LIBXSMM_GEMM_PREFETCH_NONE;
  const libxsmm_smmfunction made = libxsmm_smmdispatch(
      static_cast<libxsmm_blasint>(columns), static_cast<libxsmm_blasint>(rows),
      static_cast<libxsmm_blasint>(depth), &b, &a, &c, &alpha, &beta, &flags, &prefetch);
  if (!made) throw std::runtime_error("no code is generated for this product");
  return made;
}

/// The products that blocks of a matrix of `rows` x `columns` need: whole and last in each direction.
class Products {
 public:
  Products(int64_t rows, int64_t columns, int64_t depth, int64_t lda, int64_t ldc, bool turned)
      : rows_(rows), columns_(columns), depth_(depth), lda_(lda), turned_(turned) {
    for (const int last_row : {0, 1}) {
      for (const int last_column : {0, 1}) {
        for (const int last_depth : {0, 1}) {
          for (const int add : {0, 1}) {
            const int64_t r = last_row ? tail(rows, kRows) : std::min(rows, kRows);
            const int64_t c = last_column ? tail(columns, kColumns) : std::min(columns, kColumns);
            const int64_t d = last_depth ? tail(depth, kDepth) : std::min(depth, kDepth);
            const int64_t stride = ldc ? ldc : c;
            made_[last_row][last_column][last_depth][add] =
                product(r, c, d, lda, turned ? columns : c, stride, turned, add == 1);
          }
        }
      }
    }
  }

  /// The block at row block i and column block j; `b` is its first row of B, `b_step` what lies
  /// from one row of B to the next.
  void run(int64_t i, int64_t j, const float* a, const float* b, int64_t b_step, float* c) const {
    const bool last_row = i == parts(rows_, kRows) - 1;
    const bool last_column = j == parts(columns_, kColumns) - 1;
    const int64_t count = parts(depth_, kDepth);
    for (int64_t d = 0; d < count; ++d) {
      const float* from =
          a + (turned_ ? d * kDepth * lda_ + i * kRows : i * kRows * lda_ + d * kDepth);
      made_[last_row][last_column][d == count - 1][d > 0](b + d * kDepth * b_step, from, c);
    }
  }

 private:
  static int64_t tail(int64_t size, int64_t part) {
    return part_size(size, part, parts(size, part) - 1);
  }

  int64_t rows_, columns_, depth_, lda_;
  bool turned_;
  libxsmm_smmfunction made_[2][2][2][2];
};

/// Cuts a matrix of rows x columns, row-major, into blocks of columns, each row-major.
void cut(int threads, float* to, const float* from, int64_t rows, int64_t columns) {
  in_parallel(threads, parts(columns, kColumns), [&](int64_t j) {
    const int64_t count = part_size(columns, kColumns, j);
    float* block = to + j * kColumns * rows;
    for (int64_t i = 0; i < rows; ++i) {
      std::copy_n(from + i * columns + j * kColumns, count, block + i * count);
    }
  });
}

std::vector<float> joined(const Buffer& blocks, int64_t rows, int64_t columns) {
  std::vector<float> matrix(static_cast<size_t>(rows * columns));
  for (int64_t j = 0; j < parts(columns, kColumns); ++j) {
    const int64_t count = part_size(columns, kColumns, j);
    const float* block = blocks.get() + j * kColumns * rows;
    for (int64_t i = 0; i < rows; ++i) {
      std::copy_n(block + i * count, count, matrix.data() + i * columns + j * kColumns);
    }
  }
  return matrix;
}

/// The blocks of the turned matrix from the blocks of one of rows x columns: N x K from K x N.
void turn(int threads, float* to, const float* blocks, int64_t rows, int64_t columns) {
  in_parallel(threads, parts(rows, kColumns), [&](int64_t j) {
    const int64_t width = part_size(rows, kColumns, j);
    float* block = to + j * kColumns * columns;
    for (int64_t p = 0; p < parts(columns, kColumns); ++p) {
      const int64_t count = part_size(columns, kColumns, p);
      const float* from = blocks + p * kColumns * rows + j * kColumns * count;
      libxsmm_otrans(block + p * kColumns * width, from, sizeof(float),
                     static_cast<libxsmm_blasint>(count), static_cast<libxsmm_blasint>(width),
                     static_cast<libxsmm_blasint>(count), static_cast<libxsmm_blasint>(width));
    }
  });
}

class Xsmm : public Peer {
 public:
  Xsmm() { libxsmm_init(); }
  std::string version() const override {
    return LIBXSMM_VERSION ", code for " + std::string(libxsmm_get_target_arch());
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
  /// Down the rows with one block of W in cache: `body(i, j)`.
  template <class Body>
  static void each_block(int threads, int64_t rows, int64_t columns, const Body& body) {
    const int64_t down = parts(rows, kRows);
    in_parallel(threads, down * parts(columns, kColumns),
                [&](int64_t block) { body(block % down, block / down); });
  }

  static KernelCall forward(const KernelWork& work, const Operands& o) {
    const int64_t m = work.shape.m, k = work.shape.k, n = work.shape.n;
    Buffer y = make_buffer(m * n), w = make_buffer(k * n);
    cut(work.threads, w.get(), o.w, k, n);
    const Products products(m, n, k, k, n, false);
    const auto once = [=] {
      each_block(work.threads, m, n, [&](int64_t i, int64_t j) {
        const int64_t count = part_size(n, kColumns, j);
        float* c = y.get() + i * kRows * n + j * kColumns;
        products.run(i, j, o.x, w.get() + j * kColumns * k, count, c);
        for (int64_t r = 0; r < part_size(m, kRows, i); ++r) {
          add_and_activate(work.activation, c + r * n, c + r * n, o.b + j * kColumns, count);
        }
      });
    };
    return repeated("", work.threads, once, [=] { return Results{values_of(y, m * n), {}}; });
  }

  static KernelCall input_gradient(const KernelWork& work, const Operands& o) {
    const int64_t m = work.shape.m, k = work.shape.k, n = work.shape.n;
    Buffer dx = make_buffer(m * k), w = make_buffer(k * n), turned = make_buffer(k * n);
    cut(work.threads, w.get(), o.w, k, n);
    const Products products(m, k, n, n, k, false);
    const auto once = [=] {
      turn(work.threads, turned.get(), w.get(), k, n);
      each_block(work.threads, m, k, [&](int64_t i, int64_t j) {
        const int64_t count = part_size(k, kColumns, j);
        float* c = dx.get() + i * kRows * k + j * kColumns;
        products.run(i, j, o.dz, turned.get() + j * kColumns * n, count, c);
        for (int64_t r = 0; r < part_size(m, kRows, i); ++r) {
          multiply_by_slope(work.activation, c + r * k, o.a + (i * kRows + r) * k + j * kColumns,
                            count);
        }
      });
    };
    return repeated("", work.threads, once, [=] { return Results{values_of(dx, m * k), {}}; });
  }

  static KernelCall weight_gradient(const KernelWork& work, const Operands& o) {
    const int64_t m = work.shape.m, k = work.shape.k, n = work.shape.n;
    Buffer w = make_buffer(k * n), b = copy_buffer(o.b, n);
    cut(work.threads, w.get(), o.w, k, n);
    const Products products(k, n, m, k, 0, true);
    const auto once = [=] {
      each_block(work.threads, k, n, [&](int64_t i, int64_t j) {
        const int64_t count = part_size(n, kColumns, j), rows = part_size(k, kRows, i);
        alignas(64) float gradient[kRows * kColumns];
        products.run(i, j, o.x, o.dz + j * kColumns, n, gradient);
        subtract_gradient(w.get() + j * kColumns * k + i * kRows * count, gradient, rows * count);
      });
      update_bias(work.threads, b.get(), o.dz, m, n);
    };
    return repeated("", work.threads, once,
                    [=] { return Results{joined(w, k, n), values_of(b, n)}; });
  }
};

}  // namespace
}  // namespace lathe::bench

extern "C" lathe::bench::Peer* lathe_peer() {
  static lathe::bench::Xsmm xsmm;
  return &xsmm;
}
