// Layers as Keras writes them: a class, and its config.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "frontend/layers/layer_base.h"

namespace lathe::detail {

/// `{"class_name": "Dense", "config": {"units": 10, …}}` of Keras 3, or of Keras 2. `given_name`:
/// what the name in the config is here (names.h). Error, which begins with `where`, for layers and
/// options that Lathe does not have, unless an option has a value that changes nothing.
LayerPtr layer_from_keras(const nlohmann::ordered_json& j, const std::string& given_name,
                          const std::string& where);
/// Keras 3's form. Error for what Keras does not have.
nlohmann::ordered_json layer_to_keras(const LayerBase& layer, const std::string& name);

/// What Keras 2 calls an option of Keras 3's.
std::string legacy_option_name(std::string_view layer, std::string_view option);

/// `[null, 784]` without the null. Error for other nulls: only the batch may be open.
Dims dims_from_keras(const nlohmann::ordered_json& j, const std::string& where);
nlohmann::ordered_json dims_to_keras(const Dims& dims);

}  // namespace lathe::detail
