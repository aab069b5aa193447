// The files that a training writes, and what becomes of older ones with their names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "frontend/format/made_folders.h"
#include "lathe/model.h"

namespace lathe::cli {

enum class RunPicture : uint8_t {
#define RUN_PICTURE(id, name, of_model) id,
#include "tools/cli/run_pictures.def"
#undef RUN_PICTURE
};

class RunFiles {
 public:
  /// `folder`/model.lathe, `folder`/history.csv, pictures and a report. With `keep_previous` an older
  /// model, its history, the pictures and the report of it move to `folder`/previous when the first
  /// save is complete; otherwise model and history are replaced, and the others removed.
  RunFiles(const std::filesystem::path& folder, bool keep_previous);
  /// Back onto a saved model, with history.csv beside model.lathe, NAME.history.csv beside any other;
  /// pictures likewise.
  static RunFiles onto(const std::filesystem::path& model);

  const std::filesystem::path& model() const { return model_; }
  const std::filesystem::path& history() const { return history_; }
  /// The files of a picture: NAME.svg and NAME.png.
  std::vector<std::filesystem::path> pictures(RunPicture picture) const;
  /// Where a page about the model goes: report.html, or NAME.report.html.
  std::filesystem::path report() const;
  /// To be written too: prepare looks whether they can be.
  void add_pictures(RunPicture picture);
  /// Makes the folder. Error when a file can't be written there, so that this shows before training.
  void prepare();
  /// After a training that ended before its first save: takes away the folders that prepare made.
  void nothing_saved() const;
  /// What the first save does to an older model, for people: empty when there is none.
  std::string fate_of_older() const;
  /// Writes the model and its history. Each is replaced as a whole: on Error the older one is as it was.
  void save(Model& model);

 private:
  RunFiles() = default;
  bool moves_older() const;
  std::filesystem::path previous() const;
  std::vector<std::filesystem::path> companions() const;
  void save_and_move_older(Model& model);
  std::filesystem::path model_, history_;
  std::string prefix_;  ///< of the names of the others, where the model's is not model.lathe
  std::vector<std::filesystem::path> pictures_;
  bool resumed_ = false, keep_previous_ = false;
  MadeFolders made_;
};

}  // namespace lathe::cli
