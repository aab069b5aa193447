// Names, shapes and amounts of work of the kernels.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/bench/kernels/kernel_work.h"

namespace lathe::bench {

struct KernelInfo {
  KernelKind kind;
  std::string_view text;
  bool contraction;
  std::string_view meaning;
};
std::span<const KernelInfo> kernel_table();
const KernelInfo& kernel_info(KernelKind kind);

struct ActivationInfo {
  Activation activation;
  std::string_view text, gradient, op;
};
std::span<const ActivationInfo> activation_table();
const ActivationInfo& activation_info(Activation activation);

/// `100x784x500`, each from 1 to 65536 and the largest matrix within 2^28 numbers. Error otherwise.
KernelShape parse_shape(const std::string& text);
std::string shape_text(const KernelShape& shape);
/// Layers that people train, and one product each that is square and tall.
std::vector<KernelShape> usual_shapes();
/// M from 1 to 4096, K and N from 1 to 2048, each as likely between 1 and 2 as between 1024 and
/// 2048. The same for the same seed; the first ones are the same whatever `count`.
std::vector<KernelShape> random_shapes(int64_t count, uint64_t seed);

/// Columns of the kernel's matrix result.
int64_t result_columns(const KernelWork& work);
/// Multiplications and additions of the contraction; 0 for a kernel that has none. With `lanes`,
/// columns are counted up to the end of their last vector: what the machine has to do.
double kernel_flops(const KernelWork& work, int64_t lanes = 1);
/// The memory that a run touches, each array once.
double kernel_bytes(const KernelWork& work);

}  // namespace lathe::bench
