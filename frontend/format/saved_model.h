// Saved models (`.lathe`): the IR's file with all states, and, as metadata, the layers, how
// training is configured and how far it has come.
#pragma once

#include <filesystem>
#include <memory>

#include "frontend/model/model_impl.h"

namespace lathe::detail {

/// Replaces the file as a whole; on Error it is as it was. Error before the model is built.
void save_model(ModelImpl& model, const std::filesystem::path& path);
/// Error when the file is missing, damaged (any byte), of another format or a newer lowering
/// (kLoweringVersion), or does not fit together.
std::unique_ptr<ModelImpl> load_model(const std::filesystem::path& path);

}  // namespace lathe::detail
