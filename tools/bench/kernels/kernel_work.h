// One kernel of one shape: what `lathe bench kernels` times, and how much work that is. Shared with
// the peers' modules, so this header needs nothing of Lathe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace lathe::bench {

enum class KernelKind : uint8_t {
#define KERNEL(name, text, contraction, meaning) name,
#include "tools/bench/kernels/kernel_kinds.def"
#undef KERNEL
};

enum class Activation : uint8_t {
#define KERNEL_ACTIVATION(name, text, gradient, op) name,
#include "tools/bench/kernels/kernel_activations.def"
#undef KERNEL_ACTIVATION
};

/// x is M x K, W is K x N, y is M x N.
struct KernelShape {
  int64_t m = 1, k = 1, n = 1;
  friend bool operator==(const KernelShape&, const KernelShape&) = default;
};

struct KernelWork {
  KernelKind kind = KernelKind::Forward;
  Activation activation = Activation::Sigmoid;
  KernelShape shape;
  int threads = 1;
};

/// Of the update in a weight gradient.
inline constexpr float kKernelRate = 1e-3f;

/// What a kernel reads: row-major, contiguous, 64-byte aligned, numbers of both signs. Those that
/// it does not read are null.
struct Operands {
  const float* x = nullptr;   ///< M x K
  const float* w = nullptr;   ///< K x N; at the beginning, where the kernel updates it
  const float* b = nullptr;   ///< N; the same
  const float* dz = nullptr;  ///< M x N
  const float* a = nullptr;   ///< M x K: results of the activation whose derivative is taken
  const float* z = nullptr;   ///< M x N
  const float* t = nullptr;   ///< M x N: one 1 a row
};

/// What one run of a kernel made, row-major: y, dx, W or dz, and beside it b or the losses.
struct Results {
  std::vector<float> matrix, vector;
};

/// One way to do a kernel's work, ready to run.
struct KernelCall {
  std::string how;  ///< where there are several ways: which one
  std::function<void(int64_t times)> run;
  std::function<Results()> results;
};

}  // namespace lathe::bench
