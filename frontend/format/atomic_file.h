// Files that are replaced as a whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

namespace lathe {

/// Writes `bytes` to a temporary file beside `path`, flushes it to the disk and renames it. On
/// Error (naming the file and the system's reason) an older file is as it was and the temporary one
/// gone. A symbolic link stays one: the file that it leads to is replaced. The new file may be read
/// by whom the old one could. What is no file, as a pipe or /dev/null, is written to.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

}  // namespace lathe
