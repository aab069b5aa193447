// Random modules for tests of every layer: the same seed makes the same module everywhere.
//
// They are at stage `built`: one to three functions over a few states, every op of ops.def and
// every row of elementwise.def, B and fixed shapes, f32 and f64, dead code, assigns, in some
// functions a minimize or an update. Numbers stay moderate for parameters and states within [-3,
// 3]: arguments of exp, log, division and the like are kept where those are tame.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/graph.h"

namespace lathe::ir {

/// Dimensions are drawn from `sizes`, where there are any, and are 1 to 5 otherwise.
Module random_module(uint64_t seed, const std::vector<int64_t>& sizes = {});

}  // namespace lathe::ir
