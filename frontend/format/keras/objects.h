// What a layer's config names: activations, initialisers, regularisers, constraints. Keras writes a
// name, or an object of class and config; here they are specs (frontend/base/spec.h).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/base/options.h"

namespace lathe::detail {

struct KerasKind {
  std::string_view word;    ///< for errors: `initializer`
  std::string_view option;  ///< how the names of options end that are of this kind
  std::string_view module;  ///< where Keras has its classes
  std::vector<std::string> (*names)();
  /// The canonical name and all options of a spec.
  std::pair<std::string, Options> (*read)(const std::string& spec);
};
/// What kind of thing a layer's option names; null for any other option.
const KerasKind* keras_kind(std::string_view option);

/// `glorot_uniform`, `{"class_name": "L2", "config": {"l2": 0.01}}`, null; the seed of an
/// initialiser is left out. Error, which begins with `where`, for what Lathe does not have.
std::string spec_from_keras(const KerasKind& kind, const nlohmann::ordered_json& j,
                            const std::string& where);
/// Error for what Keras does not have.
nlohmann::ordered_json spec_to_keras(const KerasKind& kind, const std::string& spec);

}  // namespace lathe::detail
