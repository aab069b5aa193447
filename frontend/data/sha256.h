// SHA-256 of a file.
#pragma once

#include <filesystem>
#include <string>

namespace lathe::data {

/// 64 lower-case hex digits. Error when the file can't be read.
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace lathe::data
