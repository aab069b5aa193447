// `lathe bench kernels`.
#pragma once

#include "tools/cli/command.h"

namespace lathe::cli {

Run declare_bench_kernels(Args& args);

}  // namespace lathe::cli
