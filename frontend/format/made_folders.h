// Folders that were made for files which may never come.
#pragma once

#include <filesystem>
#include <system_error>

namespace lathe {

class MadeFolders {
 public:
  MadeFolders() = default;
  /// Makes `folder` and those above it. `error` says why not.
  MadeFolders(const std::filesystem::path& folder, std::error_code& error);
  /// Removes those that this made, as long as they are empty.
  void remove_empty() const;

 private:
  std::filesystem::path folder_, first_;  ///< first_: the outermost that was missing; or empty
};

}  // namespace lathe
