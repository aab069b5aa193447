// A file as a whole, for formats that are small or checked as a whole.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace lathe::detail {

/// Error `can't read WHAT: ` and the system's reason, where `what` names the file; Error, too, where
/// it has more than `most` bytes.
std::string read_file(const std::filesystem::path& path, const std::string& what, size_t most);

}  // namespace lathe::detail
