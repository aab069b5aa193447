#include "tools/bench/kernels/kernel_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "ir/error.h"
#include "ir/text_number.h"
#include "runtime/philox.h"

namespace lathe::bench {
namespace {

constexpr KernelInfo kKernels[] = {
#define KERNEL(name, text, contraction, meaning) {KernelKind::name, text, contraction, meaning},
#include "tools/bench/kernels/kernel_kinds.def"
#undef KERNEL
};

constexpr ActivationInfo kActivations[] = {
#define KERNEL_ACTIVATION(name, text, gradient, op) {Activation::name, text, gradient, op},
#include "tools/bench/kernels/kernel_activations.def"
#undef KERNEL_ACTIVATION
};

constexpr int64_t kLargestSide = 65536, kLargestMatrix = int64_t{1} << 28;

[[noreturn]] void bad_shape(const std::string& text, const std::string& expected) {
  throw Error(fmt::format("the shape is '{}', expected {}", text, expected));
}

/// From 1 to `most`, each power of two as likely as the next.
int64_t log_uniform(uint64_t seed, uint64_t element, int64_t most) {
  const double unit = runtime::uniform_at(seed, 0, 0, element);
  const double value = std::exp2(unit * std::log2(static_cast<double>(most) + 1));
  return std::clamp<int64_t>(static_cast<int64_t>(value), 1, most);
}

}  // namespace

std::span<const KernelInfo> kernel_table() {
  return kKernels;
}

const KernelInfo& kernel_info(KernelKind kind) {
  return kKernels[static_cast<size_t>(kind)];
}

std::span<const ActivationInfo> activation_table() {
  return kActivations;
}

const ActivationInfo& activation_info(Activation activation) {
  return kActivations[static_cast<size_t>(activation)];
}

KernelShape parse_shape(const std::string& text) {
  int64_t sides[3] = {0, 0, 0};
  size_t from = 0;
  for (int i = 0; i < 3; ++i) {
    const size_t to = i < 2 ? text.find('x', from) : text.size();
    const auto side = to == std::string::npos
                          ? std::nullopt
                          : ir::text_to_integer(std::string_view(text).substr(from, to - from));
    if (!side || *side < 1 || *side > kLargestSide) {
      bad_shape(text, fmt::format("MxKxN, such as 100x784x500, each from 1 to {}", kLargestSide));
    }
    sides[i] = *side;
    from = to + 1;
  }
  const KernelShape s = {sides[0], sides[1], sides[2]};
  if (std::max({s.m * s.k, s.k * s.n, s.m * s.n}) > kLargestMatrix) {
    bad_shape(text, fmt::format("matrices of at most {} numbers", kLargestMatrix));
  }
  return s;
}

std::string shape_text(const KernelShape& s) {
  return fmt::format("{}x{}x{}", s.m, s.k, s.n);
}

std::vector<KernelShape> usual_shapes() {
  return {{100, 784, 500}, {100, 500, 500},    {128, 784, 512},
          {32, 120, 64},   {1000, 1000, 1000}, {4096, 512, 512}};
}

std::vector<KernelShape> random_shapes(int64_t count, uint64_t seed) {
  std::vector<KernelShape> shapes;
  for (int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<uint64_t>(3 * i);
    shapes.push_back({log_uniform(seed, at, 4096), log_uniform(seed, at + 1, 2048),
                      log_uniform(seed, at + 2, 2048)});
  }
  return shapes;
}

int64_t result_columns(const KernelWork& work) {
  return work.kind == KernelKind::InputGradient ? work.shape.k : work.shape.n;
}

double kernel_flops(const KernelWork& work, int64_t lanes) {
  if (!kernel_info(work.kind).contraction) return 0;
  const int64_t columns = result_columns(work);
  const auto padded = static_cast<double>((columns + lanes - 1) / lanes * lanes);
  const KernelShape& s = work.shape;
  return 2.0 * static_cast<double>(s.m) * static_cast<double>(s.k) * static_cast<double>(s.n) *
         padded / static_cast<double>(columns);
}

double kernel_bytes(const KernelWork& work) {
  const auto m = static_cast<double>(work.shape.m), k = static_cast<double>(work.shape.k),
             n = static_cast<double>(work.shape.n);
  switch (work.kind) {
    case KernelKind::Forward:
    case KernelKind::WeightGradient:
      return 4 * (m * k + k * n + n + m * n);
    case KernelKind::InputGradient:
      return 4 * (m * n + k * n + 2 * m * k);
    case KernelKind::SoftmaxLoss:
      return 4 * (3 * m * n + m);
    case KernelKind::Elementwise:
      return 4 * (2 * m * n + n);
  }
  return 0;
}

}  // namespace lathe::bench
