#include "frontend/format/made_folders.h"

namespace lathe {

namespace fs = std::filesystem;

MadeFolders::MadeFolders(const fs::path& folder, std::error_code& error)
    : folder_(fs::absolute(folder).lexically_normal()) {
  if (folder_.filename().empty()) folder_ = folder_.parent_path();  // `run/` is `run`
  std::error_code ignored;
  for (fs::path at = folder_; !fs::exists(at, ignored) && at.has_relative_path();
       at = at.parent_path())
    first_ = at;
  fs::create_directories(folder_, error);
}

void MadeFolders::remove_empty() const {
  if (first_.empty()) return;
  std::error_code error;
  for (fs::path at = folder_; fs::remove(at, error) && at != first_; at = at.parent_path()) {
  }
}

}  // namespace lathe
