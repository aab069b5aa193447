// Errors for unknown names: what was given, and the known name that was probably meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lathe::ir {

/// The known name with the fewest changed letters (case aside), where few enough that a slip
/// explains them; otherwise empty.
std::string nearest_name(std::string_view given, const std::vector<std::string>& known);

/// `unknown activation 'rely'; did you mean 'relu'?`, or the whole list where nothing is near.
/// `listed`: the names that are shown then, where not all are.
std::string unknown_name(std::string_view kind, std::string_view given,
                         const std::vector<std::string>& known,
                         const std::vector<std::string>& listed = {});

}  // namespace lathe::ir
