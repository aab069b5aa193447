// A kernel as a module of IR, by the pipeline's own fusion and layouts.
#pragma once

#include "ir/graph.h"
#include "passes/pass.h"
#include "tools/bench/kernels/kernel_work.h"

namespace lathe::bench {

/// At stage `built`. One function `run` without parameters: all it reads and writes are states,
/// which lie as in a training step of a network of such layers. States: those of Operands by name,
/// `rate` for an update, and the result: `y`, `dx`, or `g` (of z) and `loss`.
ir::Module kernel_source(const KernelWork& work);

/// Error, with what the passes said, unless the work's product, or its walk over rows, is one kernel.
/// Matrices of one row or one column may need several.
void require_one_kernel(const ir::Module& module, const KernelWork& work,
                        const passes::Remarks& remarks);

/// The source at stage `planned`, for this machine. Error as require_one_kernel's.
ir::Module kernel_module(const KernelWork& work);

}  // namespace lathe::bench
