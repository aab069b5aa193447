// What a saved model says beside its IR and states, as JSON: layers, training configuration,
// progress, history, names and notes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "frontend/model/model_impl.h"

namespace lathe::detail {

std::string metadata_to_json(const ModelImpl& model);
struct DescribedModel {
  std::unique_ptr<ModelImpl> model;  ///< without states
  int64_t lowering = 0;              ///< kLoweringVersion of what wrote it; 0: before there was one
};
/// Error, beginning with `source`, for anything that does not fit, and for a newer lowering.
DescribedModel model_from_metadata(std::string_view json, const std::string& source);

}  // namespace lathe::detail
