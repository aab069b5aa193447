// Whole models as Keras writes them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "lathe/model.h"

namespace lathe::detail {

/// Whether this is a model of Keras's: an object with a `class_name`.
bool is_keras_model(const nlohmann::ordered_json& j);

/// `Sequential` and `Functional` (of old `Model`) as to_json of Keras 3 and of Keras 2 writes them.
/// How it was compiled is not read. Error, with the place, for what Lathe does not have.
Model model_from_keras(const nlohmann::ordered_json& j, const std::string& where);
/// Keras 3's form: Sequential of a chain, otherwise Functional. Error for what Keras does not have.
nlohmann::ordered_json model_to_keras(const Model& model);

}  // namespace lathe::detail
