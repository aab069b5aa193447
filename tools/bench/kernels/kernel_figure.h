// The picture of `lathe bench kernels`.
#pragma once

#include <vector>

#include "tools/bench/kernels/kernel_bench.h"
#include "tools/plot/chart.h"

namespace lathe::bench {

/// A panel a kernel, a dot a shape and library: of a contraction the share of the machine's peak by
/// its multiplications and additions, of another kernel GB/s by what it touches.
plot::Figure kernel_figure(const std::vector<KernelRow>& rows, const KernelMachine& machine);

}  // namespace lathe::bench
