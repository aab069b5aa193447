// Keras calls one thing by two names: `GlorotUniform`, the class, and `glorot_uniform`.
#pragma once

#include <string>
#include <string_view>

namespace lathe::detail {

/// `GlorotUniform` of `glorot_uniform`, `L1L2` of `l1_l2`.
std::string keras_class(std::string_view name);
/// Whether both are the same name, as a class or not: case and underscores don't count.
bool same_keras_name(std::string_view a, std::string_view b);

/// Keras's names of layers may have what names of states here may not: `a/b-1` becomes `a_b_1`.
std::string plain_layer_name(std::string name);

}  // namespace lathe::detail
