// The two files that a training writes, and what becomes of older ones with their names.
#pragma once

#include <filesystem>
#include <string>

#include "frontend/format/made_folders.h"
#include "lathe/model.h"

namespace lathe::cli {

class RunFiles {
 public:
  /// `folder`/model.lathe and `folder`/history.csv. With `keep_previous` an older model and its
  /// history move to `folder`/previous when the first save is complete; otherwise they are replaced.
  RunFiles(const std::filesystem::path& folder, bool keep_previous);
  /// Back onto a saved model, with history.csv beside model.lathe, NAME.history.csv beside any other.
  static RunFiles onto(const std::filesystem::path& model);

  const std::filesystem::path& model() const { return model_; }
  const std::filesystem::path& history() const { return history_; }
  /// Makes the folder. Error when a file can't be written there, so that this shows before training.
  void prepare();
  /// After a training that ended before its first save: takes away the folders that prepare made.
  void nothing_saved() const;
  /// What the first save does to an older model, for people: empty when there is none.
  std::string fate_of_older() const;
  /// Writes both. Each is replaced as a whole: on Error the older one is as it was.
  void save(Model& model);

 private:
  RunFiles() = default;
  bool moves_older() const;
  std::filesystem::path previous() const;
  void save_and_move_older(Model& model);
  std::filesystem::path model_, history_;
  bool resumed_ = false, keep_previous_ = false;
  MadeFolders made_;
};

}  // namespace lathe::cli
