// What `lathe bench kernels` is asked to time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/bench/kernels/kernel_rounds.h"
#include "tools/bench/kernels/kernel_work.h"
#include "tools/cli/args.h"

namespace lathe::cli {

struct KernelOptions {
  std::vector<std::string> shapes;
  std::string kernels, activation = "sigmoid";
  std::optional<std::string> plot;
  int64_t random = 20, seed = 1, threads = 0, rounds = 5;
  double seconds = 0.03;
  bool json = false, csv = false;
};

void declare_kernel_options(Args& args, KernelOptions& options);

/// Every kernel with every shape, kernel by kernel. UsageError for a shape or a kernel that makes
/// no sense, and where two options contradict each other.
std::vector<bench::KernelWork> asked_kernels(const KernelOptions& options, const Args& args);

bench::RoundOptions round_options(const KernelOptions& options, int threads);

}  // namespace lathe::cli
