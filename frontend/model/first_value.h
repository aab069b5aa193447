// What the states of a step begin with that are no weights.
#pragma once

#include <cstdint>

#include "ir/graph.h"
#include "lathe/array.h"

namespace lathe::detail {

/// By the state's `init`: zeros; constant, which its `value` says; seed, the model's.
Array first_value(const ir::State& state, uint64_t seed);

}  // namespace lathe::detail
