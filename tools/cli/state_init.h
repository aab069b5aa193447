// How states begin in `lathe run`: by their attributes `init` and `value`.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "ir/graph.h"
#include "runtime/tensor.h"

namespace lathe::cli {

/// The first value of each state of `module` that has an `init`: a constant (with `value`) of any
/// type, or an initialiser of `lathe list initializers`, drawn from `seed` as Model draws weights of
/// that seed: state number i of the module is stream i. Error for any other word, naming the state.
std::map<std::string, runtime::Tensor> initial_states(const ir::Module& module, uint64_t seed);

}  // namespace lathe::cli
