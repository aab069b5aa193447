// Options of layers as JSON values, with the place in every error.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "frontend/layers/layer_base.h"

namespace lathe::detail {

/// Text as JSON, at most 64 levels deep and without comments. Error that says where it breaks.
nlohmann::ordered_json parse_json(std::string_view text, const std::string& source);

/// `[784]`. Error unless it is a list of whole numbers.
Dims dims_from_json(const nlohmann::ordered_json& j, const std::string& where);

/// `{"type": "Dense", "units": 10, …}`.
LayerPtr layer_from_json(const nlohmann::ordered_json& j, const std::string& where);
/// Options at their defaults are left out. `name` is written where it is not empty.
nlohmann::ordered_json layer_to_json(const LayerBase& layer, const std::string& name);

}  // namespace lathe::detail
