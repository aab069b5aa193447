// The JSON of Keras 2, made of that of Keras 3.
#pragma once

#include <nlohmann/json.hpp>

namespace lathe::detail {

/// A whole model of Keras 3's form (model_to_keras) in the one that Keras 2 writes: objects of class
/// and config alone, an input's batch_input_shape, calls as lists `["dense", 0, 0, {}]`.
nlohmann::ordered_json legacy_form(nlohmann::ordered_json model);

}  // namespace lathe::detail
