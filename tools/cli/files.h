// Whole files, read.
#pragma once

#include <cstddef>
#include <string>

namespace lathe::cli {

/// The bytes of a file, or of standard input for `-`. Error when it can't be read or is larger.
std::string read_file(const std::string& path, size_t most = size_t{1} << 30);

}  // namespace lathe::cli
