// Keras calls one thing by two names: `GlorotUniform`, the class, and `glorot_uniform`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lathe::detail {

/// Whether both are the same name, as a class or not: case and underscores don't count.
bool same_keras_name(std::string_view a, std::string_view b);

/// Keras's names of layers may have what names of states here may not: `a/b-1` becomes `a_b_1`.
std::string plain_layer_name(std::string name);
/// Those of a model's layers, which stay different where they are: of several that become `a_b` the
/// one that Keras calls so, otherwise the first, is `a_b`, and the next are `a_b_1`, `a_b_2`, ….
/// Names that are the same stay the same, and empty ones empty.
std::vector<std::string> plain_layer_names(const std::vector<std::string>& names);

}  // namespace lathe::detail
