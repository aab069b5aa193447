// Weights in Keras's HDF5 files: Model::save_weights and load_weights for those.
#pragma once

#include <filesystem>

#include "lathe/model.h"

namespace lathe::detail {

void load_keras_weights(Model& model, const std::filesystem::path& path);
void save_keras_weights(Model& model, const std::filesystem::path& path);

}  // namespace lathe::detail
