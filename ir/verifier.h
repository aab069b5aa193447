// What every module must hold.
#pragma once

#include <string>

#include "ir/graph.h"

namespace lathe::ir {

/// Why a type is too large to be handled, or an empty text: at most 8 dimensions and 2^40 elements,
/// a symbol counted as 1.
std::string size_problem(const TensorType& type);

}  // namespace lathe::ir
