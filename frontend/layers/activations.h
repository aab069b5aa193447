// Activations by name: linear, softmax, and every elementwise op of one operand.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ir/builder.h"

namespace lathe::detail {

std::vector<std::string> activation_names();
/// Error, with the nearest name, for an unknown one.
void check_activation(std::string_view name);
/// x: f32[B, ...].
ir::ValueId apply_activation(ir::Builder& b, std::string_view name, ir::ValueId x);

}  // namespace lathe::detail
