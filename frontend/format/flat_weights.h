// A model's states as the flat file that compiled models read and write (runtime/weights_file.h).
#pragma once

#include <string>
#include <string_view>

#include "ir/graph.h"
#include "lathe/model.h"

namespace lathe::detail {

/// The file of the states of `module`, which was made of `model`; those that the model does not have yet as they
/// begin.
std::string flat_weights(Model& model, const ir::Module& module);

/// The model's states become those of the file; others that it has stay. Error, with nothing changed, for bytes that
/// are no such file, for states that the model can't have, and where a weight is missing. `source` names the file.
void take_flat_weights(Model& model, std::string_view bytes, const std::string& source);

}  // namespace lathe::detail
