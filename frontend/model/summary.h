// The table of a model's layers.
#pragma once

#include <string>

#include "frontend/model/model_impl.h"

namespace lathe::detail {

/// Layer (type), output shape, parameters, and, unless each layer follows the one before, its
/// inputs; then totals. Ends with a newline. Error before the model is built.
std::string summary(const ModelImpl& model);

}  // namespace lathe::detail
