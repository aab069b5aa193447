// Models as JSON, in a short form of Lathe's own, for Sequential models:
//
//   {"input": [784],
//    "layers": [{"type": "Dense", "units": 300, "activation": "relu"},
//               {"type": "Dense", "units": 10, "activation": "softmax"}]}
//
// A layer's other keys are the options of its class (layers.h), each with the same default; `name`
// may be given anywhere, and `input` left out. And in Keras's: Model::to_json.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "lathe/model.h"

namespace lathe {

/// Reads the short form and Keras's, as Model::from_json. Error, with the place (`layers[1].units`),
/// for text that is no JSON, unknown keys, types or activations, and values of the wrong type.
/// `source` names the text in errors.
Model model_from_json(std::string_view text, std::string_view source = "model");
Model model_from_json_file(const std::filesystem::path& path);

/// The short form. Error unless each layer has the one before it as its only input.
std::string model_to_json(const Model& model);

}  // namespace lathe
