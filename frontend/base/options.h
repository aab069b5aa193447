// Options of layers and optimisers, as typed values by name, checked against a line that lists
// them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/attributes.h"

namespace lathe {

using Options = ir::Attrs;

struct OptionSpec {
  std::string name;
  std::string type;                       ///< bool, int, real, word, ints
  std::optional<ir::Attr> default_value;  ///< nothing: must be given
};

/// Reads `units:int activation:word=linear use_bias:bool=true`.
std::vector<OptionSpec> parse_option_specs(std::string_view text);

/// `given` with the defaults filled in, and integers turned into reals where those are asked for.
/// Error that names the option, and `where`, for unknown, missing and wrongly typed ones.
Options complete_options(const std::vector<OptionSpec>& specs, const Options& given,
                         const std::string& where);

}  // namespace lathe
