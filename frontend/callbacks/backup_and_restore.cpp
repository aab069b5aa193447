#include <nlohmann/json.hpp>
#include <system_error>

#include "frontend/format/json_options.h"
#include "frontend/format/model_metadata.h"
#include "frontend/format/saved_model.h"
#include "frontend/model/model_impl.h"
#include "ir/error.h"
#include "lathe/callbacks.h"
#include "lathe/model.h"

namespace lathe {

namespace {

namespace fs = std::filesystem;
constexpr const char* kFile = "backup.lathe";

/// Error unless both have the same layers and are trained in the same way.
void check_same_training(const detail::ModelImpl& model, const detail::ModelImpl& saved) {
  const auto ours = detail::parse_json(detail::metadata_to_json(model), "the model");
  const auto theirs = detail::parse_json(detail::metadata_to_json(saved), "the backup");
  for (const auto& [part, text] :
       {std::pair("graph", "layers"), std::pair("training", "loss, optimizer, metrics or seed")})
    if (ours.value(part, nlohmann::ordered_json()) != theirs.value(part, nlohmann::ordered_json()))
      throw Error("the backup is of a model with other " + std::string(text) +
                  ": give the one it was made of, another folder, or remove it");
}

/// The backup, and what crashes left of unfinished ones.
void remove_files(const fs::path& folder) {
  std::error_code ignored;
  std::vector<fs::path> ours;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name == kFile || name.starts_with(std::string(kFile) + ".tmp-"))
      ours.push_back(entry.path());
  }
  for (const fs::path& path : ours) fs::remove(path, ignored);
}

}  // namespace

BackupAndRestore::BackupAndRestore(fs::path backup_dir, BackupAndRestoreOptions options)
    : folder_(std::move(backup_dir)), file_(folder_ / kFile), options_(options) {
  if (folder_.empty()) throw Error("BackupAndRestore: the folder's name is empty");
  if (options_.every_epochs < 1)
    throw Error("BackupAndRestore: every_epochs must be 1 or more, not " +
                std::to_string(options_.every_epochs));
  if (options_.save_freq && *options_.save_freq < 1)
    throw Error("BackupAndRestore: save_freq must be 1 or more, not " +
                std::to_string(*options_.save_freq));
}

void BackupAndRestore::on_train_begin(FitContext& fit) {
  steps_ = 0;
  if (!fs::exists(file_)) return;
  detail::ModelImpl& model = fit.model.impl();
  try {
    const std::unique_ptr<detail::ModelImpl> saved = detail::load_model(file_);
    check_same_training(model, *saved);
    if (saved->epochs_trained < model.epochs_trained)
      throw Error("the backup is of epoch " + std::to_string(saved->epochs_trained) +
                  ", but the model is trained for " + std::to_string(model.epochs_trained));
    model.set_states(saved->states());
    model.epochs_trained = saved->epochs_trained;
    model.history = saved->history;
    model.unfinished = saved->unfinished;
  } catch (const Error& e) {
    throw Error("BackupAndRestore: " + file_.string() + ": " + e.what());
  }
}

void BackupAndRestore::on_batch_end(FitContext& fit, const BatchResult&) {
  if (!options_.save_freq || ++steps_ < *options_.save_freq) return;
  steps_ = 0;
  save(fit);
}

void BackupAndRestore::on_epoch_end(FitContext& fit, EpochResult&) {
  if (!options_.save_freq && fit.epoch % options_.every_epochs == 0) save(fit);
}

void BackupAndRestore::save(FitContext& fit) {
  std::error_code unable;  // then the file can't be written either, and that says why
  fs::create_directories(folder_, unable);
  fit.model.save(file_);
}

void BackupAndRestore::on_train_end(FitContext& fit) {
  if (fit.interrupted || !options_.delete_checkpoint) return;
  remove_files(folder_);
  std::error_code not_empty;  // what else lies there is not ours
  fs::remove(folder_, not_empty);
}

}  // namespace lathe
