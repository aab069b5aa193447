// Lathe's side of a kernel: compiled, with its operands in its states.
#pragma once

#include "tools/bench/kernels/kernel_work.h"

namespace lathe::bench {

/// `run(times)` enters compiled code once, for as many steps. Error as kernel_module's.
KernelCall lathe_call(const KernelWork& work, const Operands& operands);

}  // namespace lathe::bench
