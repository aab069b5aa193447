// The last line of a command with --json.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace lathe::cli {

/// One object on one line of standard output. NaN and infinities become null; bytes that are no
/// UTF-8 (of a path) become replacement characters.
void print_json_line(const nlohmann::ordered_json& object);

}  // namespace lathe::cli
